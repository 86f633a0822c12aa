import numpy as np
import pytest
from numpy.testing import assert_allclose

from dsp.frames import (
    FRAME,
    PROGRESS_HZ,
    digit_powers,
    progress_of,
    progress_rows,
    read,
)
from dsp.slices import SLICE, Slices
from dsp.tone_fit import tone_rows


def rough(audio):
    """The rough powers of every frame: float[8 + 3, lines, frames], and what they may be off."""
    slices, groups = Slices(len(audio)), []
    for at in range(0, audio.shape[1], SLICE):
        slices.fill(audio[:, at : at + SLICE])
        assert slices.turn()
        f = read(slices)
        assert f.first == at
        groups.append(np.concatenate([f.tones, [f.bands, f.below, f.power, f.off]]))
    return np.split(np.concatenate(groups, axis=-1), [11])


def noise(lines, n, least=-9000, most=9000):
    return np.random.default_rng(1).integers(least, most, (lines, n)).astype(np.int16)


def exact(audio):
    """The same, read exactly one frame at a time."""
    frames = audio[:, : audio.shape[1] // FRAME * FRAME].reshape(-1, FRAME)
    readings = []
    for frame in frames:
        powers, above = digit_powers(frame[np.newaxis])
        progress, power = progress_of(frame[np.newaxis])
        bands = (progress**2).sum()
        readings.append([*powers[:, 0], bands, power[0] - above[0], power[0]])
    return np.array(readings).T.reshape(11, len(audio), -1)


@pytest.mark.parametrize("lines, slices", [(1, 1), (3, 2), (64, 1)])
@pytest.mark.parametrize("least, most", [(-9000, 9000), (-3, 3), (-32768, 32767)])
def test_no_rough_power_is_further_off_than_the_doubt(lines, slices, least, most):
    audio = noise(lines, slices * SLICE, least, most)
    want, (got, (off,)) = exact(audio), rough(audio)
    assert got.shape == want.shape
    assert (np.abs(got - want) <= off).all()


def test_a_tone_at_full_scale_is_not_further_off_than_the_doubt():
    at = np.arange(SLICE)
    for hz in (60.0, 440.0, 697.0, 941.0, 1477.0):
        audio = np.round(32767 * np.cos(2 * np.pi * hz * at / 8000)).astype(np.int16)[np.newaxis]
        want, (got, (off,)) = exact(audio), rough(audio)
        assert (np.abs(got - want) <= off).all()


def test_an_exact_reading_is_the_same_alone_and_among_others():
    frames = noise(64, FRAME)
    for reading in (digit_powers, progress_of):
        together = reading(frames)
        for n in (0, 40, 63):
            for one, other in zip(reading(frames[n : n + 1]), together, strict=True):
                among = other[n] if len(other) == 64 else other[:, n]
                assert np.array_equal(np.squeeze(one), among)


@pytest.mark.parametrize("hz", [344.0, 400.0, 425.0, 450.0, 488.0, 610.0, 620.0, 630.0])
def test_a_tone_within_the_bands_is_in_the_coefficients(hz):
    tone = tone_rows(FRAME, (hz,))
    held = ((tone @ progress_rows().T) ** 2).sum() / (tone**2).sum()
    assert held > (0.99 if hz < 500 else 0.75)  # what of 610 Hz lies below 500 is left out
    assert any(low <= hz <= high for low, high in PROGRESS_HZ)


@pytest.mark.parametrize("hz", [60.0, 200.0, 697.0, 1209.0])
def test_hum_and_digits_are_not(hz):
    tone = tone_rows(FRAME, (hz,))
    assert ((tone @ progress_rows().T) ** 2).sum() / (tone**2).sum() < 0.2


def test_rows_are_orthonormal():
    rows = progress_rows()
    assert_allclose(rows @ rows.T, np.eye(12), atol=1e-9)


def test_powers_are_those_of_the_samples():
    audio = noise(1, FRAME)
    (progress,), (power,) = progress_of(audio)
    assert power == (audio.astype(float) ** 2).sum()
    assert (progress**2).sum() < power
    assert np.allclose(progress, audio[0] @ progress_rows().T, atol=1)

import numpy as np
import pytest
from numpy.testing import assert_allclose

from dsp.frames import (
    FRAME,
    GROUP,
    PROGRESS_HZ,
    FrameBank,
    digit_powers,
    doubt,
    progress_of,
    progress_rows,
)
from dsp.tone_fit import tone_rows


def read(audio, size=None):
    """The rough powers of every frame: float[8 + 3, lines, frames], and all frames' power."""
    bank, size = FrameBank(len(audio)), size or audio.shape[1]
    pieces = [
        np.concatenate([f.tones, [f.bands, f.below, f.power]])
        for at in range(0, audio.shape[1], size)
        for f in bank.push(audio[:, at : at + size])
    ]
    return np.concatenate(pieces, axis=-1)


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


@pytest.mark.parametrize("size", [1, 7, 80, 127, 8000])
@pytest.mark.parametrize("least, most", [(-9000, 9000), (-3, 3), (-32768, 32767)])
def test_no_rough_power_is_further_off_than_the_doubt(size, least, most):
    audio = noise(3, 3000 if size > 1 else 600, least, most)
    want, got = exact(audio), read(audio, size)
    assert got.shape == want.shape
    assert (np.abs(got - want) <= doubt(got[-1])).all()


def test_a_tone_at_full_scale_is_not_further_off_than_the_doubt():
    at = np.arange(20 * FRAME)
    for hz in (60.0, 440.0, 697.0, 941.0, 1477.0):
        audio = np.round(32767 * np.cos(2 * np.pi * hz * at / 8000)).astype(np.int16)[np.newaxis]
        want, got = exact(audio), read(audio)
        assert (np.abs(got - want) <= doubt(got[-1])).all()


def test_an_exact_reading_is_the_same_alone_and_among_others():
    frames = noise(64, FRAME)
    for reading in (digit_powers, progress_of):
        together = reading(frames)
        for n in (0, 40, 63):
            for one, other in zip(reading(frames[n : n + 1]), together, strict=True):
                among = other[n] if len(other) == 64 else other[:, n]
                assert np.array_equal(np.squeeze(one), among)


@pytest.mark.parametrize("size", [1, 700, 5000, 20_000])
def test_no_group_of_frames_goes_on_across_320_ms(size):
    audio, bank, ends = noise(1, 20_000), FrameBank(1), [0]
    for at in range(0, 20_000, size):
        for frames in bank.push(audio[:, at : at + size]):
            assert frames.first == ends[-1] * FRAME
            assert ends[-1] // GROUP == (ends[-1] + frames.count - 1) // GROUP
            ends.append(ends[-1] + frames.count)
    assert ends[-1] == 20_000 // FRAME


def test_the_tape_ends_with_each_group_of_frames_and_begins_with_history():
    audio, bank = noise(2, 20_000), FrameBank(2, history=300)
    before = np.concatenate([np.zeros((2, 300), np.int16), audio], axis=1)
    for at in range(0, 20_000, 1700):
        for frames in bank.push(audio[:, at : at + 1700]):
            end = frames.first + frames.count * FRAME + 300
            assert np.array_equal(frames.tape, before[:, frames.first : end])


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


@pytest.mark.parametrize("audio", [np.zeros((1, 80), np.int16), np.zeros(80, np.int16)])
def test_audio_of_another_shape_is_refused_at_once(audio):
    with pytest.raises(ValueError, match=r"want int16\[2, n\]"):
        FrameBank(2).push(audio)

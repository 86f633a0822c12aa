import numpy as np
import pytest
from numpy.testing import assert_allclose

from dsp.frames import FRAME, PROGRESS_HZ, FrameBank, progress_rows
from dsp.tone_fit import tone_rows


def read(audio, size=None):
    bank, size = FrameBank(len(audio)), size or audio.shape[1]
    pieces = []
    for at in range(0, audio.shape[1], size):
        for f in bank.push(audio[:, at : at + size]):
            pieces.append((f.first, f.tones, f.progress, f.below, f.power))
    firsts, *readings = zip(*pieces, strict=True)
    return firsts, [np.concatenate(each, axis=-1) for each in readings]


def noise(lines, n, seed=1):
    return np.random.default_rng(seed).integers(-9000, 9000, (lines, n)).astype(np.int16)


@pytest.mark.parametrize("size", [1, 7, 80, 127, 8000])
def test_cutting_the_stream_elsewhere_changes_no_reading(size):
    audio = noise(3, 3000)
    _, whole = read(audio)
    _, cut = read(audio, size)
    for one, other in zip(whole, cut, strict=True):
        assert one.shape[-1] == 3000 // FRAME
        assert np.array_equal(one, other)


def test_a_line_reads_alike_alone_and_among_64():
    audio = noise(64, 2560)
    _, together = read(audio)
    for line in (0, 40, 63):
        _, alone = read(audio[line : line + 1])
        for one, other in zip(together, alone, strict=True):
            assert np.array_equal(one[..., line, :], other[..., 0, :])


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
    _, (_, progress, below, power) = read(audio)
    assert power[0, 0] == (audio.astype(float) ** 2).sum()
    assert (progress**2).sum() < power[0, 0] and below[0, 0] < power[0, 0]


@pytest.mark.parametrize("audio", [np.zeros((1, 80), np.int16), np.zeros(80, np.int16)])
def test_audio_of_another_shape_is_refused_at_once(audio):
    with pytest.raises(ValueError, match=r"want int16\[2, n\]"):
        FrameBank(2).push(audio)

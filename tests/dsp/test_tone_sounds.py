import numpy as np
import pytest

from dsp.frames import FRAME, GROUP, FrameBank
from dsp.tone_plans import PLANS, PlanTone
from dsp.tone_sounds import WINDOW, Sounds, Windows, in_threes, windowed
from tests.dsp.test_dtmf import sine, white

FRAMES = WINDOW - 1 + GROUP
ALL = np.ones((1, GROUP), np.bool_)


def tape(*signals):
    return np.round(signals).astype(np.int16)


def rough(audio):
    windows = Windows(len(audio), np.float32)
    (frames,) = FrameBank(len(audio)).push(audio[:, : GROUP * FRAME])
    windows.frames[:, WINDOW - 1 :] = frames.progress.transpose(1, 2, 0)
    return windows


def sounds_in(audio):
    """The sound of each window, -1 where there is none."""
    sounds = Sounds(len(audio), PLANS)
    found = sounds.found(audio, *np.nonzero(np.ones((len(audio), GROUP), np.bool_)))
    grid = np.full((len(audio), GROUP), -1)
    grid[found[0].astype(int), found[1].astype(int)] = found[2]
    return grid


def sound_of(*freqs_hz):
    order = list(dict.fromkeys((tone.freqs_hz, tone.am_hz) for tone in PLANS))
    return order.index((freqs_hz, (0.0, 0.0)))


@pytest.mark.parametrize("freqs_hz", [(400,), (425,), (450,), (350, 440), (440, 480), (480, 620)])
@pytest.mark.parametrize("off", [0.985, 1.0, 1.015])
def test_every_window_of_a_tone_is_of_its_sound(freqs_hz, off):
    audio = tape(sum(sine(hz * off, FRAMES * FRAME, -15.0) for hz in freqs_hz))
    assert (sounds_in(audio) == sound_of(*freqs_hz)).all()
    assert Sounds(1, PLANS).screen(rough(audio), ALL)[:, WINDOW - 1 :].all()


def test_noise_and_a_voice_of_other_harmonics_are_of_none():
    voice = sum(sine(hz, FRAMES * FRAME, -15.0) for hz in (210, 420, 630, 840))
    assert (sounds_in(tape(white(FRAMES * FRAME, -20.0), voice)) == -1).all()


def test_the_screen_lets_through_all_that_is_found():
    rng = np.random.default_rng(7)
    lines = []
    for hz in rng.uniform(390, 490, 40):
        signal = sine(hz, FRAMES * FRAME, -20.0) + white(FRAMES * FRAME, -28.0, int(hz))
        begin, end = np.sort(rng.integers(0, FRAMES * FRAME, 2))
        signal[:begin], signal[end:] = 0, 0
        lines.append(signal)
    audio = tape(*lines)[:, : GROUP * FRAME]
    late = np.pad(audio, ((0, 0), ((WINDOW - 1) * FRAME, 0)))  # what went before is silence
    found = sounds_in(late) >= 0
    screened = Sounds(40, PLANS).screen(rough(audio), np.ones((40, GROUP), np.bool_))
    assert 50 < found.sum() < screened.sum() < 20 * 40
    assert screened[found].all()


def test_a_window_is_its_frames_one_after_the_other():
    windows = Windows(2, np.float64)
    windows.frames[:] = np.arange(windows.frames.size).reshape(windows.frames.shape)
    assert windows.each.shape == (2, GROUP, 12 * WINDOW)
    assert np.array_equal(windows.each[1, 5], windows.frames[1, 5 : 5 + WINDOW].ravel())
    assert np.array_equal(windowed(windows.frames[:, :, 0])[0, 5], 4 * (5 * 12) + 12 * (1 + 2 + 3))


@pytest.mark.parametrize(
    "good, kept",
    [
        ("....###....#...##...", "....###............."),
        ("##...............#.#", "##.................#"),
        ("#.................##", "#.................##"),
    ],
)
def test_three_running_are_kept_and_what_lies_beyond_the_chunk_may_be_good(good, kept):
    (three,) = in_threes(np.array([[c == "#" for c in good]]))
    assert "".join("#" if k else "." for k in three) == kept


@pytest.mark.parametrize("hz", [300.0, 550.0])
def test_a_tone_outside_the_bands_is_refused(hz):
    with pytest.raises(ValueError, match=f"kr hum: {hz:g} Hz is not in"):
        Sounds(1, [PlanTone("kr", "hum", (hz,))])

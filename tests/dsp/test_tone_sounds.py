import numpy as np
import pytest

from dsp.frames import FRAME, GROUP, read
from dsp.slices import SLICE, Slices
from dsp.tone_plans import PLANS, PlanTone
from dsp.tone_sounds import WINDOW, Sounds, in_threes, windowed
from tests.dsp.test_dtmf import sine, white

FRAMES = WINDOW - 1 + GROUP
ALL = np.ones((1, GROUP), np.bool_)


def tape(*signals):
    return np.round(signals).astype(np.int16)


def rough(audio):
    """The coefficients of a slice, and of silence before it: float[12, lines, FRAMES]."""
    slices = Slices(len(audio))
    slices.fill(audio[:, :SLICE])
    assert slices.turn()
    return np.pad(read(slices).progress, ((0, 0), (0, 0), (WINDOW - 1, 0)))


def sounds_in(audio):
    """The sound of each window, -1 where there is none."""
    sounds = Sounds(PLANS)
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
    assert Sounds(PLANS).screen(rough(audio), ALL)[:, WINDOW - 1 :].all()


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
    screened = Sounds(PLANS).screen(rough(audio), np.ones((40, GROUP), np.bool_))
    assert 50 < found.sum() < screened.sum() < 20 * 40
    assert screened[found].all()


def test_some_windows_are_read_as_they_are_among_all():
    audio = tape(
        white(FRAMES * FRAME, -20.0), sine(440, FRAMES * FRAME) + sine(480, FRAMES * FRAME)
    )
    lines, windows = np.array([1, 1, 1, 1]), np.array([3, 4, 5, 9])
    every = Sounds(PLANS).found(audio, *np.nonzero(np.ones((2, GROUP), np.bool_)))
    some = Sounds(PLANS).found(audio, lines, windows)
    assert some[1].tolist() == [3, 4, 5]
    for one in some.T:
        assert one.tolist() in every.T.tolist()


def test_a_window_is_four_frames():
    power = np.arange(2 * FRAMES, dtype=float).reshape(2, FRAMES)
    assert windowed(power)[1, 5] == power[1, 5:9].sum()


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
        Sounds([PlanTone("kr", "hum", (hz,))])

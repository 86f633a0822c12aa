from importlib.resources import files
from itertools import pairwise
from math import log10
from wave import open as open_wave

import numpy as np
import pytest

from firmware_bridge.signals import a_law
from firmware_bridge.voices import LEVEL_DBM0, mix, sentence, talk

SPEECH = files("firmware_bridge") / "speech"
NAMES = sorted(entry.name[:-4] for entry in SPEECH.iterdir() if entry.name.endswith(".wav"))


def active_dbm0(audio):
    """Level over the frames of 20 ms within 30 dB of the loudest."""
    frames = audio[: len(audio) // 160 * 160].reshape(-1, 160).astype(float)
    power = (frames**2).mean(axis=1)
    return 10 * log10(power[power > power.max() / 1000].mean() / (32768**2 / 2)) + 3.14


def test_there_are_conversations_in_three_languages_and_two_notices():
    want = {"ko_notice", "ja_notice"}
    for language in ("ko", "ja", "en"):
        want |= {f"{language}_greet"}
        want |= {f"{language}_{party}_{k}" for party in ("near", "far") for k in range(1, 6)}
    assert set(NAMES) == want


def test_they_are_small_enough_to_ship():
    assert sum(len((SPEECH / f"{name}.wav").read_bytes()) for name in NAMES) < 2_500_000


@pytest.mark.parametrize("name", NAMES)
def test_each_sentence_is_8_khz_mono_at_minus_18_dbm0(name):
    with (SPEECH / f"{name}.wav").open("rb") as raw, open_wave(raw) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (8000, 1, 2)
        audio = np.frombuffer(wav.readframes(wav.getnframes()), "<i2")
    assert 1.5 * 8000 < len(audio) < 8 * 8000
    assert active_dbm0(audio) == pytest.approx(-18.0, abs=1.5)
    assert np.abs(audio).max() < 32000


def test_the_far_party_is_weaker_than_the_near_one():
    near, far = (active_dbm0(sentence("ko_greet", party)) for party in ("near", "far"))
    assert near == pytest.approx(LEVEL_DBM0["near"], abs=1.5)
    assert near - far == pytest.approx(7.0, abs=0.3)


def test_only_the_far_party_comes_through_a_law():
    near, far = (sentence("ko_greet", party) for party in ("near", "far"))
    assert np.array_equal(a_law(far), far)
    assert not np.array_equal(a_law(near), near)


def test_a_sentence_that_was_not_recorded_is_refused():
    with pytest.raises(FileNotFoundError):
        sentence("ko_swearing", "near")


@pytest.mark.parametrize("language", ["ko", "ja", "en"])
def test_both_talk_in_turn_with_short_pauses(language):
    said = talk(language, 30 * 8000, seed=1)
    assert len(said) >= 6
    for one, other in pairwise(said):
        assert 0.2 * 8000 <= other.start - (one.start + len(one.audio)) <= 0.7 * 8000
    assert said[-1].start + len(said[-1].audio) >= 30 * 8000  # they fill the time


def test_a_seed_decides_what_is_said():
    assert [u.start for u in talk("ko", 80_000, 5)] == [u.start for u in talk("ko", 80_000, 5)]
    assert [u.start for u in talk("ko", 80_000, 5)] != [u.start for u in talk("ko", 80_000, 6)]


def test_talk_cut_anywhere_sounds_the_same():
    said = talk("ja", 80_000, 2)
    whole = mix(said, 0, 80_000)
    for size in (1777, 8000, 79_999):
        pieces = [mix(said, at, min(size, 80_000 - at)) for at in range(0, 80_000, size)]
        assert np.array_equal(np.concatenate(pieces), whole)

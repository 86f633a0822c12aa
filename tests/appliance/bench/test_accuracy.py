import numpy as np

from appliance.bench.accuracy import Tally
from appliance.bench.case import Case, Sent
from appliance.bench.score import Score

AUDIO = np.zeros(8000, np.int16)
KEY = Sent("dtmf", "5", 0.1, 0.13)


def test_a_tally_adds_by_detector_demand_and_condition():
    tally = Tally("ear", frozenset({"dtmf"}))
    clean = Case("dtmf", "clean", "hear", "Q.24", (KEY,), audio=AUDIO)
    tally.add(clean, [KEY])
    tally.add(clean, [])
    assert tally.scores == {("dtmf", "hear", "clean"): Score(2, 1, 0)}
    assert tally.total("dtmf", "hear") == Score(2, 1, 0)
    assert tally.latencies_s == [0.03]


def test_what_an_ear_has_no_detector_for_is_not_scored():
    tally = Tally("ear", frozenset({"dtmf"}))
    tone = Case("tone", "clean", "hear", "", (Sent("tone", "kr dial"),), "kr", AUDIO)
    tally.add(tone, [])
    assert tally.scores == {}
    assert tally.total("tone", "hear") is None


def test_false_keys_in_speech_are_apart_from_keys_that_had_to_be_refused():
    tally = Tally("ear", frozenset({"dtmf"}))
    tally.add(Case("speech", "clean", "refuse", "", (), audio=AUDIO), [KEY, KEY])
    tally.add(Case("dtmf", "tone 23 ms", "refuse", "", (KEY,), audio=AUDIO), [KEY])
    assert tally.total("dtmf", "refuse", speech=True) == Score(0, 0, 2)
    assert tally.total("dtmf", "refuse") == Score(1, 1, 0)

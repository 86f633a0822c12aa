from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from appliance.bench.dtmf_cases import CONDITIONS, KEYS, Pressed, dialled, dtmf_cases
from firmware_bridge.signals import DTMF_KEYS, peak


def test_every_key_is_sent_twice_in_every_condition():
    for case in dtmf_cases(np.random.default_rng(1)):
        assert Counter(sent.what for sent in case.truth) == dict.fromkeys(DTMF_KEYS, 2)
        assert len(case.truth) == KEYS


def test_every_condition_has_a_name_and_a_source():
    assert len({name for name, *_ in CONDITIONS}) == len(CONDITIONS)
    assert all(basis for _, _, basis, _, _ in CONDITIONS)


def test_a_tone_stands_where_the_truth_says_at_its_level():
    pressed = Pressed(on_ms=100, off_ms=50, dbm0=-10, twist_db=-6)
    audio, truth = dialled(pressed, np.random.default_rng(1))
    for sent in truth:
        at = round(sent.at_s * 8000)
        assert not audio[at - 100 : at - 2].any()
        tone = audio[at : at + 800]
        rms = np.sqrt((peak(-10) ** 2 + peak(-16) ** 2) / 2)
        assert np.sqrt((tone**2).mean()) == pytest.approx(rms, rel=0.05)


def test_an_interruption_is_silence_in_the_middle_of_each_tone():
    audio, truth = dialled(Pressed(on_ms=120, hole_ms=10), np.random.default_rng(1))
    at = round(truth[3].at_s * 8000)
    assert not audio[at + 440 : at + 520].any()
    assert audio[at + 400 : at + 440].any() and audio[at + 520 : at + 560].any()


def test_doubled_keys_follow_each_other():
    _, truth = dialled(replace(Pressed(), doubled=True), np.random.default_rng(1))
    keys = [sent.what for sent in truth]
    assert keys[::2] == keys[1::2]

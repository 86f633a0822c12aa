import numpy as np

from appliance.bench.tone_cases import tone_cases
from firmware_bridge.signals import CALL_TONES


def test_every_tone_is_tried_in_every_condition():
    cases = list(tone_cases(np.random.default_rng(1)))
    conditions = {case.condition for case in cases}
    assert len(conditions) == 8
    assert len(cases) == len(CALL_TONES) * len(conditions)


def test_a_tone_begins_after_a_second_and_names_its_plan():
    case = next(tone_cases(np.random.default_rng(1)))
    assert (case.truth[0].what, case.truth[0].at_s, case.standard) == ("kr dial", 1.0, "kr")
    assert np.abs(case.audio[:7900]).max() < 40 < np.abs(case.audio[8100:9000]).max()

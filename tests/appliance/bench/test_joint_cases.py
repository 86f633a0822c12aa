import numpy as np

from appliance.bench.dtmf_cases import KEYS
from appliance.bench.ear import Kirok
from appliance.bench.joint_cases import CASES, joint_caller_cases, joint_dtmf_cases
from firmware_bridge.signals import a_law


def test_each_case_has_faults_of_its_own():
    made = list(joint_dtmf_cases(np.random.default_rng(3)))
    assert len(made) == CASES
    assert all(len(case.truth) == KEYS for case in made)
    assert len({len(case.audio) for case in made}) > CASES // 2  # lengths of tones and pauses
    coded = [np.array_equal(a_law(case.audio), case.audio) for case in made]
    assert 0 < sum(coded) < CASES


def test_what_is_sent_is_what_is_heard():
    rng = np.random.default_rng(3)
    made = [next(joint_dtmf_cases(rng)), next(joint_caller_cases(rng))]
    for case, heard in zip(made, Kirok().hear_all(made), strict=True):
        assert [one.what for one in heard if one.kind == case.group] == [
            one.what for one in case.truth
        ]

import numpy as np
import pytest

from appliance.bench.corpus import GROUPS, cases


def same(one, other):
    signals = ((one.audio, other.audio), (one.volts, other.volts))
    return (one.condition, one.truth) == (other.condition, other.truth) and all(
        (a is None) == (b is None) and (a is None or np.array_equal(a, b)) for a, b in signals
    )


@pytest.mark.parametrize("group", ["dtmf", "caller_id", "line"])
def test_a_seed_gives_the_same_samples_and_another_gives_others(group):
    first, again = list(cases(group, 1)), list(cases(group, 1))
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert not any(same(a, b) for a, b in zip(first, cases(group, 2), strict=True))


@pytest.mark.parametrize("group", GROUPS)
def test_every_case_is_of_its_group_and_names_its_source(group):
    for case in cases(group, 1, 0.0):
        assert case.group == group
        assert case.basis
        assert (case.audio is None) != (case.volts is None)
        assert (case.must == "hear") <= bool(case.truth)

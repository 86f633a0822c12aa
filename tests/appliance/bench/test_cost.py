import numpy as np
import pytest

from appliance.bench.cost import (
    ALL_ARMED,
    IN_CALLS,
    RECEIVER_OF,
    SAME_THREE,
    Cost,
    busy_lines,
    measure,
    ratios,
)


def test_busy_lines_are_different_loud_and_repeatable():
    lines = busy_lines(3, 2.0, seed=1)
    assert lines.shape == (3, 16_000)
    assert np.array_equal(lines, busy_lines(3, 2.0, seed=1))
    assert not np.array_equal(lines[0], lines[1])
    assert np.abs(lines).max() > 3000


def test_kirok_is_measured_at_each_number_of_lines():
    costs = measure(1, 1, counts=(1, 2))
    own = [(c.name, c.lines) for c in costs if c.name.startswith("Kirok")]
    assert own == [(name, n) for n in (1, 2) for name in (IN_CALLS, ALL_ARMED, SAME_THREE)]
    assert all(c.least_us <= c.us <= c.most_us for c in costs)


def cost(name, us, lines=32):
    return Cost(name, lines, us, us, us)


COSTS = [
    cost(IN_CALLS, 60.0),
    cost(ALL_ARMED, 80.0),
    cost("spandsp dtmf_rx", 50.0),
    cost("spandsp super_tone_rx", 90.0),
    cost("spandsp adsi_rx", 60.0),
]


def test_the_dearer_load_is_held_against_the_receivers_of_what_kirok_hears():
    (ratio,) = ratios(COSTS, frozenset(RECEIVER_OF))
    assert (ratio.kirok_us, ratio.peer_us) == (80.0, 200.0)
    assert ratio.ratio == pytest.approx(0.4)


def test_detectors_of_the_same_three_alone_are_held_against_them_too():
    whole, same = ratios([*COSTS, cost(SAME_THREE, 50.0)], frozenset(RECEIVER_OF))
    assert (whole.whole, whole.ratio) == (True, pytest.approx(0.4))
    assert (same.whole, same.ratio) == (False, pytest.approx(0.25))


def test_what_is_left_of_the_budget_is_told_while_detectors_are_missing():
    own, budget = ratios(COSTS, frozenset({"dtmf"}))
    assert (own.kinds, own.ratio) == (("dtmf",), pytest.approx(1.6))
    assert (budget.kinds, budget.ratio) == (tuple(RECEIVER_OF), pytest.approx(0.4))


def test_without_a_detector_or_without_the_peer_there_is_no_ratio():
    assert ratios(COSTS, frozenset()) == []
    assert ratios(COSTS[:2], frozenset({"dtmf"})) == []

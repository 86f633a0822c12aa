import numpy as np
import pytest

from appliance.bench.cost import (
    ALL_ARMED,
    IN_CALLS,
    OF_ONE,
    ONE_OF_EACH,
    SAME_THREE,
    SCORED,
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
    cost(SAME_THREE, 50.0),
    *(cost(name, 10.0) for name in SCORED),
    cost(ONE_OF_EACH[0], 180.0),
]


def test_the_dearer_load_is_held_against_the_receivers():
    same, of_one, of_scored = ratios(COSTS)
    assert (of_one.name, of_one.kirok_us, of_one.peer_us) == (OF_ONE, 80.0, 200.0)
    assert of_one.ratio == pytest.approx(0.4)
    assert (of_scored.kirok_us, of_scored.peer_us) == (80.0, 60.0)
    assert (same.kirok_us, same.peer_us) == (50.0, 200.0)


def test_all_that_are_scored_hear_both_countries():
    assert len(SCORED) == 6
    assert set(ONE_OF_EACH[1:]) < set(SCORED)


def test_without_the_peer_there_is_no_ratio():
    assert ratios(COSTS[:3]) == []

import numpy as np
import pytest

from appliance.bench.cost import (
    ALL_ARMED,
    IN_CALLS,
    OF_ONE,
    OF_ONE_KEYS,
    OF_SCORED,
    ONE_OF_EACH,
    SCORED,
    WITH_KEYS,
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


def test_keys_are_pressed_where_they_are_asked_for():
    said, keyed = busy_lines(1, 30.0, seed=1)[0], busy_lines(1, 30.0, seed=1, key_every_s=5)[0]
    assert np.count_nonzero(np.abs(keyed.astype(int) - said) > 100) > 6 * 600


def test_kirok_is_measured_at_each_number_of_lines():
    costs = measure(1, 1, counts=(1, 2))
    own = [(c.name, c.lines) for c in costs if c.name.startswith("Kirok")]
    assert own == [(name, n) for n in (1, 2) for name in (IN_CALLS, WITH_KEYS, ALL_ARMED)]
    assert all(c.least_us <= c.us <= c.most_us for c in costs)


def cost(name, us, lines=32):
    return Cost(name, lines, us, us, us)


COSTS = [
    cost(IN_CALLS, 60.0),
    cost(WITH_KEYS, 80.0),
    cost(ALL_ARMED, 70.0),
    *(cost(name, 10.0) for name in SCORED),
    cost(ONE_OF_EACH[0], 180.0),
]


def test_each_load_is_held_against_receivers_that_hear_the_same():
    found = [(r.name, r.kirok_us, r.peer_us) for r in ratios(COSTS)]
    assert found == [(OF_ONE, 60.0, 200.0), (OF_ONE_KEYS, 80.0, 200.0), (OF_SCORED, 70.0, 60.0)]
    assert ratios(COSTS)[0].ratio == pytest.approx(0.3)


def test_all_that_are_scored_hear_both_countries():
    assert len(SCORED) == 6
    assert set(ONE_OF_EACH[1:]) < set(SCORED)


def test_without_the_peer_there_is_no_ratio():
    assert ratios(COSTS[:3]) == []

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge import clock as clock_module
from firmware_bridge.clock import NoTimeYet, SampleClock, Step

UTC = 1_795_000_000.0  # 2026
MONO = 5000.0
BLOCK = 80


def board(seconds, ppm=0.0, seed=1, late_s=0.004, first=0):
    """Return (sample, arrival) of each block of a board whose crystal is off by ppm.

    Blocks are late by nothing to late_s, most of them by some.
    """
    random = Random(seed)
    for n in range(1, int(seconds * 100) + 1):
        taken_s = MONO + BLOCK * n / (8000 * (1 + ppm * 1e-6))
        yield first + BLOCK * n, taken_s + late_s * random.random()


def taken(sample, ppm=0.0):
    return UTC + sample / (8000 * (1 + ppm * 1e-6))


def running(*boards, quality="ntp"):
    clock = SampleClock()
    clock.set_host(MONO, UTC, quality)
    for arrivals in boards:
        for sample, mono_s in arrivals:
            clock.push(sample, mono_s)
    return clock


def test_a_sample_has_the_time_of_its_arrival_less_the_delay():
    clock = running(board(20))
    for sample in (80, 8000, 12 * 8000, 20 * 8000):
        assert clock.utc_s(sample) == pytest.approx(taken(sample), abs=0.005)
    assert clock.utc_s(160_000) == pytest.approx(taken(160_000), abs=0.0007)


def test_nothing_is_known_before_the_first_block_or_the_hosts_clock():
    clock = SampleClock()
    with pytest.raises(NoTimeYet):
        clock.utc_s(0)
    clock.push(80, MONO)
    with pytest.raises(NoTimeYet):
        clock.utc_s(0)
    clock.set_host(MONO, UTC, "ntp")
    assert clock.utc_s(80) == UTC


@pytest.mark.parametrize("ppm", [-100.0, -20.0, 0.0, 50.0])
def test_drift_is_found_within_minutes(ppm):
    clock = running(board(600, ppm))
    assert clock.drift_ppm == pytest.approx(ppm, abs=1.0)
    assert clock.utc_s(600 * 8000) == pytest.approx(taken(600 * 8000, ppm), abs=0.001)


def test_drift_is_not_guessed_before_a_minute():
    assert running(board(60, 50.0)).drift_ppm is None
    assert running(board(62, 50.0)).drift_ppm == pytest.approx(50.0, abs=40.0)


def test_a_busy_host_does_not_bend_the_line():
    random = Random(2)
    stalls = sorted(random.uniform(0, 600) for _ in range(15))
    arrivals = []
    for sample, mono_s in board(600, 30.0):
        stall = next((s for s in stalls if s <= mono_s - MONO < s + 12), None)
        arrivals.append((sample, max(mono_s, MONO + stall + 12) if stall else mono_s))
    clock = running(arrivals)
    assert clock.drift_ppm == pytest.approx(30.0, abs=2.0)
    assert clock.utc_s(600 * 8000) == pytest.approx(taken(600 * 8000, 30.0), abs=0.003)


def test_a_late_first_block_is_put_right_within_seconds():
    late = [(sample, mono_s + (0.4 if sample == 80 else 0)) for sample, mono_s in board(10)]
    clock = running(late)
    assert clock.utc_s(80) == pytest.approx(taken(80) + 0.4, abs=0.005)
    assert clock.utc_s(5 * 8000) == pytest.approx(taken(5 * 8000), abs=0.005)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0.0, 30.0), min_size=2, max_size=200))
def test_time_never_goes_back_however_late_blocks_are(delays):
    clock, read = running(), []
    for n, delay_s in enumerate(delays):
        clock.push(800 * (n + 1), MONO + 0.1 * (n + 1) + delay_s)
        read.append(clock.utc_s(800 * (n + 1)))
    again = [clock.utc_s(800 * (n + 1)) for n in range(len(delays))]
    for times in (read, again):
        assert all(one < other for one, other in pairwise(times))


def test_a_time_once_told_stays():
    clock, told = running(), {}
    for sample, mono_s in board(120, 50.0):
        clock.push(sample, mono_s)
        told[sample] = clock.utc_s(sample)
    assert all(clock.utc_s(sample) == utc_s for sample, utc_s in told.items())


@pytest.mark.parametrize("by_s", [0.5, -0.5, 86_400 * 365.0, -3600.0])
def test_a_set_clock_moves_what_comes_after_and_nothing_before(by_s):
    clock = running(board(20))
    before = {sample: clock.utc_s(sample) for sample in (80, 80_000, 160_000 - 1)}
    assert clock.set_host(MONO + 20, UTC + 20 + by_s, "ntp") == Step(
        160_000, pytest.approx(by_s, abs=1e-6)
    )
    assert {sample: clock.utc_s(sample) for sample in before} == before
    assert clock.utc_s(160_080) - clock.utc_s(160_000) == pytest.approx(0.01, abs=1e-4)
    assert clock.utc_s(160_000) == pytest.approx(taken(160_000) + by_s, abs=0.005)
    assert [step.sample for step in clock.steps] == [160_000]


def test_a_stretch_over_a_step_is_of_quality_stepped():
    clock = running(board(20), quality="unsynced")
    assert clock.quality(80) == "unsynced"
    clock.set_host(MONO + 20, UTC + 520, "ntp")
    assert clock.quality(80) == "stepped"
    assert clock.quality(159_999) == "stepped"
    assert clock.quality(160_000) == "ntp"


def test_quality_follows_the_host():
    clock = SampleClock()
    assert clock.quality(0) == "unsynced"
    for quality in ("rtc", "ntp", "unsynced"):
        clock.set_host(MONO, UTC, quality)
        assert clock.quality(0) == quality


def test_an_uneven_reading_of_the_two_clocks_is_not_a_step():
    clock = running(board(1))
    for n in range(50):
        assert clock.set_host(MONO + n, UTC + n + (-1) ** n * 0.009, "ntp") is None
    assert not clock.steps


def test_many_small_steps_are_noticed_in_sum():
    clock = running(board(1))
    steps = [clock.set_host(MONO + n, UTC + n + 0.004 * n, "ntp") for n in range(10)]
    assert sum(step.by_s for step in steps if step) == pytest.approx(0.036, abs=0.01)


def test_a_new_epoch_forgets_the_board_and_keeps_the_hosts_time():
    clock = running(board(100, 50.0))
    clock.set_host(MONO + 100, UTC + 160, "ntp")
    clock.restart()
    assert clock.drift_ppm is None
    with pytest.raises(NoTimeYet):
        clock.utc_s(0)
    clock.push(80, MONO + 200)
    assert clock.utc_s(80) == pytest.approx(UTC + 260)
    assert clock.quality(0) == "ntp"


def test_days_of_clock_changes_do_not_grow_it(monkeypatch):
    monkeypatch.setattr(clock_module, "KNOTS", 20)
    random, clock, told = Random(5), running(), {}
    for n in range(1, 300):
        clock.push(160_000 * n, MONO + 20 * n + random.random())
        clock.set_host(MONO + 20 * n, UTC + 20 * n + n % 2, "ntp")
        told[160_000 * n] = clock.utc_s(160_000 * n)
    assert len(clock._knots) == 20
    assert len(clock._offsets) == 65
    assert len(clock.steps) == 64
    assert all(clock.utc_s(160_000 * n) == told[160_000 * n] for n in range(285, 300))

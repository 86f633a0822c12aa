from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from appliance.api import Refused
from appliance.hold import new_hold
from appliance.policy import load, parse, profile_text
from appliance.raised import Raised
from appliance.retention import Moment
from appliance.retention_duty import SWEEP_EVERY_S, RetentionDuty

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
GOSHO = load("goshogawara")


class Store:
    """A store whose sweeps are noted, and its writer, which works at once."""

    def __init__(self):
        self.swept = []
        self.held_calls = {}
        self.eraser = SimpleNamespace(failed={}, sweep=self._sweep)

    def held(self):
        return self.held_calls

    def work(self, steps):
        for _ in steps(self):
            pass

    def _sweep(self, clock):
        self.swept.append(clock())
        yield


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def alarms():
    return Raised(lambda *change: None)


class Clock:
    trusted = True

    def __call__(self):
        return Moment(NOON, self.trusted)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def duty(store, alarms, clock):
    return RetentionDuty(store, alarms, clock, SimpleNamespace(trial=True, policy=GOSHO, data="d"))


def raised(alarms):
    return {(alarm.what, alarm.where) for alarm in alarms.all()}


def test_it_sweeps_every_few_seconds(duty, store):
    for now_s in (0.0, 1.0, SWEEP_EVERY_S - 0.1, SWEEP_EVERY_S, SWEEP_EVERY_S + 1):
        duty.turn(now_s)
    assert len(store.swept) == 2


@pytest.mark.parametrize("hours", [1, 24])
def test_a_clock_that_is_not_trusted_for_longer_than_erasing_may_take_is_an_alarm(
    store, alarms, clock, hours
):
    text = profile_text("goshogawara").replace(
        "erase_jitter_hours = 24", f"erase_jitter_hours = {hours}"
    )
    box = SimpleNamespace(trial=True, policy=parse(text), data="d")
    duty, within_s = RetentionDuty(store, alarms, clock, box), 3600.0 * hours
    duty.turn(0.0)
    clock.trusted = False
    duty.turn(100.0)
    duty.turn(within_s - 1)
    assert raised(alarms) == set()
    duty.turn(within_s + 100)
    assert raised(alarms) == {("erasure_paused", "")}
    clock.trusted = True
    duty.turn(within_s + 200)
    assert raised(alarms) == set()


def test_a_day_that_cannot_be_erased_is_an_alarm_until_it_can(duty, store, alarms):
    store.eraser.failed = {"2026-10-01": "why"}
    duty.turn(0.0)
    assert raised(alarms) == {("erasure_failed", "2026-10-01")}
    store.eraser.failed = {}
    duty.turn(SWEEP_EVERY_S)
    assert raised(alarms) == set()


def test_a_hold_that_ends_within_a_week_is_an_alarm(duty, store, alarms):
    day = date(2026, 11, 23)
    for call, days in (("near", 3), ("far", 30)):
        hold = new_hold(GOSHO, "a", "b", day + timedelta(days=days), NOON)
        store.held_calls[call] = hold.to_text()
    duty.turn(0.0)
    assert raised(alarms) == {("hold_ends", "near")}


def test_a_hold_is_reviewed_each_thirty_days_until_it_is_set_again(duty, store, alarms):
    until = date(2026, 11, 23) + timedelta(days=90)
    for call, ago in (("old", 30), ("new", 29)):
        since = NOON - timedelta(days=ago)
        store.held_calls[call] = new_hold(GOSHO, "a", "b", until, since).to_text()
    duty.turn(0.0)
    assert raised(alarms) == {("hold_review", "old")}
    store.held_calls["old"] = new_hold(GOSHO, "a", "b", until, NOON).to_text()
    duty.turn(SWEEP_EVERY_S)
    assert raised(alarms) == set()


def test_another_time_than_now_is_for_trial_folders(duty, store, alarms, clock):
    later = NOON + timedelta(days=31)
    duty.sweep_at(later)
    assert store.swept == [Moment(later, True)]
    real = RetentionDuty(store, alarms, clock, SimpleNamespace(trial=False, policy=GOSHO, data="d"))
    with pytest.raises(Refused, match="real folder"):
        real.sweep_at(later)
    real.sweep_at(None)
    assert store.swept[1:] == [Moment(NOON, True)]

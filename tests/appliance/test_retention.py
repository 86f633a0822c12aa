from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from appliance.hold import new_hold
from appliance.policy import load
from appliance.retention import Moment, days_left, decide, expiring
from tests.appliance.test_index import row

OSAN, GOSHO = load("osan"), load("goshogawara")
STARTED = datetime(2026, 3, 4, 0, 30, tzinfo=UTC)
DUE = datetime(2026, 6, 2, 15, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def ended(**facts):
    base = row(start=STARTED, end=STARTED + timedelta(minutes=3), due=OSAN.due(STARTED))
    return replace(base, **facts)


def decided(call, now=DUE, trusted=True, policy=OSAN):
    (decision,) = decide([call], Moment(now, trusted), policy)
    return decision.erase, decision.why


def test_a_call_is_erased_when_its_last_day_has_ended_and_not_before():
    assert OSAN.due(STARTED) == DUE
    assert decided(ended()) == (True, "due since 2026-06-03 00:00 (art. 8①)")
    early = decided(ended(), DUE - timedelta(milliseconds=1))
    assert early == (False, "not due until 2026-06-03 00:00 (art. 8①)")


def test_while_the_clock_is_not_trusted_nothing_is_erased():
    assert decided(ended(), DUE + timedelta(days=900), trusted=False) == (
        False,
        "the clock is not trusted: erasing is paused",
    )


def test_a_call_whose_date_is_not_known_is_kept():
    erase, why = decided(ended(due=None, clock="unsynced"), DUE + timedelta(days=900))
    assert not erase and "kept until its date is known" in why


def test_a_call_in_progress_is_kept():
    assert decided(ended(end=None)) == (False, "in progress")


def test_a_held_call_stays_to_the_end_of_its_last_day():
    hold = new_hold(GOSHO, "管財課長", "係争中", date(2026, 12, 31), STARTED)
    held = ended(hold=hold.to_text())
    last = datetime(2026, 12, 31, 15, tzinfo=UTC)
    assert decided(held, last - SECOND, policy=GOSHO) == (
        False,
        "held until 2026-12-31 by 管財課長 (art. 8①但書): 係争中",
    )
    assert decided(held, last, policy=GOSHO)[0]


def test_a_hold_that_ends_before_the_due_time_changes_nothing():
    hold = new_hold(GOSHO, "管財課長", "係争中", date(2026, 3, 10), STARTED)
    erase, why = decided(ended(hold=hold.to_text()), DUE - SECOND, policy=GOSHO)
    assert not erase and why.startswith("not due until")


def test_another_rule_changes_nothing_for_calls_recorded_before():
    shorter = replace(OSAN, retention_days=10)
    assert not decided(ended(), DUE - SECOND, policy=shorter)[0]
    assert decided(ended(), DUE, policy=replace(OSAN, retention_days=900))[0]


def test_of_an_erased_call_nothing_is_said():
    assert list(decide([ended(erased=DUE)], Moment(DUE, True), OSAN)) == []


def test_a_decision_reads_as_the_command_prints_it():
    (decision,) = decide([ended()], Moment(DUE, True), OSAN)
    assert decision.as_json() == {
        "id": ended().id,
        "due": "2026-06-02T15:00:00.000Z",
        "action": "erase",
        "why": "due since 2026-06-03 00:00 (art. 8①)",
    }


@pytest.mark.parametrize(
    "started, due",
    [
        # Clocks go on: the last day has 23 hours; and back: 25.
        (datetime(2026, 3, 20, 12, tzinfo=UTC), "2026-03-29T22:00:00+00:00"),
        (datetime(2026, 10, 16, 12, tzinfo=UTC), "2026-10-25T23:00:00+00:00"),
        (datetime(2026, 2, 18, 22, 59, 59, tzinfo=UTC), "2026-02-27T23:00:00+00:00"),
        (datetime(2026, 2, 18, 23, 0, 0, tzinfo=UTC), "2026-02-28T23:00:00+00:00"),
    ],
)
def test_days_are_the_sites_also_where_clocks_are_changed(started, due):
    berlin = replace(OSAN, zone=ZoneInfo("Europe/Berlin"), retention_days=9)
    assert berlin.due(started).isoformat() == due


def test_days_left_are_days_of_the_site():
    assert days_left(DUE, DUE - timedelta(days=3), OSAN.zone) == 3
    assert days_left(DUE, DUE - timedelta(hours=1), OSAN.zone) == 1
    assert days_left(DUE, DUE, OSAN.zone) == 0
    assert days_left(DUE, DUE + timedelta(days=4), OSAN.zone) == 0


def test_open_requests_are_warned_of_a_week_before():
    waiting = [
        ("far", DUE),
        ("near", DUE - timedelta(days=20)),
        ("nearer", DUE - timedelta(days=22)),
    ]
    assert expiring(waiting, DUE - timedelta(days=27), OSAN) == [("nearer", 5), ("near", 7)]

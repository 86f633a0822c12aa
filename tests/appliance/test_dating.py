from dataclasses import replace
from datetime import UTC, datetime, timedelta

from appliance import dating
from appliance.dating import Known, put_right
from appliance.policy import load
from tests.appliance.test_index import NOON, row

OSAN = load("osan")
KNOWN = Known(NOON.timestamp(), "4f1c", 5000.0, "ntp")
YEARS = timedelta(days=3652)


def unsure(told=NOON - YEARS, **changes):
    base = row(
        1,
        start=told,
        answer=told + timedelta(seconds=4),
        end=told + timedelta(seconds=90),
        clock="stepped",
        dated="unsure",
        boot="4f1c",
        uptime_ms=4_400_500,
        day="2016-11-23-doubt",
    )
    return replace(base, **changes)


def test_a_call_of_this_start_of_the_host_is_moved_to_where_it_belongs():
    right = put_right(unsure(), KNOWN, OSAN)
    assert right.start == NOON - timedelta(seconds=599.5)
    assert (right.answer - right.start, right.end - right.start) == (
        timedelta(seconds=4),
        timedelta(seconds=90),
    )
    assert (right.dated, right.clock, right.due) == ("corrected", "ntp", OSAN.due(right.start))
    assert (right.told_start, right.told_end) == (unsure().start, unsure().end)
    assert (right.day, right.id) == (unsure().day, unsure().id)


def test_a_call_that_began_after_the_known_moment_is_counted_on():
    right = put_right(unsure(uptime_ms=5_010_000), KNOWN, OSAN)
    assert right.start == NOON + timedelta(seconds=10)


def test_a_call_of_an_earlier_start_is_kept_as_if_it_had_been_now():
    for told in (NOON - YEARS, NOON + YEARS):
        for lost in ({"boot": "another"}, {"boot": ""}, {"uptime_ms": None}):
            right = put_right(unsure(told, **lost), KNOWN, OSAN)
            assert (right.dated, right.due) == ("latest", OSAN.due(NOON))
            assert (right.start, right.told_start, right.clock) == (told, None, "stepped")


def test_a_date_that_a_person_alone_vouched_for_keeps_it_a_day_longer():
    right = put_right(unsure(), replace(KNOWN, quality="unsynced"), OSAN)
    assert right.due == OSAN.due(right.start) + timedelta(days=1)


def test_a_call_in_progress_or_missed_has_no_end_to_move():
    right = put_right(unsure(answer=None, end=None), KNOWN, OSAN)
    assert (right.answer, right.end, right.told_end) == (None, None, None)


def test_the_ledger_is_told_both_times():
    facts = dating.facts(put_right(unsure(), KNOWN, OSAN))
    assert (facts["told"], facts["start"]) == (
        "2016-11-23T03:00:00.250Z",
        "2026-11-23T02:50:00.750Z",
    )
    assert datetime.fromisoformat(facts["due"]).astimezone(UTC) == OSAN.due(NOON)

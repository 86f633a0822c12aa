import threading
from datetime import UTC, datetime, timedelta

import pytest

from appliance.api import Alarm
from appliance.raised import Raised

START = datetime(2026, 11, 23, tzinfo=UTC)
BEFORE = "2026-11-22T00:00:00.000Z"


class Clock:
    def __init__(self):
        self.at = START

    def now(self):
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture
def told():
    return []


def raised_of(told, *kept):
    return Raised(lambda *change: told.append(change), kept, Clock().now)


def names(raised):
    return [(alarm.what, alarm.where) for alarm in raised.all()]


def test_an_alarm_is_told_once_with_all_that_are_raised(told):
    raised = raised_of(told)
    for _ in range(3):
        raised.set("line_down", "line 3", True)
    raised.set("board_fault", "line 3", True)
    (first, second) = told
    assert first[:2] == ("alarm", {"what": "line_down", "where": "line 3"})
    assert [alarm.what for alarm in second[2]] == ["line_down", "board_fault"]


def test_its_time_is_that_of_the_first(told):
    raised = raised_of(told)
    raised.set("line_down", "line 3", True)
    since = raised.all()[0].since
    raised.set("line_down", "line 4", True)
    raised.set("line_down", "line 3", True)
    assert raised.all()[0] == Alarm("line_down", "line 3", since)


def test_its_end_is_told_and_an_end_without_a_beginning_is_not(told):
    raised = raised_of(told)
    raised.set("line_down", "line 3", False)
    assert not told
    raised.set("line_down", "line 3", True)
    raised.set("line_down", "line 3", False)
    assert told[-1] == ("alarm_over", {"what": "line_down", "where": "line 3"}, [])


def test_one_that_ends_by_hand_is_over_when_acknowledged(told):
    raised = raised_of(told)
    raised.set("proof_failed", "01JD", True)
    raised.acknowledge("proof_failed", "01JD", "anna")
    facts = {"what": "proof_failed", "where": "01JD", "person": "anna"}
    assert told[-1] == ("alarm_seen", facts, [])


def test_one_that_ends_by_itself_stays_until_then_and_no_longer_presses(told):
    raised = raised_of(told)
    raised.set("line_down", "line 3", True)
    assert raised.unseen
    raised.acknowledge("line_down", "line 3", "anna")
    raised.acknowledge("line_down", "line 3", "ben")
    assert [alarm.seen_by for alarm in raised.all()] == ["anna"]
    assert not raised.unseen
    assert [act for act, _, _ in told] == ["alarm", "alarm_seen"]
    raised.set("line_down", "line 3", False)
    raised.set("line_down", "line 3", True)
    assert raised.unseen


def test_one_that_is_over_already_cannot_be_acknowledged(told):
    raised_of(told).acknowledge("line_down", "line 3", "anna")
    assert not told


def test_after_a_start_all_are_there_with_their_first_time(told):
    kept = [Alarm("proof_failed", "01JD", BEFORE), Alarm("line_down", "line 3", BEFORE, "anna")]
    raised = raised_of(told, *kept)
    assert raised.all() == kept
    raised.set("line_down", "line 3", True)
    assert raised.all() == kept
    assert not told


def test_after_a_start_what_is_not_seen_again_is_over_and_what_waits_for_its_check_is_not(told):
    raised = raised_of(
        told,
        Alarm("line_down", "line 3", BEFORE),
        Alarm("line_down", "line 4", BEFORE),
        Alarm("line_unproved", "line 5", BEFORE),
        Alarm("proof_failed", "01JD", BEFORE),
    )
    raised.set("line_down", "line 4", True)
    raised.set("open_line", "line 6", True)
    raised.settle()
    raised.settle()
    assert [act for act, _, _ in told] == ["alarm", "alarm_over"]
    assert ("line_down", "line 3") not in names(raised)
    assert len(names(raised)) == 4


def test_threads_do_not_lose_each_others_alarms(told):
    raised = raised_of(told)

    def work(place):
        for n in range(200):
            raised.set("line_down", f"{place} {n}", True)
            raised.set("line_down", f"{place} {n}", n % 2 == 0)

    threads = [threading.Thread(target=work, args=(place,)) for place in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(raised.all()) == 400
    assert {(a.what, a.where) for a in told[-1][2]} == set(names(raised))

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.call import Call, HostCount, Stretch
from appliance.call_machine import Mode, Trigger
from appliance.call_row import FixedClock, Now, row_of
from appliance.dialled import Dialled
from appliance.policy import load
from appliance.site import Line
from tests.appliance.scene import START

S = 8000
OSAN = load("osan")
SURE = FixedClock(START)
LINE = Line(3, "교통민원", "교통과", mode=Mode.FULL)


def a_call(**facts):
    call = Call(
        id="01JD", line=LINE, direction="out", started=10 * S, dialled=Dialled(True), why="full"
    )
    for name, value in facts.items():
        setattr(call, name, value)
    return call


def test_a_row_has_the_call_in_utc_and_offsets_in_seconds():
    call = a_call(lifted=10 * S, answered=14 * S, ended=20 * S, ended_by="on_hook")
    for digit, at in zip("119", (11.0, 11.2, 11.4), strict=True):
        call.dialled.push(digit, at)
    call.mark("digit", 11 * S, digit="1")
    call.mark("gap", 15 * S, lost_s=0.01, reason="link")
    call.stretches = [Stretch(12 * S, 0, 18 * S)]
    Now(20 * S, START).fix(call, SURE)
    row = row_of(call, load("osan"), "ntp", 1.5, 6 * S)
    assert row.start == START - timedelta(seconds=10)
    assert row.answer == START - timedelta(seconds=6)
    assert row.end == START
    assert (row.number, row.number_source, row.digits) == ("119", "dialled", "119")
    assert row.events == [{"kind": "digit", "at_s": 1.0, "digit": "1"}]
    assert row.gaps == [{"at_s": 5.0, "lost_s": 0.01, "reason": "link"}]
    assert row.stretches == [{"at_s": 2.0, "audio_s": 0.0, "until_s": 8.0}]
    assert (row.recorded, row.audio_s, row.clock, row.drift_ppm) == (True, 6.0, "ntp", 1.5)
    assert (row.department, row.policy, row.day) == ("교통과", "kr-osan", "2026-11-23")


def a_row(call, rule=OSAN):
    Now(call.ended or 20 * S, START).fix(call, SURE)
    return row_of(call, rule, "ntp", 0.0, 6 * S)


def recorded(**facts):
    return a_call(lifted=10 * S, stretches=[Stretch(10 * S, 0, 20 * S)], **facts)


@pytest.mark.parametrize("by", [Trigger.KEY, Trigger.BUTTON])
def test_what_is_begun_by_hand_has_both_parties_agreement_as_its_ground(by):
    parts = [Stretch(12 * S, 0, 14 * S, by), Stretch(16 * S, 2 * S, None, by)]
    row = a_row(a_call(lifted=10 * S, stretches=parts))
    assert [(part["at_s"], part["by"], part["agreed"]) for part in row.stretches] == [
        (2.0, by.value, "2.3"),
        (6.0, by.value, "2.3"),
    ]


def test_no_agreement_is_said_of_what_began_by_itself_or_where_the_rule_asks_for_none():
    plain = {"at_s": 0.0, "audio_s": 0.0, "until_s": 10.0}
    assert a_row(recorded(ended=20 * S)).stretches == [plain]
    by_hand = a_call(lifted=10 * S, stretches=[Stretch(10 * S, 0, 20 * S, Trigger.KEY)])
    assert a_row(by_hand, load("goshogawara")).stretches == [plain]


def test_the_announcement_outranks_the_record_tone_and_the_first_of_each_counts():
    call = recorded(ended=20 * S)
    for notice, at in (("beep", 11), ("beep", 12), ("announcement", 13), ("beep", 14)):
        call.hear_notice(notice, at * S)
    call.hear_notice("announcement", 15 * S)
    assert (a_row(call).notice, a_row(call).notice_s) == ("announcement", 3.0)


def test_a_notice_is_missing_only_from_a_recorded_call_that_is_over_and_owed_one():
    assert a_row(recorded(ended=20 * S)).notice == "missing"
    assert a_row(recorded()).notice is None
    assert a_row(recorded(ended=20 * S, direction="unknown")).notice is None
    assert a_row(a_call(ended=20 * S)).notice is None
    assert a_row(recorded(ended=20 * S), replace(OSAN, notice_required=False)).notice is None


def test_a_call_that_is_not_recorded_has_no_notice_though_one_was_heard():
    call = a_call(ended=20 * S)
    call.hear_notice("beep", 12 * S)
    assert (a_row(call).notice, a_row(call).notice_s) == (None, None)


def test_a_time_once_told_does_not_move():
    call = a_call()
    Now(10 * S, START).fix(call, SURE)
    call.ended = 20 * S
    # The clock was set an hour on in mid-call.
    Now(20 * S, START + timedelta(hours=1, seconds=10)).fix(call, SURE)
    assert (call.started_utc, call.ended_utc) == (START, START + timedelta(seconds=10))


class Doubted(FixedClock):
    def unsure(self, told, ago_s):
        return HostCount("4f1c", 100.0 - ago_s)


@pytest.mark.parametrize("by", [timedelta(days=1), timedelta(days=3652)])
def test_a_clock_set_back_in_mid_call_does_not_end_it_before_it_began(by):
    call = a_call()
    Now(10 * S, START).fix(call, SURE)
    call.answered, call.ended = 12 * S, 20 * S
    Now(20 * S, START - by).fix(call, SURE)
    assert (call.answered_utc - START, call.ended_utc - START) == (
        timedelta(seconds=2),
        timedelta(seconds=10),
    )


def test_a_call_whose_date_is_in_doubt_is_filed_apart_and_is_not_due():
    call = a_call()
    Now(20 * S, START).fix(call, Doubted(START))
    row = row_of(call, load("osan"), "stepped", 0.0, 0)
    assert (row.day, row.due, row.dated) == ("2026-11-23-doubt", None, "unsure")
    assert (row.boot, row.uptime_ms) == ("4f1c", 90_000)


def test_a_date_that_no_clock_vouched_for_keeps_a_call_a_day_longer():
    call = a_call()
    Now(20 * S, START).fix(call, SURE)
    for clock, days in (("ntp", 0), ("rtc", 0), ("unsynced", 1), ("stepped", 1)):
        row = row_of(call, OSAN, clock, 0.0, 0)
        assert row.due == OSAN.due(START) + timedelta(days=days), clock


def test_a_call_before_midnight_belongs_to_its_own_day():
    call = a_call()
    Now(10 * S, START.replace(hour=14, minute=59, second=59)).fix(call, SURE)  # 23:59:59 in Seoul
    assert row_of(call, load("osan"), "ntp", 0.0, 0).day == "2026-11-23"
    later = a_call()
    Now(10 * S, START.replace(hour=15)).fix(later, SURE)
    assert row_of(later, load("osan"), "ntp", 0.0, 0).day == "2026-11-24"


def test_a_row_before_its_times_are_fixed_is_a_mistake():
    with pytest.raises(AssertionError):
        row_of(a_call(), load("osan"), "ntp", 0.0, 0)


def test_a_captures_clock_is_exact():
    assert FixedClock(START).utc_s(12_000) - START.timestamp() == pytest.approx(1.5)
    assert FixedClock(START).quality(0) == "ntp"

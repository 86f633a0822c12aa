from dataclasses import replace

import pytest

from appliance.clock_watch import (
    DAY_S,
    FREE_RUN_S,
    NTP_LOST_S,
    SLACK_S,
    Anchor,
    alarms,
    judge,
    span,
    vouching,
)
from firmware_bridge.host_clock import RTC_TOLERANCE_S, ClockReading

NOW_S = 1_795_000_000.0
YEARS_S = 3652 * DAY_S


def reading(ahead_s=0.0, *, after_s=100.0, boot="b1", **said):
    """Return what is read some time after the anchor, with the clock so far ahead of it."""
    utc_s = NOW_S + after_s + ahead_s
    return ClockReading(utc_s, 1000.0 + after_s, boot, kernel_utc_s=utc_s, **said)


def anchor(by="ntp", boot="b1"):
    return Anchor(NOW_S, 1000.0, boot, by)


def restarted(ahead_s=0.0, **said):
    """Return the same after another start of the host: nobody has counted the time between."""
    return replace(reading(ahead_s, boot="b2", **said), uptime_s=50.0)


RTC_AGREES = {"rtc_s": NOW_S + 100}


@pytest.mark.parametrize("ahead_s", [DAY_S, -DAY_S, YEARS_S, -YEARS_S, 1.5 * SLACK_S])
@pytest.mark.parametrize("by", ["ntp", "rtc", "trial", "Kim"])
def test_a_clock_that_was_set_is_not_believed_by_itself(ahead_s, by):
    state = judge(reading(ahead_s), anchor(by))
    assert (state.quality, state.trusted) == ("stepped", False)
    assert state.why == f"the clock is {span(ahead_s)} where it was last believed"
    assert not judge(reading(ahead_s), anchor(by), trial=True).trusted


@pytest.mark.parametrize("ahead_s", [DAY_S, -DAY_S, YEARS_S, -YEARS_S])
def test_nor_is_one_that_another_start_of_the_host_has_moved(ahead_s):
    state = judge(restarted(ahead_s), anchor())
    assert not state.trusted
    # A day may have gone by while the host was off; nothing says that it has.
    assert state.quality == ("unsynced" if 100 + ahead_s <= DAY_S and ahead_s > 0 else "stepped")


def test_ten_years_are_believed_of_nobody_but_a_person():
    for said in ({"ntp": True}, {"rtc_s": NOW_S + 100 + YEARS_S}, {}):
        assert not judge(restarted(YEARS_S, **said), anchor()).trusted
        assert not judge(reading(YEARS_S, **said), anchor("Kim")).trusted
    now = restarted(YEARS_S)
    confirmed = Anchor(now.utc_s, now.uptime_s, now.boot, "Kim")
    assert judge(now, confirmed).trusted


def test_ntp_is_believed_of_a_late_clock_and_of_a_month_without_power():
    for ahead_s, trusted in ((-YEARS_S, True), (-DAY_S, True), (30 * DAY_S, True)):
        assert judge(restarted(ahead_s, ntp=True), anchor()).trusted is trusted
    assert not judge(restarted(32 * DAY_S, ntp=True), anchor()).trusted


def test_ntp_may_set_a_clock_that_others_vouched_for_but_not_move_its_own():
    assert judge(reading(20 * DAY_S, ntp=True), anchor("rtc")).trusted
    assert judge(reading(20 * DAY_S, ntp=True), anchor("Kim")).trusted
    assert not judge(reading(DAY_S, ntp=True), anchor("ntp")).trusted


def test_a_hardware_clock_bridges_a_holiday_but_not_a_setting():
    def said(ahead_s):
        return {"rtc_s": NOW_S + 100 + ahead_s}

    assert judge(restarted(6 * DAY_S, **said(6 * DAY_S)), anchor()).quality == "rtc"
    assert not judge(restarted(8 * DAY_S, **said(8 * DAY_S)), anchor()).trusted
    assert not judge(restarted(-DAY_S, **said(-DAY_S)), anchor()).trusted
    assert not judge(reading(DAY_S, **said(DAY_S)), anchor()).trusted


@pytest.mark.parametrize(
    "said, voucher",
    [
        ({}, None),
        ({"ntp": True}, "ntp"),
        (RTC_AGREES, "rtc"),
        ({**RTC_AGREES, "rtc_lost": False}, "rtc"),
        ({**RTC_AGREES, "rtc_lost": True}, None),
        ({**RTC_AGREES, "rtc_lost": True, "ntp": True}, "ntp"),
        ({"rtc_s": NOW_S + 100 - RTC_TOLERANCE_S - 1}, None),
        ({"rtc_s": 12.0}, None),
    ],
)
def test_what_vouches_for_the_clock(said, voucher):
    assert vouching(reading(**said)) == voucher


def test_the_first_start_believes_what_vouches_and_nothing_else():
    assert judge(reading(ntp=True), None).quality == "ntp"
    assert judge(reading(**RTC_AGREES), None).trusted
    unsynced = judge(reading(), None)
    assert (unsynced.quality, unsynced.trusted) == ("unsynced", False)
    assert judge(reading(), None, trial=True).trusted


def test_a_clock_runs_on_from_its_anchor_for_a_fortnight():
    state = judge(reading(after_s=FREE_RUN_S - 1), anchor("Kim"))
    assert (state.quality, state.trusted) == ("unsynced", True)
    assert state.why == "the clock runs on since Kim vouched for it, 14.0 days ago"
    state = judge(reading(after_s=FREE_RUN_S + DAY_S), anchor("Kim"))
    assert (state.quality, state.trusted) == ("unsynced", False)
    assert not judge(restarted(), anchor("Kim")).trusted


@pytest.mark.parametrize("ahead_s", [DAY_S, -DAY_S, YEARS_S, -YEARS_S, 3.0])
def test_a_process_that_is_told_another_time_than_the_kernels_believes_nothing(ahead_s):
    now = reading(ahead_s, ntp=True)
    told = replace(now, kernel_utc_s=now.utc_s - ahead_s)
    for trial in (True, False):
        state = judge(told, None, trial=trial)
        assert (state.quality, state.trusted) == ("stepped", False)
        assert "the kernel's" in state.why


def test_the_newest_entry_of_the_ledger_counts_as_another_start():
    ledger = Anchor(NOW_S, 0.0, "", "ledger")
    assert judge(reading(ntp=True), ledger).trusted
    assert not judge(reading(-2 * YEARS_S), ledger, trial=True).trusted
    assert not judge(reading(32 * DAY_S), ledger, trial=True).trusted
    assert judge(reading(0.5 * DAY_S), ledger, trial=True).trusted


def test_a_span_is_said_in_days_or_seconds():
    assert span(YEARS_S) == "3652.0 days ahead of"
    assert span(-75.4) == "75 s behind"


def raised(now, last):
    return {what for what, holds in alarms(now, judge(now, last), last).items() if holds}


def test_a_clock_that_is_not_believed_is_the_only_alarm():
    synced = replace(anchor(), ntp_utc_s=NOW_S)
    assert raised(reading(YEARS_S, rtc_s=12.0, rtc_lost=True), synced) == {"clock_untrusted"}
    assert raised(reading(ntp=True), synced) == set()


def test_ntp_is_missed_after_a_day_by_who_had_it():
    synced = replace(anchor(), ntp_utc_s=NOW_S)
    assert raised(reading(after_s=NTP_LOST_S - 1), synced) == set()
    assert raised(reading(after_s=NTP_LOST_S + 1), synced) == {"ntp_lost"}
    assert raised(reading(after_s=NTP_LOST_S + 1), anchor("Kim")) == set()
    assert raised(reading(after_s=NTP_LOST_S + 1, ntp=True), synced) == set()


def test_a_hardware_clock_is_named_when_it_is_off_or_was_without_power():
    off = {"rtc_s": NOW_S + 100 - RTC_TOLERANCE_S - 1}
    assert raised(reading(ntp=True, **off), anchor()) == {"rtc_disagrees"}
    assert raised(reading(ntp=True, **RTC_AGREES), anchor()) == set()
    lost = {**RTC_AGREES, "rtc_lost": True}
    assert raised(reading(ntp=True, **lost), anchor()) == {"rtc_disagrees"}

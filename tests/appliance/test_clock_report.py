from dataclasses import replace
from pathlib import Path

from appliance.clock_report import remedy, report, text
from appliance.clock_watch import judge
from tests.appliance.test_clock_keeper import ANCHOR, BASE

DATA = Path("/data")


def test_a_clock_that_is_believed_needs_no_remedy():
    now = replace(BASE, ntp=True)
    told = report(now, judge(now, ANCHOR), DATA, "chrony")
    assert (told["quality"], told["trusted"], told["remedy"]) == ("ntp", True, "")
    assert list(text(told, "noon"))[1] == "quality       ntp, trusted"


def test_a_clock_that_was_set_is_named_with_what_to_do():
    now = replace(BASE, utc_s=BASE.utc_s + 86_400, kernel_utc_s=BASE.utc_s + 86_400)
    told = report(now, judge(now, ANCHOR), DATA, "")
    shown = list(text(told, "noon"))
    assert "1.0 days ahead of where it was last believed" in shown[2]
    assert "kirok clock --data /data --confirm" in shown[-1]
    assert "none runs" in shown[3]


def test_a_library_that_changes_the_time_is_not_confirmed_but_removed():
    now = replace(BASE, kernel_utc_s=BASE.utc_s - 86_400)
    told = remedy(now, judge(now, ANCHOR), DATA)
    assert "LD_PRELOAD" in told
    assert "--confirm" not in told


def test_the_hardware_clock_is_told_by_how_far_it_is_off():
    now = replace(BASE, rtc_s=BASE.utc_s - 90, rtc_lost=True)
    told = report(now, judge(now, ANCHOR), DATA, "")
    assert told["rtc"] == "90 s behind the clock; it has been without power"

import time

import pytest

from firmware_bridge import host_clock
from firmware_bridge.host_clock import RTC_TOLERANCE_S, STA_UNSYNC, judge, rtc_s

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    "status, rtc, quality",
    [
        (0, None, "ntp"),
        (0x2001, 0.0, "ntp"),
        (STA_UNSYNC, NOW, "rtc"),
        (STA_UNSYNC, NOW - RTC_TOLERANCE_S, "rtc"),
        (STA_UNSYNC, NOW - RTC_TOLERANCE_S - 0.1, "unsynced"),
        (STA_UNSYNC, 12.0, "unsynced"),
        (STA_UNSYNC | 1, None, "unsynced"),
        (None, None, "unsynced"),
        (None, NOW, "rtc"),
    ],
)
def test_the_quality_of_utc(status, rtc, quality):
    assert judge(status, rtc, NOW) == quality


def test_the_hardware_clock_is_the_first_that_can_be_read(tmp_path):
    assert rtc_s(tmp_path) is None
    for name, text in (("rtc0", ""), ("rtc1", "1795000000\n"), ("rtc2", "5\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "since_epoch").write_text(text)
    (tmp_path / "rtc0" / "since_epoch").unlink()
    assert rtc_s(tmp_path) == NOW


def test_this_hosts_clocks_are_read_together():
    before = time.monotonic(), time.time()
    told = host_clock.read()
    after = time.monotonic(), time.time()
    assert before[0] <= told.mono_s <= after[0]
    assert before[1] <= told.utc_s <= after[1]
    assert told.quality in ("ntp", "rtc", "unsynced")

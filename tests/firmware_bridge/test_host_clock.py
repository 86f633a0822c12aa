import time

import pytest

from firmware_bridge import host_clock
from firmware_bridge.host_clock import (
    RTC_TOLERANCE_S,
    STA_UNSYNC,
    judge,
    look,
    rtc_lost,
    rtc_s,
    time_service,
)

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


def a_proc(tmp_path, stat="cpu 1 2 3\nbtime 1794999000\nprocesses 7\n"):
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "uptime").write_text("1000.25 1700.00\n")
    (tmp_path / "stat").write_text(stat)
    (tmp_path / "sys/kernel/random/boot_id").write_text("4f1c-77\n")
    return tmp_path


def test_the_kernels_own_utc_is_its_boot_and_the_time_since(tmp_path):
    seen = look(a_proc(tmp_path), tmp_path / "no", tmp_path / "no")
    assert (seen.uptime_s, seen.kernel_utc_s, seen.boot) == (1000.25, NOW + 0.25, "4f1c-77")
    assert (seen.rtc_s, seen.rtc_lost) == (None, None)


def test_a_host_that_does_not_say_when_it_booted_says_less(tmp_path):
    seen = look(a_proc(tmp_path, stat="cpu 1 2 3\n"), tmp_path, tmp_path)
    assert seen.kernel_utc_s is None


def test_this_hosts_kernel_agrees_with_what_this_process_is_told():
    seen = look()
    assert seen.boot
    assert seen.kernel_utc_s is not None
    assert abs(seen.kernel_utc_s - seen.utc_s) <= 2
    assert 0 <= look().uptime_s - seen.uptime_s < 60


def test_the_time_service_that_runs_is_named(tmp_path):
    assert time_service(tmp_path) == ""
    (tmp_path / "systemd/timesync").mkdir(parents=True)
    assert time_service(tmp_path) == "systemd-timesyncd"
    (tmp_path / "chrony").mkdir()
    (tmp_path / "chrony/chronyd.pid").write_text("312\n")
    assert time_service(tmp_path) == "chrony"


def test_a_clock_that_cannot_be_asked_of_its_battery_says_nothing(tmp_path):
    assert rtc_lost(tmp_path) is None
    (tmp_path / "rtc0").write_text("a file, which takes no ioctl")
    assert rtc_lost(tmp_path) is None

"""The host's clocks: monotonic and UTC read together, and how far UTC can be trusted.

    ntp        the kernel's clock is disciplined (no STA_UNSYNC)
    rtc        it is not, but it agrees with a hardware clock, which goes on without power
    unsynced   neither

Source: adjtimex(2), rtc(4); the kernel's Documentation/admin-guide/rtc.rst.
"""

import ctypes
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STA_UNSYNC: Final = 0x0040
#: A hardware clock is read in whole seconds, and lags while it is read.
RTC_TOLERANCE_S: Final = 2.0
_RTCS: Final = Path("/sys/class/rtc")


@dataclass(frozen=True, slots=True)
class HostTime:
    """Attributes: mono_s as time.monotonic; utc_s as time.time, at the same moment."""

    mono_s: float
    utc_s: float
    quality: str


class _Timex(ctypes.Structure):
    """The beginning of struct timex, with more than room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def read() -> HostTime:
    """Return the host's time."""
    before_s, utc_s, after_s = min(
        ((time.monotonic(), time.time(), time.monotonic()) for _ in range(3)),
        key=lambda each: each[2] - each[0],  # the reading that was least disturbed
    )
    return HostTime((before_s + after_s) / 2, utc_s, clock_quality())


def clock_quality() -> str:
    """Return "ntp", "rtc" or "unsynced"."""
    return judge(_kernel_status(), rtc_s(_RTCS), time.time())


def judge(status: int | None, rtc: float | None, utc_s: float) -> str:
    """Return what the readings amount to.

    Args:
        status: of adjtimex; None if it cannot be asked.
        rtc: the hardware clock in seconds since 1970; None if there is none. One without a battery
            starts at 1970 or 2000, and disagrees.
        utc_s: the system's clock.
    """
    if status is not None and not status & STA_UNSYNC:
        return "ntp"
    if rtc is not None and abs(rtc - utc_s) <= RTC_TOLERANCE_S:
        return "rtc"
    return "unsynced"


def rtc_s(rtcs: Path) -> float | None:
    """Return the first hardware clock's time in seconds since 1970; None if there is none."""
    for clock in sorted(rtcs.glob("rtc*")):
        try:
            return float((clock / "since_epoch").read_text())
        except (OSError, ValueError):  # present but never set, or without power
            continue
    return None


def _kernel_status() -> int | None:
    timex = _Timex()  # modes 0: look, change nothing
    if ctypes.CDLL(None).adjtimex(ctypes.byref(timex)) < 0:
        return None
    return int(timex.status)

"""The host's clocks: monotonic and UTC read together, what vouches for UTC, and since when it runs.

    ntp        the kernel's clock is disciplined (no STA_UNSYNC)
    rtc        it is not, but it agrees with a hardware clock, which goes on without power
    unsynced   neither

The kernel's own idea of UTC is read a second way, as a file: the time of its boot, in whole seconds
(it moves when the clock is set), and the seconds since. A process that is told another time than
that one lives under a clock of its own (a preloaded library), and what the kernel says of its
clock's quality is not said of that one.

Source: adjtimex(2), rtc(4), proc(5); the kernel's Documentation/admin-guide/rtc.rst and
include/uapi/linux/rtc.h.
"""

import ctypes
import fcntl
import os
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STA_UNSYNC: Final = 0x0040
#: A hardware clock is read in whole seconds, and a host without NTP runs away from it by up to 4 s
#: a day (50 ppm). Recordings are erased to within 60 s: a clock that far off is not the same time.
RTC_TOLERANCE_S: Final = 60.0
_RTCS: Final = Path("/sys/class/rtc")
_DEVICES: Final = Path("/dev")
_PROC: Final = Path("/proc")
_RUN: Final = Path("/run")
#: _IOR('p', 0x13, unsigned int): what the hardware clock says of its battery.
_RTC_VL_READ: Final = 0x80047013
#: Its time is not valid, or its battery is empty: it has been without power.
_VL_LOST: Final = 1 << 0 | 1 << 2


@dataclass(frozen=True, slots=True)
class HostTime:
    """Attributes: mono_s as time.monotonic; utc_s as time.time, at the same moment."""

    mono_s: float
    utc_s: float
    quality: str


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What the host's clocks say at one moment.

    Attributes:
        utc_s: as time.time, what this process believes.
        uptime_s: since the start of the host, by the kernel; no setting of the clock moves it.
        boot: the kernel's name for this start of the host; "" if it has none.
        kernel_utc_s: the kernel's UTC to 1 s; None if it cannot be read.
        ntp: the kernel's clock is disciplined.
        rtc_s: the hardware clock; None if there is none, or it was never set.
        rtc_lost: it says that it has been without power; None if it cannot be asked.
    """

    utc_s: float
    uptime_s: float
    boot: str
    kernel_utc_s: float | None = None
    ntp: bool = False
    rtc_s: float | None = None
    rtc_lost: bool | None = None


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


def look(proc: Path = _PROC, rtcs: Path = _RTCS, devices: Path = _DEVICES) -> ClockReading:
    """Return what the host's clocks say.

    Raises:
        OSError, ValueError: the kernel does not say how long it has run.
    """
    uptime_s = float((proc / "uptime").read_text().split()[0])
    utc_s = time.time()
    booted_s = _booted_s(proc)
    status = _kernel_status()
    return ClockReading(
        utc_s=utc_s,
        uptime_s=uptime_s,
        boot=_boot(proc),
        kernel_utc_s=None if booted_s is None else booted_s + uptime_s,
        ntp=status is not None and not status & STA_UNSYNC,
        rtc_s=rtc_s(rtcs),
        rtc_lost=rtc_lost(devices),
    )


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


def time_service(run: Path = _RUN) -> str:
    """Return the name of the time service that runs, or ""."""
    if (run / "chrony" / "chronyd.pid").exists():
        return "chrony"
    return "systemd-timesyncd" if (run / "systemd" / "timesync").exists() else ""


def rtc_lost(devices: Path) -> bool | None:
    """Say whether the first hardware clock has been without power; None if it cannot be asked."""
    for path in sorted(devices.glob("rtc[0-9]*")):
        with suppress(OSError):  # not ours to open, or it does not watch its battery
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                (flags,) = struct.unpack("I", fcntl.ioctl(fd, _RTC_VL_READ, bytes(4)))
            finally:
                os.close(fd)
            return bool(flags & _VL_LOST)
    return None


def _booted_s(proc: Path) -> float | None:
    with suppress(OSError):
        for line in (proc / "stat").read_text().splitlines():
            if line.startswith("btime "):
                return float(line.split()[1])
    return None


def _boot(proc: Path) -> str:
    try:
        return (proc / "sys" / "kernel" / "random" / "boot_id").read_text().strip()
    except OSError:
        return ""


def _kernel_status() -> int | None:
    timex = _Timex()  # modes 0: look, change nothing
    if ctypes.CDLL(None).adjtimex(ctypes.byref(timex)) < 0:
        return None
    return int(timex.status)

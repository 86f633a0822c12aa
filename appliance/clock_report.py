"""What the clocks say, and what to do where they are not believed: for the terminal."""

from collections.abc import Iterator
from pathlib import Path

from appliance.clock_watch import KERNEL_S, ClockState, span
from firmware_bridge.host_clock import ClockReading

_OTHER_CLOCK = (
    "start Kirok without the library that changes its time (LD_PRELOAD, faketime)",
    "if there is none, ask the supervisor who has changed the box",
)


def remedy(now: ClockReading, state: ClockState, data: Path) -> str:
    """Return what to do about a clock that is not trusted by a data folder, or ""."""
    if state.trusted:
        return ""
    if now.kernel_utc_s is not None and abs(now.utc_s - now.kernel_utc_s) > KERNEL_S:
        return "; ".join(_OTHER_CLOCK)
    confirm = f"look at the time, set it, and say so: kirok clock --data {data} --confirm"
    return f"give the box an NTP server or a battery-backed clock (DS3231); or {confirm}"


def report(now: ClockReading, state: ClockState, data: Path, service: str) -> dict[str, object]:
    """Return everything that is known of the clock.

    Args:
        data: the folder for which it was judged.
        service: the time service that runs, or "".
    """
    return {
        "quality": state.quality,
        "trusted": state.trusted,
        "why": state.why,
        "remedy": remedy(now, state, data),
        "utc_s": round(now.utc_s, 3),
        "ntp": now.ntp,
        "time_service": service,
        "rtc": _rtc(now),
    }


def text(report: dict[str, object], shown: str) -> Iterator[str]:
    """Yield lines for people; shown: the time as the site tells it."""
    yield f"clock         {shown}"
    yield f"quality       {report['quality']}, {'trusted' if report['trusted'] else 'NOT TRUSTED'}"
    yield f"why           {report['why']}"
    yield f"time service  {report['time_service'] or 'none runs'}"
    yield f"NTP           {'in step' if report['ntp'] else 'not in step'}"
    yield f"RTC           {report['rtc']}"
    if report["remedy"]:
        yield f"        → {report['remedy']}"


def _rtc(now: ClockReading) -> str:
    if now.rtc_s is None:
        return "none"
    lost = "; it has been without power" if now.rtc_lost else ""
    return f"{span(now.rtc_s - now.utc_s)} the clock{lost}"

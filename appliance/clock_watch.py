"""How far the box's clock can be believed: what erases nothing, and files nothing, on a wrong date.

A clock is believed for a reason, and only as long as nothing speaks against it:

    reason          it may have gone on, unseen, by     why so far
    ntp             31 days                             a box that was off for a month is looked at
    rtc             7 days                              a long holiday with the mains off
    a person        nothing: what they saw is the time
    a trial folder  31 days                             somebody tries it out, now and then

"Unseen" is the time from the last moment at which the clock was believed (the anchor, kept on the
disk) to now, less what the kernel's own count of seconds since its start explains. Where the kernel
has counted, and a minute is left over, the clock was set: then NTP alone is believed, and not even
NTP if it was NTP that was believed before. What is behind the anchor is believed with NTP alone: a
clock that is late keeps recordings longer, never shorter.

A clock that nothing vouches for any more runs on from its anchor, in the same start of the host,
for 14 days.

What is not believed has the quality `stepped` when something speaks against it, else `unsynced`.
No clock is read here, and no file.
"""

from dataclasses import dataclass
from typing import Final

from firmware_bridge.host_clock import RTC_TOLERANCE_S, ClockReading

DAY_S: Final = 86_400.0
#: Recordings are erased to within 60 s of their due time: less is not worth a doubt.
SLACK_S: Final = 60.0
#: At 50 ppm, twice what is written on a crystal, a clock is off by SLACK_S after so long.
FREE_RUN_S: Final = 14 * DAY_S
#: What a clock may have gone on while nobody looked, by who vouches for it.
AHEAD_S: Final = {"ntp": 31 * DAY_S, "rtc": 7 * DAY_S, "trial": 31 * DAY_S}
#: Works on the network take a night; the kernel itself gives up after 9 h (16 s at 500 ppm).
NTP_LOST_S: Final = DAY_S
#: The kernel's own UTC is known to the second, and read a moment later.
KERNEL_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Anchor:
    """A moment at which the clock was believed.

    Attributes:
        uptime_s: of the host at that moment; boot: which start of the host, "" if not known.
        by: who vouched: "ntp", "rtc", "trial", "ledger" (the newest entry), or a person's id.
        ntp_utc_s: when the clock was last set by NTP; None: never.
    """

    utc_s: float
    uptime_s: float
    boot: str
    by: str
    ntp_utc_s: float | None = None


@dataclass(frozen=True, slots=True)
class ClockState:
    """What the clock is worth now.

    Attributes:
        quality: "ntp" "rtc" "unsynced" "stepped".
        trusted: a date may be taken from it: recordings may be erased, and are filed by their day.
        why: in English, for the log, the ledger and the doctor.
        since_s: UTC, by this clock, when it became so.
    """

    quality: str
    trusted: bool
    why: str
    since_s: float


def judge(now: ClockReading, anchor: Anchor | None, *, trial: bool = False) -> ClockState:
    """Return what a reading of the clocks is worth.

    Args:
        anchor: the last moment at which the clock was believed; None: there was none.
        trial: the folder is for trying out, so that a clock nothing vouches for will do.
    """
    source = vouching(now)
    doubt = _doubt(now, anchor, source or ("trial" if trial else None))
    if doubt:
        return ClockState("stepped", False, doubt, now.utc_s)
    if source:
        return ClockState(source, True, _VOUCHED[source], now.utc_s)
    if anchor is not None and same_start(now, anchor):
        return _running_free(now, anchor, now.uptime_s - anchor.uptime_s, trial)
    why = "nothing vouches for the clock: no NTP, no hardware clock, nobody has confirmed it"
    return ClockState("unsynced", trial, why, now.utc_s)


def vouching(now: ClockReading) -> str | None:
    """Return what vouches for the clock by itself: "ntp", "rtc" or None."""
    if now.ntp:
        return "ntp"
    agrees = now.rtc_s is not None and abs(now.rtc_s - now.utc_s) <= RTC_TOLERANCE_S
    return "rtc" if agrees and not now.rtc_lost else None


def alarms(now: ClockReading, state: ClockState, anchor: Anchor | None) -> dict[str, bool]:
    """Return for each alarm of the clock's that ends by itself whether it holds."""
    synced_s = anchor.ntp_utc_s if anchor else None
    lost = synced_s is not None and not now.ntp and now.utc_s - synced_s > NTP_LOST_S
    off = now.rtc_s is not None and abs(now.rtc_s - now.utc_s) > RTC_TOLERANCE_S
    return {
        "clock_untrusted": not state.trusted,
        # A clock that is wrong itself says nothing of the others.
        "ntp_lost": state.trusted and lost,
        "rtc_disagrees": state.trusted and (off or bool(now.rtc_lost)),
    }


def unexplained_s(now: ClockReading, anchor: Anchor) -> float:
    """Return how far the clock is from where its anchor and the kernel's count put it.

    After another start of the host nobody counted: then it is all of the time since the anchor.
    """
    passed_s = now.uptime_s - anchor.uptime_s if same_start(now, anchor) else 0.0
    return now.utc_s - anchor.utc_s - passed_s


_VOUCHED: Final = {
    "ntp": "the clock is set by NTP",
    "rtc": "the clock agrees with the hardware clock",
}


def same_start(now: ClockReading, anchor: Anchor) -> bool:
    """Say whether the host has run on since the anchor, so that the kernel has counted."""
    return bool(anchor.boot) and anchor.boot == now.boot and now.uptime_s >= anchor.uptime_s


def _doubt(now: ClockReading, anchor: Anchor | None, voucher: str | None) -> str:
    """Return what speaks against the clock, or ""."""
    if now.kernel_utc_s is not None and abs(now.utc_s - now.kernel_utc_s) > KERNEL_S:
        by = span(now.utc_s - now.kernel_utc_s)
        return f"the recorder is told a time that is {by} the kernel's"
    if anchor is None:
        return ""
    off_s = unexplained_s(now, anchor)
    bound_s = AHEAD_S[voucher] if voucher else DAY_S  # a night without power
    if same_start(now, anchor) and (voucher != "ntp" or anchor.by == "ntp"):
        bound_s = SLACK_S  # the kernel has counted: the clock was set
    late = off_s < -SLACK_S and voucher != "ntp"
    if late or off_s > bound_s:
        return f"the clock is {span(off_s)} where it was last believed"
    return ""


def _running_free(now: ClockReading, anchor: Anchor, for_s: float, trial: bool) -> ClockState:
    days = for_s / DAY_S
    if for_s <= FREE_RUN_S or trial:
        why = f"the clock runs on since {anchor.by} vouched for it, {days:.1f} days ago"
        return ClockState("unsynced", True, why, now.utc_s)
    why = f"nothing has vouched for the clock for {days:.0f} days"
    return ClockState("unsynced", False, why, now.utc_s)


def span(seconds: float) -> str:
    """Return "3652.0 days ahead of" or "12 s behind"."""
    size = abs(seconds)
    text = f"{size / DAY_S:.1f} days" if size >= DAY_S else f"{size:.0f} s"
    return f"{text} {'ahead of' if seconds > 0 else 'behind'}"

"""A call as a row of the index: samples of the stream become UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from appliance import dating
from appliance.call import Call, HostCount, Mark, Stretch
from appliance.call_machine import Trigger
from appliance.index_row import CallRow
from appliance.policy import Policy
from dsp.units import AUDIO_HZ

#: Calls of a day that the clock may have made up are filed apart, and are not due until it is
#: known: "2026-11-23-doubt".
IN_DOUBT: Final = "-doubt"


class StreamClock(Protocol):
    """What time it was at a sample, and how far that may be believed.

    Attributes:
        drift_ppm: of the board's clock against the box's; None while it is not known.
    """

    @property
    def drift_ppm(self) -> float | None: ...

    def quality(self, since: int) -> str:
        """Return how good the times from a sample to now are: "ntp" "rtc" "unsynced" "stepped"."""

    def utc_s(self, sample: int) -> float:
        """Return when a sample of the board's count was taken, in seconds since 1970.

        Raises:
            LookupError: nothing has been heard yet.
        """

    def unsure(self, told: datetime, ago_s: float) -> HostCount | None:
        """Return the host's count at a moment, unless the UTC told for it can be believed."""


class FixedClock:
    """The clock of a capture: it began at a known time and its samples are exact."""

    drift_ppm = 0.0

    def __init__(self, start: datetime) -> None:
        self._start_s = start.timestamp()

    def quality(self, since: int) -> str:
        return "ntp"  # whoever gave the capture its time vouches for it

    def utc_s(self, sample: int) -> float:
        return self._start_s + sample / AUDIO_HZ

    def unsure(self, told: datetime, ago_s: float) -> HostCount | None:
        return None


@dataclass(frozen=True)
class Now:
    """Where the stream is: a sample of it, and the UTC of that."""

    sample: int
    utc: datetime

    def utc_of(self, sample: int) -> datetime:
        """Return the UTC of a sample some seconds away."""
        return self.utc + timedelta(seconds=(sample - self.sample) / AUDIO_HZ)

    def fix(self, call: Call, clock: StreamClock) -> None:
        """Give a call the UTC of what has happened in it since the last time."""
        if call.started_utc is None:
            call.started_utc = self.utc_of(call.started)
            ago_s = (self.sample - call.started) / AUDIO_HZ
            call.unsure = clock.unsure(call.started_utc, ago_s)
        began = Now(call.started, call.started_utc)
        if call.answered is not None and call.answered_utc is None:
            call.answered_utc = began.utc_of(call.answered)
        if call.ended is not None and call.ended_utc is None:
            call.ended_utc = began.utc_of(call.ended)


def row_of(call: Call, policy: Policy, clock: str, drift_ppm: float, samples: int) -> CallRow:
    """Return the row of a call as far as it is known now; its times are fixed.

    Args:
        clock: quality of its times.
        drift_ppm: of the board's clock.
        samples: of audio kept so far.
    """
    started = call.started_utc
    assert started is not None, "Now.fix comes first"
    notice = _notice(call, policy)
    gaps = [mark for mark in call.marks if mark.kind == "gap"]
    day, unsure = policy.day(started).isoformat(), call.unsure
    return CallRow(
        id=call.id,
        line=call.line.number,
        line_name=call.line.name,
        department=call.line.department,
        policy=policy.id,
        direction=call.direction,
        number=call.number,
        number_source=call.number_source,
        digits=call.dialled.digits,
        keys=call.dialled.keys,
        start=started,
        answer=call.answered_utc,
        end=call.ended_utc,
        clock=clock,
        drift_ppm=drift_ppm,
        rings=call.rings,
        mode=call.line.mode.value,
        why=call.why,
        ended_by=call.ended_by,
        audio_samples=samples,
        stretches=[
            {
                "at_s": _after(call, stretch.start),
                "audio_s": stretch.audio_start / AUDIO_HZ,
                "until_s": None if stretch.stop is None else _after(call, stretch.stop),
                **_agreed(stretch, policy),
            }
            for stretch in call.stretches
        ],
        events=[_shown(call, mark) for mark in call.marks if mark.kind != "gap"],
        gaps=[{"at_s": _after(call, gap.sample), **gap.facts} for gap in gaps],
        notice=notice,
        notice_s=_after(call, call.notice_at) if notice and call.notice_at is not None else None,
        due=None if unsure else dating.due(policy, started, clock),
        day=day + IN_DOUBT if unsure else day,
        dated="unsure" if unsure else "sure",
        boot=unsure.boot if unsure else "",
        uptime_ms=round(unsure.uptime_s * 1000) if unsure else None,
    )


def _agreed(stretch: Stretch, policy: Policy) -> dict[str, str]:
    """Return by which clause both parties agreed to what was begun by hand, and what began it."""
    if stretch.by is Trigger.ANSWER or not policy.agreement:
        return {}
    return {"by": stretch.by.value, "agreed": policy.agreement}


def _notice(call: Call, policy: Policy) -> str | None:
    """Return how both parties of a recorded call were told; None while it is not known."""
    if not call.stretches:
        return None
    owed = policy.notice_required and call.ended is not None
    # A call that had begun before we listened may have had its notice then.
    return call.notice or ("missing" if owed and call.direction != "unknown" else None)


def _after(call: Call, sample: int) -> float:
    return round((sample - call.started) / AUDIO_HZ, 4)


def _shown(call: Call, mark: Mark) -> dict[str, object]:
    return {"kind": mark.kind, "at_s": _after(call, mark.sample), **mark.facts}

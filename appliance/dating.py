"""Calls recorded on a wrong date, put right once the date is known.

The host counts the seconds since its start whatever its clock says, so that a call of the same
start is moved to where it belongs, to some 10 ms. Of a call from an earlier start nothing is known
but that it was before now: it keeps the times it was given, and is kept as long as if it had been
now: longer, never shorter.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from appliance.index_row import CallRow, iso
from appliance.policy import Policy

#: A person who says that the clock is right may be wrong by a day.
DOUBT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Known:
    """A moment at which the clock could be believed.

    Attributes:
        boot, uptime_s: the same moment by the host's count since its start.
        quality: of the clock: "ntp" "rtc" "unsynced".
    """

    utc_s: float
    boot: str
    uptime_s: float
    quality: str


def due(policy: Policy, start: datetime, quality: str) -> datetime:
    """Return when a call is to be erased: a day later where no clock vouched for its date."""
    return policy.due(start if quality in ("ntp", "rtc") else start + DOUBT)


def put_right(row: CallRow, known: Known, policy: Policy) -> CallRow:
    """Return a call whose date was not sure with what can be said of it now."""
    if not row.boot or row.boot != known.boot or row.uptime_ms is None:
        latest = datetime.fromtimestamp(known.utc_s, UTC)
        return replace(row, dated="latest", due=due(policy, latest, known.quality))
    ago_s = known.uptime_s - row.uptime_ms / 1000
    start = datetime.fromtimestamp(known.utc_s - ago_s, UTC)
    by = start - row.start
    return replace(
        row,
        dated="corrected",
        clock=known.quality,
        start=start,
        answer=_moved(row.answer, by),
        end=_moved(row.end, by),
        due=due(policy, start, known.quality),
        told_start=row.start,
        told_end=row.end,
    )


def facts(row: CallRow) -> dict[str, object]:
    """Return what the ledger is told of a call that was put right."""
    return {
        "call": row.id,
        "dated": row.dated,
        "due": iso(row.due),
        "start": iso(row.start),
        "told": iso(row.told_start or row.start),
    }


def _moved(at: datetime | None, by: timedelta) -> datetime | None:
    return None if at is None else at + by

"""When each call is to be erased, and why each that stays does.

The moment at which a call is due was worked out from its day when it was recorded (`Policy.due`)
and is frozen in its row: a later change of the rule makes no recorded call's life shorter or
longer. A call whose date is in doubt has none, and is kept until it is known; and nothing is erased
while the clock is not trusted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from appliance.hold import Hold
from appliance.index_row import CallRow, iso
from appliance.policy import Policy


@dataclass(frozen=True, slots=True)
class Moment:
    """Attributes: trusted, the clock can be believed to the minute."""

    utc: datetime
    trusted: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """Attributes: why, in English, for `kirok retention`."""

    id: str
    due: datetime | None
    erase: bool
    why: str

    def as_json(self) -> dict[str, object]:
        action = "erase" if self.erase else "keep"
        return {"id": self.id, "due": iso(self.due), "action": action, "why": self.why}


def decide(rows: Iterable[CallRow], now: Moment, policy: Policy) -> Iterator[Decision]:
    """Say of each call that is not erased yet whether it is to be erased now."""
    for row in rows:
        if row.erased is None:
            why = _stays(row, now, policy)
            due = f"due since {_local(row.due, policy.zone)} (art. {policy.retention_clause})"
            yield Decision(row.id, row.due, not why, why or due)


def _stays(row: CallRow, now: Moment, policy: Policy) -> str:
    """Return why a call stays, or ""."""
    if row.end is None:
        return "in progress"
    if row.due is None:
        return "recorded while the clock was not trusted: kept until its date is known"
    if row.hold and now.utc < (hold := Hold.from_text(row.hold)).ends(policy.zone):
        return f"held until {hold.until} by {hold.person} (art. {hold.clause}): {hold.reason}"
    if now.utc < row.due:
        return f"not due until {_local(row.due, policy.zone)} (art. {policy.retention_clause})"
    return "" if now.trusted else "the clock is not trusted: erasing is paused"


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def days_left(due: datetime, now: datetime, zone: ZoneInfo) -> int:
    """Return in how many days of the site a call is erased; 0: today, or as soon as may be."""
    return max(0, (due.astimezone(zone).date() - now.astimezone(zone).date()).days)


def expiring(
    waiting: Iterable[tuple[str, datetime]], now: datetime, policy: Policy
) -> list[tuple[str, int]]:
    """Return the requests whose call is erased within the days of warning, and in how many days.

    Args:
        waiting: a request that has not been provided, and when its call is due.
    """
    within = policy.profile.retention.hold.warn_days_before
    left = [(request, days_left(due, now, policy.zone)) for request, due in waiting]
    return sorted((each for each in left if each[1] <= within), key=lambda each: each[1])

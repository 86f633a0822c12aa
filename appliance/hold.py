"""A hold: a recording is kept beyond its day, where the rule knows such a thing.

Goshogawara has it (art. 8(1), proviso: where the supervisor finds it specially necessary). Osan has
not: after 90 days a recording is erased, whoever waits for it. In the call's row a hold is JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from appliance.api import Refused
from appliance.policy import Policy


class HoldRefused(Refused):
    """The rule does not allow this hold; the message names the article."""


@dataclass(frozen=True)
class Hold:
    """Attributes: until, since: days of the site, ISO; until is kept whole."""

    person: str
    reason: str
    until: str
    since: str
    clause: str

    def to_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Hold":
        return cls(**json.loads(text))

    def ends(self, zone: ZoneInfo) -> datetime:
        """Return the moment from which the recording is no longer held."""
        last = date.fromisoformat(self.until)
        return datetime.combine(last + timedelta(days=1), time(), zone)


def new_hold(policy: Policy, person: str, reason: str, until: date, now: datetime) -> Hold:
    """Return a hold that the rule allows.

    Raises:
        HoldRefused: see there.
    """
    rule, today = policy.profile.retention.hold, policy.day(now)
    if not rule.allowed:
        kept = f"{policy.retention_days} days (art. {policy.retention_clause}), and then erased"
        raise HoldRefused(f"{policy.city}: the rule knows no hold; a recording is kept {kept}")
    if rule.reason_required and not reason.strip():
        raise HoldRefused(f"a hold needs its reason (art. {rule.clause})")
    if until < today:
        raise HoldRefused(f"a hold until {until} is over: today is {today}")
    if rule.max_days and until > today + timedelta(days=rule.max_days):
        most = f"at most {rule.max_days} days (art. {rule.clause})"
        raise HoldRefused(f"a hold until {until} is too long: {most}")
    return Hold(person, reason.strip(), until.isoformat(), today.isoformat(), rule.clause)


def ending(held: Mapping[str, str], now: datetime, policy: Policy) -> list[str]:
    """Return the calls whose hold ends within the policy's days of warning, or is over.

    Args:
        held: each call's hold, as it is in its row.
    """
    soon = now + timedelta(days=policy.profile.retention.hold.warn_days_before)
    return [call for call, hold in held.items() if Hold.from_text(hold).ends(policy.zone) <= soon]


def for_review(held: Mapping[str, str], now: datetime, policy: Policy) -> list[str]:
    """Return the calls of whose hold it is time to ask whether it is still needed.

    A hold that is set again, with its reason, has been reviewed. Those that end soon are left out:
    see `ending`.

    Args:
        held: each call's hold, as it is in its row.
    """
    every = policy.profile.retention.hold.review_days
    if not every:
        return []
    asked, ends = policy.day(now) - timedelta(days=every), set(ending(held, now, policy))
    holds = {call: Hold.from_text(text) for call, text in held.items() if call not in ends}
    return [call for call, hold in holds.items() if date.fromisoformat(hold.since) <= asked]

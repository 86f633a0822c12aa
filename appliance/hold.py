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
from appliance.profile import Hold as HoldRule


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

    def left(self, today: date) -> int:
        """Return the days until the last one, which is kept whole; less than 0 once it is over."""
        return (date.fromisoformat(self.until) - today).days

    def is_ending(self, rule: HoldRule, today: date) -> bool:
        """Say whether it ends within the rule's days of warning, or is over."""
        return self.left(today) < rule.warn_days_before

    def review_since(self, rule: HoldRule, today: date) -> date | None:
        """Return since which day it is to be asked whether it is still needed, None if not yet.

        A hold that is set again, with its reason, has been reviewed. One that ends soon is left
        out: that is asked then.
        """
        day = date.fromisoformat(self.since) + timedelta(days=rule.review_days)
        if not rule.review_days or day > today or self.is_ending(rule, today):
            return None
        return day


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
    rule, today = policy.profile.retention.hold, policy.day(now)
    return [call for call, text in held.items() if Hold.from_text(text).is_ending(rule, today)]


def for_review(held: Mapping[str, str], now: datetime, policy: Policy) -> list[str]:
    """Return the calls of whose hold it is time to ask whether it is still needed.

    Args:
        held: each call's hold, as it is in its row.
    """
    rule, today = policy.profile.retention.hold, policy.day(now)
    return [call for call, text in held.items() if Hold.from_text(text).review_since(rule, today)]

"""How long there is yet: reports, media, holds, and calls that are asked for and will be erased.

Days are the site's. What the rule gives no number for is a reminder of ours, and is never called
overdue by the rule.

Source: Osan Directive 306, articles 8(1), 9(4) and 11(2)3; Goshogawara's guideline, 8(1), 9(4) and
9(5).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from appliance.hold import Hold
from appliance.index_row import CallRow
from appliance.office.documents import Medium, Request
from appliance.profile import Profile

#: A report's due day is brought to mind so many days before: our own choice.
REMIND_DAYS: Final = (7, 3, 1, 0)
#: Requests that still need their call.
_OPEN: Final = frozenset({"requested", "approved", "pledged"})


@dataclass(frozen=True, slots=True)
class Deadline:
    """Attributes: left: days, 0 on the day itself, less when it has passed."""

    what: str
    day: date
    left: int
    clause: str

    @property
    def is_over(self) -> bool:
        return self.left < 0


def report(profile: Profile, request: Request, today: date) -> Deadline | None:
    """Return when the use of a copy is to be reported; None when it need not be, or has been."""
    if request.state not in ("provided", "extension_asked") or request.due is None:
        return None
    day = date.fromisoformat(request.due)
    return Deadline("report", day, (day - today).days, profile.report.clause)


def has_run_out(profile: Profile, request: Request, today: date) -> bool:
    """Say whether the days of a request's approval are over: it opens nothing any more."""
    if request.until is None:
        return False
    end = datetime.fromisoformat(request.until).astimezone(ZoneInfo(profile.city.timezone))
    return end.date() <= today


def medium(profile: Profile, each: Medium, today: date) -> Deadline | None:
    """Return when somebody is reminded of a medium that is out, or back and not destroyed."""
    rule, zone = profile.media, ZoneInfo(profile.city.timezone)
    if each.state in ("issued", "recopy_asked") and each.issued and rule.return_reminder_days:
        since, days, what = each.issued, rule.return_reminder_days, "return"
    elif each.state in ("returned", "erased") and each.back and rule.destroy_reminder_days:
        since, days, what = each.back, rule.destroy_reminder_days, "destroy"
    else:
        return None
    began = datetime.fromisoformat(since).astimezone(zone).date()
    day = date.fromordinal(began.toordinal() + days)
    return Deadline(what, day, (day - today).days, rule.clause)


def expiry(
    profile: Profile, request: Request, calls: list[CallRow], today: date
) -> Deadline | None:
    """Return when the first call that a request still needs is erased, if that is soon."""
    if request.state not in _OPEN or has_run_out(profile, request, today):
        return None
    zone = ZoneInfo(profile.city.timezone)
    dues = [row.due.astimezone(zone).date() for row in calls if row.due and not row.hold]
    if not dues:
        return None
    day = min(dues)
    left = (day - today).days
    if left > profile.retention.hold.warn_days_before:
        return None
    return Deadline("expiry", day, left, profile.retention.clause)


def hold(profile: Profile, held: Hold, today: date) -> Deadline | None:
    """Return when a hold ends, if that is soon and still to come."""
    rule, left = profile.retention.hold, held.left(today)
    if left < 0 or not held.is_ending(rule, today):
        return None
    return Deadline("hold", date.fromisoformat(held.until), left, rule.clause)

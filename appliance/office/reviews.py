"""The monthly review of the access log: which months wait for it, and signing one off.

A month is reviewed once it is over, by the end of the month after it. Whoever has `log.review` may;
better somebody who does not run the recorder themselves.

Source: 개인정보의 안전성 확보조치 기준 (PIPC notice), art. 8(2): at least monthly, with the reason
of each download; its guide of 2025: not by the operating team.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Final

from appliance.index_row import iso
from appliance.office.cabinet import Cabinet
from appliance.office.clerk import Actor, Refusal
from appliance.office.deadlines import Deadline
from appliance.office.documents import Review
from appliance.profile import Profile

RIGHT: Final = "log.review"
#: Who has one of these runs the recorder.
_RUNNING: Final = ("line.set", "copy.make")


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def first_day(month: str) -> date:
    """Return the first day of a month.

    Raises:
        ValueError: "2026-13" and the like.
    """
    return date.fromisoformat(f"{month}-01")


def next_month(month: str) -> str:
    return month_of(first_day(month) + timedelta(days=31))


def months(first: date, today: date) -> list[str]:
    """Return the months from the first day to today, oldest first."""
    found = [month_of(first)]
    while found[-1] < month_of(today):
        found.append(next_month(found[-1]))
    return found


def waiting(known: Iterable[str], done: Collection[str], today: date) -> list[str]:
    """Return the months that are over and not reviewed, oldest first."""
    return [each for each in known if each < month_of(today) and each not in done]


def deadline(month: str, today: date) -> Deadline:
    """Return by when a month is to be reviewed: the end of the month after it."""
    day = first_day(next_month(next_month(month))) - timedelta(days=1)
    return Deadline(RIGHT, day, (day - today).days, "")


def runs_the_recorder(profile: Profile, actor: Actor) -> bool:
    return any(profile.may(actor.roles, right) for right in _RUNNING)


def sign_off(
    profile: Profile, cabinet: Cabinet, actor: Actor, review: tuple[str, str], now: datetime
) -> Review:
    """Sign a month off.

    Args:
        review: the month, "2026-11", and the remarks.
        now: on the site's clock.

    Raises:
        Refusal, LedgerBehind: nothing is kept.
    """
    month, remarks = review
    if not profile.may(actor.roles, RIGHT):
        raise Refusal("no_right")
    if month >= month_of(now.date()):
        raise Refusal("wrong_state", detail="not over")
    if not remarks:
        raise Refusal("missing", detail="reason")
    with cabinet.one_at_a_time():
        if any(each.id == month for each in cabinet.all(Review)):
            raise Refusal("wrong_state", detail="signed")
        at = str(iso(now))
        signed = Review(month, actor.id, at, remarks)
        note = {"act": "log_reviewed", "person": actor.id, "at": at, "month": month}
        cabinet.put(signed, [note])
    return signed

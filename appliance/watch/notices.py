"""What those who are mailed know already, and what they are to be told next. Pure.

Kept as what they were told, not as mails that wait: a mail that could not be sent is never sent
late, but is made anew of what is so by then.

    waiting   raised, and not told yet
    told      told as raised
    passed    came and went before it could be told: it is told all the same
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from appliance.api import Alarm
from appliance.index_row import iso

#: Of those that came and went untold, the newest: a line that goes up and down all night.
PASSED_MAX: Final = 50
#: When there is nothing to tell, a mail says so: from a box that is dead, or whose mails go
#: nowhere, nothing comes, and that is what people shall notice.
LIFE_EVERY: Final = timedelta(days=7)


@dataclass(frozen=True)
class Digest:
    """What one mail says.

    Attributes:
        new: raised since the last one.
        passed: raised and over since the last one.
        over: told before, and over now.
        still: told before, and going on.
    """

    new: tuple[Alarm, ...]
    passed: tuple[Alarm, ...]
    over: tuple[Alarm, ...]
    still: tuple[Alarm, ...]

    @property
    def all_clear(self) -> bool:
        return not (self.new or self.still)

    @property
    def sign_of_life(self) -> bool:
        """It says nothing but that there is somebody who would."""
        return not (self.new or self.passed or self.over)


@dataclass(frozen=True)
class Book:
    """What was told, and what was not.

    Attributes:
        mailed: when the last mail arrived, ISO 8601 UTC; before the first, since when one could.
    """

    told: tuple[Alarm, ...] = ()
    waiting: tuple[Alarm, ...] = ()
    passed: tuple[Alarm, ...] = ()
    mailed: str = ""

    def look(self, alarms: Iterable[Alarm]) -> "Book":
        """Return the book after a look at what is raised now."""
        now = {_key(alarm): alarm for alarm in alarms}
        told = {_key(alarm) for alarm in self.told}
        gone = [alarm for alarm in self.waiting if _key(alarm) not in now]
        waiting = tuple(alarm for key, alarm in now.items() if key not in told)
        return Book(self.told, waiting, (*self.passed, *gone)[-PASSED_MAX:], self.mailed)

    def digest(self, alarms: Iterable[Alarm], at: datetime) -> Digest | None:
        """Return what there is to tell after a look at these alarms, or None."""
        now = {_key(alarm) for alarm in alarms}
        over = tuple(alarm for alarm in self.told if _key(alarm) not in now)
        still = tuple(alarm for alarm in self.told if _key(alarm) in now)
        digest = Digest(self.waiting, self.passed, over, still)
        silent_for = abs(at - datetime.fromisoformat(self.mailed)) if self.mailed else timedelta()
        return None if digest.sign_of_life and silent_for < LIFE_EVERY else digest

    def after(self, digest: Digest, at: datetime) -> "Book":
        """Return the book once a digest has arrived; what came since then waits."""
        gone, told = {_key(a) for a in digest.passed}, {_key(a) for a in digest.new}
        passed = tuple(alarm for alarm in self.passed if _key(alarm) not in gone)
        waiting = tuple(alarm for alarm in self.waiting if _key(alarm) not in told)
        return Book((*digest.still, *digest.new), waiting, passed, str(iso(at)))

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def book_of(raw: Mapping[str, Any]) -> Book:
    """Return a book as `as_json` gave it.

    Raises:
        KeyError, TypeError: it is none.
    """
    names = ("told", "waiting", "passed")
    told, waiting, passed = (tuple(Alarm(**alarm) for alarm in raw[name]) for name in names)
    return Book(told, waiting, passed, str(raw.get("mailed", "")))


def _key(alarm: Alarm) -> tuple[str, str, str]:
    return alarm.what, alarm.where, alarm.since

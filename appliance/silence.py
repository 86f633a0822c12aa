"""Has a line fallen silent that is usually busy? Pure.

A line that a department unplugged on its side of the tap, or that the exchange lost, looks idle.
Its own past says how many calls it should have had:

    rate       calls in this hour of this weekday, on average over the WINDOW, without holidays
    expected   the rates summed up from the line's last call to now
    alarm      when so long a silence has a chance below CHANCE: exp(-expected) for calls that come
               by themselves (Poisson), so from 13.8 expected calls on

CHANCE is small because every pause between two calls is a trial: 64 lines with 50 calls a day make
800 000 pauses a year. With one in a million that is one false alarm a year on the largest box, and
one in 20 years on 8 lines with 20 calls a day; with one in ten thousand it would be 80 and 4. The
price: a line with 20 calls a day is reported after two thirds of a working day, not after half.

Days on which the whole office is closed and no law says so (29 December to 3 January in Japan) are
known by the other lines: where they are silent too, nothing is said of one.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import log
from typing import Final
from zoneinfo import ZoneInfo

CHANCE: Final = 1e-6
#: Six of each weekday: a season's habit, and an office that changed is learnt within weeks.
WINDOW: Final = timedelta(days=42)
#: Nothing is said of a line that has been known for less.
LEARNING: Final = timedelta(days=14)
#: The office is closed when the other lines had less than this share of their calls.
CLOSED_SHARE: Final = 0.2
#: and had enough to expect for that to mean something.
CLOSED_EXPECTED: Final = 5.0

_HOUR: Final = timedelta(hours=1)

#: Calls that began in an hour of a line: line → hours since 1970 → calls.
Hours = Mapping[int, Mapping[int, int]]
_Slot = tuple[int, int]


@dataclass(frozen=True)
class Silence:
    """Attributes: since, its last call; expected, calls since then."""

    line: int
    since: datetime
    expected: float


class _Calendar:
    """Which weekday and hour an hour since 1970 is on the site's wall, None on a holiday."""

    def __init__(self, zone: ZoneInfo, is_holiday: Callable[[date], bool]) -> None:
        self._zone = zone
        self._is_holiday = is_holiday
        self._known: dict[int, _Slot | None] = {}

    def slot(self, hour: int) -> _Slot | None:
        if hour not in self._known:
            local = datetime.fromtimestamp(hour * 3600, UTC).astimezone(self._zone)
            closed = self._is_holiday(local.date())
            self._known[hour] = None if closed else (local.weekday(), local.hour)
        return self._known[hour]


class Silences:
    """What is usual on each line, learnt from its past."""

    def __init__(
        self, hours: Hours, now: datetime, zone: ZoneInfo, is_holiday: Callable[[date], bool]
    ) -> None:
        """Learn.

        Args:
            hours: of the WINDOW before now, or more.
        """
        self._calendar = _Calendar(zone, is_holiday)
        self._hours = hours
        self._now = now
        self._this_hour = int(now.timestamp()) // 3600
        self._rates = {line: self._learn(calls) for line, calls in hours.items()}

    def find(self, last: Mapping[int, datetime]) -> list[Silence]:
        """Return the lines that have been silent for too long.

        Args:
            last: when each line's last call began.
        """
        found = []
        for line, since in sorted(last.items()):
            calls = self._hours.get(line)
            if not calls or self._now - _time(min(calls)) < LEARNING:
                continue
            expected = self._expected(line, since)
            if expected > -log(CHANCE) and not self._closed(line, since):
                found.append(Silence(line, since, expected))
        return found

    def _learn(self, calls: Mapping[int, int]) -> dict[_Slot, float]:
        """Return calls an hour by slot."""
        first = max(min(calls, default=self._this_hour), self._this_hour - WINDOW // _HOUR)
        seen: dict[_Slot, int] = defaultdict(int)
        times: dict[_Slot, int] = defaultdict(int)
        for hour in range(first, self._this_hour):
            slot = self._calendar.slot(hour)
            if slot is not None:
                times[slot] += 1
                seen[slot] += calls.get(hour, 0)
        return {slot: seen[slot] / times[slot] for slot in times}

    def _expected(self, line: int, since: datetime) -> float:
        rates, total = self._rates[line], 0.0
        for hour in range(int(since.timestamp()) // 3600, self._this_hour + 1):
            slot = self._calendar.slot(hour)
            begin, end = max(since, _time(hour)), min(self._now, _time(hour + 1))
            if slot is not None and end > begin:
                total += rates.get(slot, 0.0) * ((end - begin) / _HOUR)
        return total

    def _closed(self, line: int, since: datetime) -> bool:
        others = [other for other in self._hours if other != line]
        expected = sum(self._expected(other, since) for other in others)
        first = int(since.timestamp()) // 3600 + 1
        seen = sum(
            count for other in others for hour, count in self._hours[other].items() if hour >= first
        )
        return expected >= CLOSED_EXPECTED and seen < CLOSED_SHARE * expected


def _time(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)

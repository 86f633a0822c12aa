"""Is there room to record? And will there be, for as long as the rule asks? Pure.

    free
     │  AMPLE   calls are recorded
     ├─ 3 ────  and again from here on, so that one call's end does not start the next to be cut
     │  SHORT   calls in progress are kept to their end; new ones are listed, and not recorded
     ├─ 2 ────
     ├─ 1 ────  reserve
     │  NONE    nothing is kept: what is left is for rows, ledger and erasing

The reserve is 64 MiB. To erase a day of 10 000 calls takes 5 MB of certificates, 6 MB for a key
table written anew and 4 MB of the index's log; a day of 10 000 calls that are only listed takes 15
MB. The second step, 64 MiB, is 9 line-hours for the calls in progress. On a small disk the reserve
is a twentieth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final

RESERVE_BYTES: Final = 64 << 20
_SMALL_DISK: Final = 20
#: The traffic of so many days is taken for the traffic to come: four weeks, whole ones.
LOOK_BACK_DAYS: Final = 28
#: Before a week is over nothing is said: its days are not alike.
LEAST_DAYS: Final = 7
#: Traffic grows: less to spare than this is too little. Bench value.
MARGIN: Final = 1.1


class Room(Enum):
    AMPLE = "ample"
    SHORT = "short"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Space:
    """A file system, in bytes."""

    total: int
    free: int

    @property
    def reserve(self) -> int:
        return min(RESERVE_BYTES, self.total // _SMALL_DISK)


def room(space: Space, before: Room) -> Room:
    """Return what may be recorded now, given what might before."""
    if space.free < space.reserve:
        return Room.NONE
    enough = 2 if before is Room.AMPLE else 3
    return Room.AMPLE if space.free >= enough * space.reserve else Room.SHORT


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the disk holds at the traffic of the last weeks, and what the rule asks.

    Attributes:
        daily_bytes: on the average day, those without a call among them.
    """

    holds_days: int
    asks_days: int
    daily_bytes: int

    @property
    def short(self) -> bool:
        return self.holds_days < self.asks_days * MARGIN


def outlook(
    by_day: Mapping[date, int], space: Space, keep_days: int, today: date
) -> Outlook | None:
    """Work out for how many days the disk has room.

    Args:
        by_day: what each day's reels and keys take up on the disk, in bytes.
        keep_days: the rule's, the first day not counted.

    Returns:
        None while fewer than LEAST_DAYS days are over, or nothing is recorded.
    """
    over = {day: size for day, size in by_day.items() if day < today}
    if not over:
        return None
    since = max(min(over), today - timedelta(days=LOOK_BACK_DAYS))
    days = (today - since).days
    daily = sum(size for day, size in over.items() if day >= since) // max(days, 1)
    if days < LEAST_DAYS or not daily:
        return None
    room_bytes = max(0, space.free - 2 * space.reserve) + sum(by_day.values())
    # The day on which a call is recorded is not counted, and is kept all the same.
    return Outlook(room_bytes // daily, keep_days + 1, daily)

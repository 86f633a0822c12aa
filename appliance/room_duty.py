"""The recorder's duty to look at the disk: stop before it is full, go on when there is room.

The disk is looked at on the writer's thread; the recorder's thread takes what was seen last.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from time import monotonic
from typing import Final

from appliance.api import DiskStatus
from appliance.ballast import take_aboard, throw_overboard
from appliance.box import Box
from appliance.disk_use import by_day, space_of
from appliance.raised import Raised
from appliance.retention import Moment
from appliance.room import Outlook, Room, Space, outlook, room
from appliance.store import Store
from appliance.writer import Writer

#: 64 lines write 0.13 MB a second; somebody else's copy 100 MB, which the reserve outlives.
LOOK_EVERY_S: Final = 1.0
#: The days' sizes: a look into 100 folders.
OUTLOOK_EVERY_S: Final = 600.0


class RoomDuty:
    """`turn` on the recorder's thread.

    Attributes:
        room: what may be recorded now.
        disk: for the page; None until the disk has been looked at.
    """

    def __init__(
        self, writer: Writer, alarms: Raised, clock: Callable[[], Moment], box: Box
    ) -> None:
        """Look after a data folder's disk; the clock is asked on the writer's thread."""
        self.room = room(space_of(box.data), Room.AMPLE)
        self.disk: DiskStatus | None = None
        self._outlook: Outlook | None = None
        self._writer = writer
        self._alarms = alarms
        self._clock = clock
        self._box = box
        self._next_s = self._next_outlook_s = 0.0
        self._looking = False

    def turn(self, now_s: float) -> Room:
        """Have the disk looked at if it is time, and return what may be recorded."""
        if now_s >= self._next_s and not self._looking:
            self._next_s = now_s + LOOK_EVERY_S
            self._looking = True
            self._writer.work(self._look)
        self._alarms.set("disk_full", "", self.room is not Room.AMPLE)
        if self._outlook is not None:
            self._alarms.set("disk_short", "", self._outlook.short)
        return self.room

    def _look(self, store: Store) -> Iterator[None]:
        space = space_of(self._box.data)
        found = room(space, self.room)
        if found is not Room.AMPLE and self._box.policy.overwrites:
            yield from store.eraser.make_room(self._clock)
            space = space_of(self._box.data)
            found = room(space, self.room)
        self.room = found
        if found is Room.AMPLE:
            take_aboard(self._box.data, space)
        else:
            throw_overboard(self._box.data, space)
        if monotonic() >= self._next_outlook_s:
            self._next_outlook_s = monotonic() + OUTLOOK_EVERY_S
            self._outlook = look_ahead(self._box, self._clock().utc, space)
        self.disk = status(space, self._outlook, self._box.policy.retention_days)
        self._looking = False


def look_ahead(box: Box, now: datetime, space: Space) -> Outlook | None:
    """Return for how many days a data folder's disk holds; None while it is not known."""
    return outlook(by_day(box.vault), space, box.policy.retention_days, box.policy.day(now))


def status(space: Space, ahead: Outlook | None, keep_days: int) -> DiskStatus:
    """Return what the page shows."""
    if ahead is None:
        return DiskStatus(space.free, None, None, keep_days + 1)
    return DiskStatus(space.free, ahead.daily_bytes, ahead.holds_days, ahead.asks_days)

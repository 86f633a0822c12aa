"""The alarms that are raised at this moment. Any thread may raise, end or acknowledge one.

An alarm is known by its name and its place. It keeps the time at which it was first raised for as
long as it lasts, also over a restart. How it ends is in its row of `appliance.alarms`:

    WATCHED  `set` with False; or, after a start, if it was not raised anew by the time of `settle`
    CHECKED  `set` with False
    BY_HAND  `acknowledge`

Others that are acknowledged stay in the list, with who has seen them, and no longer light the lamp:
a line that is known to be dead must not hide that another one is recording.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from appliance.alarms import Ends, kind_of
from appliance.api import Alarm
from appliance.index_row import iso

log = logging.getLogger(__name__)

#: What has changed: an act for the ledger, its facts, and all alarms as they are now.
Tell = Callable[[str, dict[str, object], list[Alarm]], None]

#: So long after a start a condition that is still there has been seen again: the board answers
#: within 5 s, a line is known dead within 2 s, the clock is asked every 2 s. Bench value.
SETTLE_S: Final = 60.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Raised:
    """`tell` hears of each change, in order, and must not wait."""

    def __init__(
        self, tell: Tell, kept: Iterable[Alarm] = (), now: Callable[[], datetime] = _utc_now
    ) -> None:
        """Begin with the alarms that were raised before the start."""
        self._tell = tell
        self._now = now
        self._alarms = {(alarm.what, alarm.where): alarm for alarm in kept}
        self._unsettled = {key for key in self._alarms if kind_of(key[0]).ends is Ends.WATCHED}
        self._lock = threading.Lock()

    def set(self, what: str, where: str, raised: bool, **facts: str) -> None:
        """Raise an alarm, or end it; saying so again changes nothing.

        Args:
            facts: what the `detail` of its row says.
        """
        key = (what, where)
        with self._lock:
            self._unsettled.discard(key)
            if raised and key not in self._alarms:
                log.error("alarm: %s %s", *key)
                self._alarms[key] = Alarm(what, where, str(iso(self._now())), facts=facts)
                self._say("alarm", key, **facts)
            elif not raised and key in self._alarms:
                del self._alarms[key]
                self._say("alarm_over", key)

    def acknowledge(self, what: str, where: str, person: str) -> None:
        """Note that somebody has seen an alarm, or has seen to it; one that is over is left so."""
        key = (what, where)
        with self._lock:
            alarm = self._alarms.get(key)
            if alarm is None:
                return
            if kind_of(what).ends is Ends.BY_HAND:
                del self._alarms[key]
            elif alarm.seen_by:
                return
            else:
                self._alarms[key] = replace(alarm, seen_by=person)
            self._say("alarm_seen", key, person=person)

    def settle(self) -> None:
        """End the alarms of before the start whose condition has not been seen again."""
        with self._lock:
            for key in sorted(self._unsettled):
                del self._alarms[key]
                self._say("alarm_over", key)
            self._unsettled.clear()

    def all(self) -> list[Alarm]:
        """Return the alarms, oldest first."""
        with self._lock:
            return sorted(self._alarms.values(), key=lambda alarm: alarm.since)

    @property
    def unseen(self) -> bool:
        """Whether there is one that nobody has acknowledged."""
        with self._lock:
            return any(not alarm.seen_by for alarm in self._alarms.values())

    def _say(self, act: str, key: tuple[str, str], **facts: object) -> None:
        what, where = key
        self._tell(act, {"what": what, "where": where, **facts}, list(self._alarms.values()))

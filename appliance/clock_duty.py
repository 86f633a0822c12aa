"""What a running recorder does about its clock: entries, alarms, the anchor, and calls to be dated.

The disk is the writer's: nothing here waits.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from appliance.clock_anchor import keep_anchor
from appliance.clock_keeper import ClockKeeper, Entry
from appliance.clock_watch import SLACK_S
from appliance.dating import Known
from appliance.policy import Policy
from appliance.raised import Raised
from appliance.writer import Writer

#: The hardware clock counts whole seconds; to read it, and the kernel's counters, takes 1 ms on a
#: small board.
EVERY_S: Final = 1.0
#: What was dated by a clock that moved less than this since is dated well enough.
REDATE_S: Final = 1.0


class ClockDuty:
    """For one thread, but for `confirm`."""

    def __init__(
        self, keeper: ClockKeeper, writer: Writer, alarms: Raised, data: Path, policy: Policy
    ) -> None:
        self.keeper = keeper
        self._writer = writer
        self._alarms = alarms
        self._data = data
        self._policy = policy
        self._next_s = float("-inf")
        self._dated_at: float | None = None  # UTC less uptime, of what the store was told last

    def turn(self, now_s: float, steps_s: Iterable[float]) -> None:
        """Do what is due, given the steps of the host's clock that were seen since."""
        steps_s = list(steps_s)
        if now_s < self._next_s and not steps_s:
            return
        self._next_s = now_s + EVERY_S
        for entry in self.keeper.push(steps_s):
            self._enter(entry)
        for what, holds in self.keeper.alarms().items():
            self._alarms.set(what, "", holds)
        self._keep()
        self._date()

    def confirm(self, person: str) -> None:
        """Believe the clock as it is now, since a person says that it is right. From any thread.

        Raises:
            NotTheHostsClock: nothing was changed.
        """
        self._enter(self.keeper.confirm(person))
        self._keep()

    def _enter(self, entry: Entry) -> None:
        self._writer.note(entry.act, entry.facts)
        if entry.stepped_s >= SLACK_S:
            self._alarms.set("clock_stepped", "", True)

    def _keep(self) -> None:
        anchor = self.keeper.to_keep()
        if anchor is not None:
            self._writer.do(lambda _: keep_anchor(self._data, anchor))

    def _date(self) -> None:
        """Tell the store what the date is, when it is known and when it is not any more."""
        now, state = self.keeper.last
        if not state.trusted:
            if self._dated_at is not None:
                self._writer.do(lambda store: store.date_known(None, self._policy))
            self._dated_at = None
            return
        offset_s = now.utc_s - now.uptime_s
        if self._dated_at is None or abs(offset_s - self._dated_at) > REDATE_S:
            self._dated_at = offset_s
            known = Known(now.utc_s, now.boot, now.uptime_s, state.quality)
            self._writer.do(lambda store: store.date_known(known, self._policy))

"""The clock of a running recorder: looked at all the time, believed or not, and written down.

    every turn      the host's clocks are read and judged (clock_watch)
    stepped         an entry `clock_step`: by how much, from what to what, and who saw it
                        running   the host's clocks moved against each other
                        start     it was set while no recorder ran
    judged anew     an entry `clock`: its quality, whether it is trusted, and why
    believed        the moment is kept, for the next start to be judged by

Whoever confirms the clock by hand is in the ledger by name (`clock_confirmed`).
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from appliance.clock_anchor import anchored
from appliance.clock_watch import (
    SLACK_S,
    Anchor,
    ClockState,
    alarms,
    judge,
    same_start,
    unexplained_s,
    vouching,
)
from appliance.index_row import iso
from firmware_bridge.host_clock import ClockReading, look

#: The anchor goes to the disk this often: after a start, so much is taken for time without power.
KEEP_EVERY_S: Final = 600.0
#: Across a restart of the recorder the clocks are compared to 10 ms and the drift between.
START_STEP_S: Final = 1.0


class NotTheHostsClock(ValueError):
    """The clock cannot be confirmed: it is not the host's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger is to be told."""

    act: str
    facts: dict[str, object]

    @property
    def stepped_s(self) -> float:
        """Return how far the clock was set, either way; 0 for another entry."""
        by_s = self.facts.get("by_s", 0.0)
        return abs(by_s) if isinstance(by_s, float) else 0.0


class ClockKeeper:
    """For any number of threads.

    Attributes:
        trial: the folder is for trying out.
    """

    def __init__(
        self,
        anchor: Anchor | None,
        *,
        trial: bool = False,
        look: Callable[[], ClockReading] = look,
    ) -> None:
        """Judge the clock by the last moment at which it was believed."""
        self.trial = trial
        self._look = look
        self._lock = threading.Lock()
        self._anchor = self._kept = anchor
        self._told: ClockState | None = None
        self._entries: list[Entry] = []
        now = look()
        if anchor is not None:
            self._note_start(now, anchor)
        self._reading, self._state = now, judge(now, anchor, trial=trial)

    @property
    def state(self) -> ClockState:
        """Return what the clock was worth when it was last looked at."""
        return self._state

    @property
    def last(self) -> tuple[ClockReading, ClockState]:
        """Return what was read when the clock was last looked at, and what it was worth."""
        with self._lock:
            return self._reading, self._state

    def utc(self) -> tuple[datetime, str]:
        """Return UTC and its quality, for the ledger."""
        return datetime.now(UTC), self._state.quality

    def look(self) -> tuple[ClockReading, ClockState]:
        """Look at the clocks, and return what they say and what it is worth."""
        with self._lock:
            now = self._look()
            state = judge(now, self._anchor, trial=self.trial)
            if state.trusted:
                self._believe(now)
            if (state.quality, state.trusted) == (self._state.quality, self._state.trusted):
                state = replace(state, since_s=self._state.since_s)
            self._reading, self._state = now, state
            return now, state

    def push(self, steps_s: Iterable[float]) -> list[Entry]:
        """Take the steps that were seen since, and return what the ledger is to be told."""
        now, state = self.look()
        entries, self._entries = self._entries, []
        entries += [_step(by_s, now.utc_s, "running") for by_s in steps_s]
        told = self._told
        if told is None or (told.quality, told.trusted) != (state.quality, state.trusted):
            self._told = state
            facts = {"quality": state.quality, "trusted": state.trusted, "why": state.why}
            entries.append(Entry("clock", facts))
        return entries

    def to_keep(self) -> Anchor | None:
        """Return the anchor when it is to go to the disk, else None."""
        with self._lock:
            anchor, kept = self._anchor, self._kept
            if anchor is None or anchor == kept:
                return None
            same = kept is not None and (kept.by, kept.boot) == (anchor.by, anchor.boot)
            if same and kept and 0 <= anchor.utc_s - kept.utc_s < KEEP_EVERY_S:
                return None
            self._kept = anchor
            return anchor

    def alarms(self) -> dict[str, bool]:
        """Return for each alarm of the clock's that ends by itself whether it holds."""
        with self._lock:
            return alarms(self._reading, self._state, self._anchor)

    def confirm(self, person: str) -> Entry:
        """Believe the clock as it is now, since a person says that it is right.

        Raises:
            NotTheHostsClock: see there; nothing was changed.
        """
        with self._lock:
            now = self._look()
            before = self._state
            anchor = anchored(now, person, self._anchor)
            state = judge(now, anchor, trial=self.trial)
            if not state.trusted:
                raise NotTheHostsClock(state.why)
            self._anchor, self._reading, self._state = anchor, now, state
        facts: dict[str, object] = {"person": person, "utc": _iso(now.utc_s), "was": before.why}
        return Entry("clock_confirmed", facts)

    def _believe(self, now: ClockReading) -> None:
        voucher = vouching(now)
        if voucher or self._anchor is None or not same_start(now, self._anchor):
            self._anchor = anchored(now, voucher or "trial", self._anchor)

    def _note_start(self, now: ClockReading, anchor: Anchor) -> None:
        """Enter that the clock was set while no recorder ran, as far as it shows."""
        off_s = unexplained_s(now, anchor)
        counted = same_start(now, anchor)
        if (counted and abs(off_s) >= START_STEP_S) or (not counted and off_s < -SLACK_S):
            self._entries.append(_step(off_s, now.utc_s, "start"))


def _step(by_s: float, to_s: float, seen: str) -> Entry:
    facts: dict[str, object] = {
        "by_s": round(by_s, 3),
        "from": _iso(to_s - by_s),
        "to": _iso(to_s),
        "seen": seen,
    }
    return Entry("clock_step", facts)


def _iso(utc_s: float) -> str:
    return str(iso(datetime.fromtimestamp(utc_s, UTC)))

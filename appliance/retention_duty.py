"""The recorder's duty to erase: a sweep every few seconds, and alarms where it cannot.

A sweep runs on the writer's thread, a step at a time (`eraser.py`); the recorder's thread only asks
for it. While the clock is not trusted nothing is erased: once that has lasted for the hours within
which the rule wants it done (`retention.erase_jitter_hours`), somebody must know.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from appliance.api import Refused
from appliance.box import Box
from appliance.hold import ending, for_review
from appliance.raised import Raised
from appliance.retention import Moment
from appliance.store import Store
from appliance.writer import Writer

#: What is due goes within 60 s: the wait, and what a sweep of 10 000 calls takes: 6.5 s of CPU on
#: the build machine, and 25 s with fourteen others working there.
SWEEP_EVERY_S: Final = 10.0


class RetentionDuty:
    """`turn` on the recorder's thread; `sweep_at` on any."""

    def __init__(
        self, writer: Writer, alarms: Raised, clock: Callable[[], Moment], box: Box
    ) -> None:
        """Sweep a data folder by this clock; it is asked on the writer's thread."""
        self._writer = writer
        self._alarms = alarms
        self._clock = clock
        self._box = box
        self._next_s = 0.0
        self._trusted = True
        self._trusted_s: float | None = None
        # Made anew by the writer's thread, never changed.
        self._wrong: frozenset[tuple[str, str]] = frozenset()
        self._raised: frozenset[tuple[str, str]] = frozenset()

    def turn(self, now_s: float) -> None:
        """Ask for a sweep if it is time, and say what is wrong."""
        if now_s >= self._next_s:
            self._next_s = now_s + SWEEP_EVERY_S
            self._writer.work(lambda store: self._sweep(store, self._clock))
        if self._trusted or self._trusted_s is None:
            self._trusted_s = now_s
        within_s = 3600.0 * self._box.policy.profile.retention.erase_jitter_hours
        self._alarms.set("erasure_paused", "", now_s - self._trusted_s >= within_s)
        wrong = self._wrong
        for what, where in wrong | self._raised:
            self._alarms.set(what, where, (what, where) in wrong)
        self._raised = wrong

    def sweep_at(self, now: datetime | None) -> None:
        """Begin a sweep; at another time than now (None) in a trial folder alone.

        Raises:
            Refused: see there.
        """
        if now is not None and not self._box.trial:
            raise Refused(f"{self._box.data} is a real folder: it goes by its clock alone")
        clock = self._clock if now is None else lambda: Moment(now, True)
        self._writer.work(lambda store: self._sweep(store, clock))

    def _sweep(self, store: Store, clock: Callable[[], Moment]) -> Iterator[None]:
        now = clock()
        self._trusted = now.trusted
        yield from store.eraser.sweep(clock)
        failed = {("erasure_failed", day) for day in store.eraser.failed}
        held = ending(store.held(), now.utc, self._box.policy)
        review = for_review(store.held(), now.utc, self._box.policy)
        self._wrong = frozenset(
            failed
            | {("hold_ends", call_id) for call_id in held}
            | {("hold_review", call_id) for call_id in review}
        )

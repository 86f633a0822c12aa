"""The recorder's duty to doubt its own ledger: all of it is read again, and a witness is asked.

A start reads the end of the log alone. A minute later, once a day, and when a witness's stick is
put in, a thread of its own goes through all of it, at a third of a core's speed at most, and
compares the heads on the stick; then the newest head goes onto the stick. Recording never waits.
What the ledger says of people is known from then on (ledger_people.py).
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Final

from appliance import checkpoint, keys, ledger_audit, ulid
from appliance.box import Box
from appliance.index_row import from_ms
from appliance.ledger_people import BEHIND, FEW, LedgerPeople
from appliance.ledger_walk import HEAD, Finding
from appliance.raised import Raised
from appliance.witness import Stick, last_taken
from appliance.writer import Writer

log = logging.getLogger(__name__)

FIRST_S: Final = 60.0
EVERY_S: Final = 86_400.0
#: A stick that is put in is seen within this.
LOOK_S: Final = 5.0
#: A witness who comes once a week, and is a day late. No rule gives a number: ours.
MISSING_DAYS: Final = 8
#: After 500 entries, which take 5 ms on the build machine.
REST_S: Final = 0.01


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LedgerDuty:
    """For one thread; the checking has its own.

    Attributes:
        people: what the ledger says of people, as far as it has been looked through.
    """

    def __init__(
        self,
        box: Box,
        witness: Stick | None,
        writer: Writer,
        alarms: Raised,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._box = box
        self._stick = witness
        self._writer = writer
        self._alarms = alarms
        self._now = now
        self._first_s: float | None = None
        self._next_look_s = self._next_check_s = 0.0
        self._was_mounted = False
        self._thread: threading.Thread | None = None
        self.people = LedgerPeople()

    def turn(self, now_s: float) -> None:
        """Begin a check if it is time for one."""
        if self._first_s is None:
            self._first_s = self._next_check_s = now_s + FIRST_S
        if now_s < self._next_look_s:
            return
        self._next_look_s = now_s + LOOK_S
        if self._stick is not None and not self.busy:
            self._alarms.set("witness_missing", "", self._is_missing(self._now()))
        mounted = self._stick is not None and self._stick.mounted()
        put_in = mounted and not self._was_mounted and now_s >= self._first_s
        if (now_s >= self._next_check_s or put_in) and not self.busy:
            self._next_check_s = now_s + EVERY_S
            self._was_mounted = mounted
            stick = self._stick if mounted else None
            self._thread = threading.Thread(
                target=self._check, args=(stick,), name="ledger", daemon=True
            )
            self._thread.start()
        self._was_mounted &= mounted

    def _is_missing(self, now: datetime) -> bool:
        """Whether a stick has been away for too long; before the first, since the folder began."""
        taken = last_taken(self._box.data)
        began = from_ms(ulid.time_ms(self._box.id))
        since = began if taken is None else datetime.fromisoformat(taken.at).astimezone(UTC)
        return now - since > timedelta(days=MISSING_DAYS)

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def wait(self, timeout_s: float) -> None:
        """Wait for a check that goes on."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _check(self, stick: Stick | None) -> None:
        try:
            self._look_through(stick)
        except Exception:  # the outermost of this thread: recording goes on
            log.exception("the ledger could not be looked through")

    def _look_through(self, stick: Stick | None) -> None:
        taken = _heads(stick)
        public = keys.public_key_from_text(self._box.public_key)
        people = LedgerPeople()
        ledger = self._box.ledger
        found = ledger_audit.verify(ledger, public, taken, lambda: sleep(REST_S), people.push)
        for finding in found:
            log.error("ledger: %s", finding)
        self._tell(found)
        people.gone |= self.people.gone
        self.people = people
        if people.odd:
            self._alarms.set(BEHIND, "", True, acts="; ".join(people.odd[:FEW]))
        if stick is not None and not any(finding.what == "witness" for finding in found):
            self._take(stick)

    def _tell(self, found: list[Finding]) -> None:
        """Raise alarms; both end by a person's hand."""
        witness = [finding for finding in found if finding.what == "witness"]
        # A line that is being written as we read looks torn; a start cuts what really is.
        own = [finding for finding in found if finding.what not in ("witness", "torn")]
        for alarm, findings in (("ledger_damaged", own), ("witness_disagrees", witness)):
            if findings:
                self._alarms.set(alarm, "", True)
                self._writer.note("ledger_check", {"found": [str(f) for f in findings[:10]]})

    def _take(self, stick: Stick) -> None:
        note = (self._box.ledger / HEAD).read_text()
        head = checkpoint.read(note, keys.public_key_from_text(self._box.public_key))
        try:
            stick.take(note, head.size, self._now())
        except OSError as error:
            log.warning("the witness's stick takes nothing: %s", error)
            return
        self._writer.note("witnessed", {"size": head.size})


def _heads(stick: Stick | None) -> dict[str, str]:
    try:
        return stick.heads() if stick is not None else {}
    except OSError as error:
        log.warning("the witness's stick cannot be read: %s", error)
        return {}

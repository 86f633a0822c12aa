"""What the recorder does for the page: `appliance.api.Recorder`, on the control socket's thread.

It touches nothing of the recorder's own: the recorder publishes its status, and takes the button
from here; the rest is asked of the writer.
"""

import threading
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from time import monotonic
from typing import Final

from appliance import call_entry, ledger
from appliance.api import BoxStatus, Hearing, LineTest, NoSuchCall, Refused
from appliance.clock_duty import ClockDuty
from appliance.clock_keeper import NotTheHostsClock
from appliance.hold import new_hold
from appliance.index import CallIndex
from appliance.index_row import iso
from appliance.ledger_duty import LedgerDuty
from appliance.ledger_people import BEHIND
from appliance.mode_duty import ModeDuty
from appliance.policy import Policy
from appliance.proof_duty import ProofDuty
from appliance.raised import Raised
from appliance.retention_duty import RetentionDuty
from appliance.room_duty import RoomDuty
from appliance.store import PROVE
from appliance.writer import Writer

#: A card that stalls for seconds is waited for; then the page says that the recorder is away.
DISK_WAIT_S: Final = 8.0
#: Today's calls are counted anew after so many times as long as it took: a busy day among a million
#: calls costs a slow box 5 % of its time, and a quiet one is counted at each question.
COUNTING_REST: Final = 20


@dataclass(frozen=True)
class Duties:
    """What is looked after besides the lines."""

    clock: ClockDuty
    retention: RetentionDuty
    proof: ProofDuty
    room: RoomDuty
    ledger: LedgerDuty
    modes: ModeDuty


class Service:
    """Attributes: button, set when the front button was pressed on the page; tests, for a test."""

    def __init__(
        self,
        writer: Writer,
        index: CallIndex,
        policy: Policy,
        alarms: Raised,
        duties: Duties,
    ) -> None:
        """Serve the page.

        Args:
            index: read-only, for this thread alone.
        """
        self._duties = duties
        self._alarms = alarms
        self.button = threading.Event()
        self.tests = threading.Event()
        self._writer = writer
        self._index = index
        self._policy = policy
        self._status: BoxStatus | None = None
        self._counts: dict[str, int] = {}
        self._count_again_s = float("-inf")

    def publish(self, status: BoxStatus) -> None:
        """Show this from now on; the recorder's thread calls it."""
        self._status = status

    def status(self) -> BoxStatus:
        """Return what was published last, with today's counts."""
        status = self._status
        if status is None:
            raise ValueError("the recorder is starting")
        today = datetime.combine(self._policy.day(datetime.now(UTC)), time(), self._policy.zone)
        proved = self._index.last_proved(one.line for one in status.lines)
        tests = {
            line: LineTest(str(iso(at)), wrong)
            for line, (at, wrong) in self._index.line_tests().items()
        }
        lines = [
            replace(one, last_proved=iso(proved.get(one.line)), test=tests.get(one.line))
            for one in status.lines
        ]
        return replace(status, lines=lines, counts=self._counted(today))

    def set_mode(self, line: int, mode: str, person: str, document: str) -> None:
        self._duties.modes.set(line, mode, person, document)

    def _counted(self, today: datetime) -> dict[str, int]:
        began_s = monotonic()
        if began_s >= self._count_again_s:
            self._counts = self._index.counts_since(today)
            self._count_again_s = monotonic() + COUNTING_REST * (monotonic() - began_s)
        return self._counts

    def press_button(self) -> None:
        self.button.set()

    def self_test(self, person: str) -> None:
        self._writer.note("self_test_asked", {"person": person})
        self.tests.set()

    def open_key(self, call_id: str, person: str, act: str, purpose: str, note: str = "") -> bytes:
        if act not in ("listen", "export", PROVE):
            raise ValueError(f"an act is listen, export or prove, got {act!r}")
        if person in self._duties.ledger.people.gone:
            # The page has let somebody in who was removed: its registry is of an earlier moment.
            self._alarms.set(BEHIND, "", True, acts=f"{act} {person}")
            raise NoSuchCall(call_id)
        asked = (call_id, person, act, purpose, note)
        return self._writer.ask(lambda store: store.open_key(*asked), DISK_WAIT_S)

    def enter_package(self, call_id: str, person: str, purpose: str, sums: dict[str, str]) -> int:
        if set(sums) != set(call_entry.SUMMED):
            raise ValueError(f"sums of {sorted(sums)}, want {sorted(call_entry.SUMMED)}")
        return self._writer.ask(
            lambda s: s.enter_package(call_id, person, purpose, sums), DISK_WAIT_S
        )

    def sign_manifest(self, manifest: str) -> bytes:
        if not ledger.MANIFEST.fullmatch(manifest.encode()):
            raise ValueError("not a MANIFEST of SHA-256 sums")
        return self._writer.ask(lambda store: store.sign_manifest(manifest), DISK_WAIT_S)

    def opened(self, call_id: str, whole: bool) -> None:
        waited = self._writer.ask(lambda store: store.opened(call_id, whole), DISK_WAIT_S)
        if not whole:
            self._alarms.set("proof_failed" if waited else "vault_damaged", call_id, True)

    def hearings(self, call_id: str) -> list[Hearing]:
        return self._writer.ask(lambda store: store.hearings(call_id), DISK_WAIT_S)

    def acknowledge(self, what: str, where: str, person: str) -> None:
        self._alarms.acknowledge(what, where, person)

    def confirm_clock(self, person: str) -> str:
        try:
            self._duties.clock.confirm(person)
        except NotTheHostsClock as error:
            return str(error)
        return ""

    def note(self, act: str, person: str, **facts: str) -> None:
        self._writer.note(act, {"person": person, **facts})
        self._duties.ledger.people.heard(act, facts.get("who", ""))
        if act == BEHIND:
            self._alarms.set(BEHIND, "", True, acts=facts.get("acts", ""))

    def exempt_notice(self, call_id: str, clause: str, person: str) -> None:
        notice = self._policy.profile.notice
        if clause not in {each.clause for each in notice.exemption}:
            raise Refused(f"article {notice.clause} knows no exemption {clause!r}")
        self._writer.ask(lambda s: s.exempt_notice(call_id, clause, person), DISK_WAIT_S)

    def hold(self, call_id: str, person: str, reason: str, until: str) -> None:
        try:
            last = date.fromisoformat(until)
        except ValueError:
            raise Refused(f"{until!r} is no day; want 2026-11-23") from None
        hold = new_hold(self._policy, person, reason, last, datetime.now(UTC))
        self._writer.ask(lambda store: store.hold(call_id, hold), DISK_WAIT_S)

    def release(self, call_id: str, person: str, reason: str) -> None:
        self._writer.ask(lambda store: store.release(call_id, person, reason), DISK_WAIT_S)
        self._duties.retention.sweep_at(None)

    def sweep(self, now: str | None = None) -> None:
        self._duties.retention.sweep_at(None if now is None else datetime.fromisoformat(now))

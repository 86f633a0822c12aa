"""Everything behind the blocks, put together: recovery, ledger, store, writer, recorder.

`record` and `replay` both run on it; they differ in where the blocks come from and in the clock.
"""

import fcntl
import logging
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from appliance import (
    alarm_file,
    disk_failure,
    kept_days,
    mending,
    notice_file,
    owners,
    rollback,
    spares,
    typed_copy,
)
from appliance import box as boxes
from appliance import site as sites
from appliance.alarm_file import AlarmsLost
from appliance.api import Alarm
from appliance.ballast import throw_overboard
from appliance.box import Box
from appliance.call_row import StreamClock
from appliance.disk_use import space_of
from appliance.index_check import INDEX_CLOSED, closed_facts
from appliance.index_rebuild import ask_for_a_check, clear_mark, open_index
from appliance.ledger import Clock, Ledger
from appliance.proof import Proof
from appliance.raised import Raised
from appliance.recorder import Recorder
from appliance.recovery import enter_again, recover
from appliance.secret_keeping import day_secrets
from appliance.selftest import verdict
from appliance.site import Site
from appliance.store import Parts, Store, ToProve
from appliance.typed import REBUILT
from appliance.writer import Writer, WriterFailed
from firmware_bridge.block import Samples
from firmware_bridge.host_clock import clock_quality

log = logging.getLogger(__name__)


class BoxInUse(RuntimeError):
    """Another recorder works in this data folder."""


def utc_now() -> tuple[datetime, str]:
    """Return the host's UTC and its quality."""
    return datetime.now(UTC), clock_quality()


class Engine:
    """Attributes: recorder, writer, alarms, cut_off (calls that recovery finished)."""

    def __init__(
        self,
        box: Box,
        site: Site,
        clock: StreamClock,
        *,
        wait: bool = False,
        utc: Clock = utc_now,
    ) -> None:
        """Take the data folder, and make it whole if the last stop was without a goodbye.

        Args:
            wait: make the stream wait for the disk, as a replay may.
            utc: the ledger's clock.

        Raises:
            BoxInUse: another recorder has it.
            OSError, IndexBroken: the disk, or a file that cannot be done without.
        """
        self._proofs: deque[tuple[str, Proof]] = deque()
        self._told_lost = 0
        self._index = box.index
        with ExitStack() as undo:
            parts = undo.enter_context(open_parts(box, utc))
            first = parts.index.last_row() == 0
            troubles = [
                *parts.troubles,
                *mending.files(box, site, parts.ledger, first_start=first),
            ]
            self.cut_off = recover(parts.index, box.vault, parts.ledger)
            parts.ledger.append("start", process="record", cut_off=len(self.cut_off))

            def make_store(prove: Callable[[ToProve], None]) -> Store:
                self._store = Store(parts, prove)
                return self._store

            self.writer = Writer(make_store, self._note_proof, wait=wait)
            undo.callback(self.writer.close)  # its thread keeps the process from ending
            self.alarms = _alarms(box.alarms, self.writer)
            for what, where in troubles:
                self.alarms.set(what, where, True)
            if wrong := disk_failure.read_note(box.run):
                self.alarms.set("disk_failed", "", True, wrong=wrong)
                self.writer.do(lambda _: disk_failure.remove_note(box.run))
            if said := rollback.read_note(box.index):
                self.alarms.set("rolled_back", "", True, **said)
                self.writer.do(lambda _: rollback.remove_note(box.index))
            announcements = _announcements(site)
            self.recorder = Recorder(site, box.policy, self.writer, clock, announcements)
            self.recorder.alarms = self.alarms
            self._close = undo.pop_all().close

    def show_troubles(self) -> None:
        """Raise an alarm for calls whose proof has failed, and for audio the disk did not take."""
        lost = self.writer.lost_pieces
        if lost > self._told_lost:  # one that was acknowledged comes back when more is lost
            self._told_lost = lost
            self.alarms.set("disk_slow", "", True)
        while self._store.lost_keys:
            self.alarms.set("key_damaged", self._store.lost_keys.popleft(), True)
        while self._proofs:
            call_id, proof = self._proofs.popleft()
            test = self.recorder.tester.take(call_id)
            if test is not None:
                wrong = verdict(test.ended_by, proof)
                if wrong is not None:
                    where = f"line {test.line.number}"
                    self.alarms.set("selftest_failed", where, bool(wrong), wrong=wrong)
            elif not proof.verified:
                self.alarms.set("proof_failed", call_id, True)

    def close(self, ended_by: str = "stopped") -> None:
        """End the calls in progress; write and prove all that is left.

        Raises:
            WriterFailed: not all of it could be.
        """
        try:
            try:
                self.recorder.stop(ended_by)
                self.show_troubles()
                self.writer.note("stop", {"process": "record"})
            finally:
                self._close()
        except WriterFailed as failed:
            if isinstance(failed.__cause__, sqlite3.DatabaseError):
                ask_for_a_check(self._index)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _note_proof(self, call_id: str, proof: Proof) -> None:
        self._proofs.append((call_id, proof))


@contextmanager
def open_parts(box: Box, utc: Clock = utc_now) -> Iterator[Parts]:
    """Take the data folder for one process to write to, as the recorder's user.

    Raises:
        BoxInUse, IndexBroken, OSError: see there.
    """
    with ExitStack() as undo:
        undo.enter_context(owners.as_recorder(box.data))
        throw_overboard(box.data, space_of(box.data))
        undo.callback(_take(box.run / "record.pid"))
        troubles = mending.folders(box)
        ledger = Ledger(box.ledger, boxes.signing_key(box), box.id, utc)
        undo.callback(ledger.close)
        secrets = undo.enter_context(day_secrets(box, moved=True))
        index, was_damaged = open_index(box, secrets)
        # Only after a clean end, and last of all: then doctor compares the file with its sum.
        undo.callback(_enter_closed, box.index, ledger)
        undo.enter_context(index)
        if was_damaged and not rollback.read_note(box.index):  # the engine tells of that
            troubles.append(("index_rebuilt", ""))
        # Before anything else is entered: the rows name entries by their numbers.
        lost = enter_again(index, ledger, ledger.found)
        unsound = [
            *map(str, ledger.findings),
            *(f"the entry of call {r.id} was lost" for r in lost),
        ]
        for what in unsound:
            log.error("ledger: %s", what)
        if unsound:
            troubles.append(("ledger_damaged", ""))
        troubles += kept_days.lost(box.vault, secrets, index)
        if was_damaged:
            ledger.append(REBUILT)
            ledger.sync()
            clear_mark(box.index)
        typed_copy.settle(box.data, index)
        people = box.recipients
        try:
            yield Parts(box.id, box.vault, secrets, index, ledger, people, box.policy, troubles)
        except sqlite3.DatabaseError:
            ask_for_a_check(box.index)
            raise


def _enter_closed(index: Path, ledger: Ledger) -> None:
    with suppress(OSError):
        ledger.append(INDEX_CLOSED, **closed_facts(index))


def _alarms(path: Path, writer: Writer) -> Raised:
    """Return the alarms as they were raised before the start."""

    def tell(act: str, facts: dict[str, object], alarms: list[Alarm]) -> None:
        writer.alarm(act, facts, lambda: alarm_file.write(path, alarms))

    try:
        return Raised(tell, alarm_file.read(path))
    except AlarmsLost as error:
        log.error("%s", error)
        alarms = Raised(tell)
        alarms.set("alarms_lost", "", True)
        return alarms


def _announcements(site: Site) -> list[Samples]:
    """Return what is looked for in calls; a file that cannot be used must not stop recording."""
    try:
        return [notice_file.read(spares.believed(one)) for one in sites.own_files(site)[1:]]
    except notice_file.NoticeFileError as error:
        log.error("no announcement is looked for: %s", error)
        return []


def _take(pid_file: Path) -> Callable[[], None]:
    """Lock the data folder by its pid file; return what gives it up."""
    pid_file.parent.mkdir(mode=0o750, exist_ok=True)
    fd = os.open(pid_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(fd, 20).decode(errors="replace").strip()
        os.close(fd)
        raise BoxInUse(f"{pid_file.parent.parent} is in use by process {pid}") from None
    with suppress(OSError):  # the lock counts; the number is for people, and a full disk takes none
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())

    def give_up() -> None:
        with suppress(OSError):  # an error of the disk's was said before
            pid_file.unlink(missing_ok=True)
        os.close(fd)

    return give_up

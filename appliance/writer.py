"""Two threads behind the recorder: one writes, one proves. Neither makes the line wait.

The writer runs the store's methods in the order in which they were asked for. What it is asked
for is never dropped, but for audio when the disk has hung for MAX_BEHIND_S: then the newest audio
is lost, an alarm says so, and the proof of the calls it belonged to fails. When the store raises,
the disk or the key store has failed: nothing more is written, and the recorder is told at its
next word.
"""

import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from itertools import chain
from time import monotonic
from typing import Final, TypeVar

from appliance import decoding
from appliance.index_row import CallRow
from appliance.kept_audio import TICK_S, Heard, Piece
from appliance.known_tone import recognise
from appliance.proof import Proof, prove
from appliance.store import Store, ToProve
from appliance.vault.reader import find_segments, open_segments
from appliance.vault.segment import CallKey, TamperedError, unpack_packets

T = TypeVar("T")

log = logging.getLogger(__name__)

#: Audio that may wait for the disk. Cards stall for seconds; at 64 lines a minute is 8 MB.
MAX_BEHIND_S: Final = 60.0


class WriterFailed(Exception):
    """The disk or the key store has failed; nothing more is written."""


class Writer:
    """What the recorder tells, done in order on a thread of its own; see `recorder.Keeper`."""

    def __init__(
        self,
        make_store: Callable[[Callable[[ToProve], None]], Store],
        on_proof: Callable[[str, Proof], None],
        *,
        wait: bool = False,
    ) -> None:
        """Start both threads.

        Args:
            make_store: makes the store, given where to send a call that is to be proved.
            on_proof: told each call's proof, on the writer's thread.
            wait: make the caller wait for the disk, as a replay may.
        """
        self.lost_pieces = 0
        self._slowest_s = 0.0
        self._wait = wait
        self._on_proof = on_proof
        self._failed: BaseException | None = None
        self._jobs: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._behind = threading.Semaphore(round(MAX_BEHIND_S / TICK_S))
        self._to_prove: queue.SimpleQueue[ToProve | None] = queue.SimpleQueue()
        self._store = make_store(self._to_prove.put)
        self._writing = threading.Thread(target=self._write, name="writer")
        self._proving = threading.Thread(target=self._prove, name="prover", daemon=True)
        self._writing.start()
        self._proving.start()

    # ------------------------------------------------------------ the keeper's face

    def begin(self, row: CallRow) -> None:
        self._do(lambda: self._store.begin(row))

    def change(self, row: CallRow) -> None:
        self._do(lambda: self._store.change(row))

    def audio(self, pieces: list[tuple[str, Piece]]) -> None:
        if not self._behind.acquire(blocking=self._wait):
            self.lost_pieces += len(pieces)
            return
        self._do(lambda: self._audio(pieces))

    def keep_apart(self, row: CallRow) -> None:
        self._do(lambda: self._store.keep_apart(row))

    def take_back(self, row: CallRow) -> None:
        self._do(lambda: self._store.take_back(row))

    def end(self, row: CallRow, heard: Heard) -> None:
        self._do(lambda: self._store.end(row, heard))

    def note(self, act: str, facts: dict[str, object]) -> None:
        self._do(lambda: self._store.note(act, facts))

    def alarm(self, act: str, facts: dict[str, object], keep: Callable[[], None]) -> None:
        self._do(lambda: self._store.enter_alarm(act, facts, keep))

    def do(self, job: Callable[[Store], object]) -> None:
        """Have the store do something, after what it was asked before."""
        self._do(lambda: job(self._store))

    def ask(self, question: Callable[[Store], T], timeout_s: float) -> T:
        """Ask the store something and wait for the answer.

        Raises:
            TimeoutError: the disk is busy.
        """
        answer: Future[T] = Future()

        def work() -> None:
            try:
                answer.set_result(question(self._store))
            except LookupError as error:  # an answer, not a failure of the disk
                answer.set_exception(error)

        self._do(work)
        return answer.result(timeout_s)

    def counters(self) -> dict[str, int]:
        """Return audio that was lost, the slowest flush, and how many things wait for the disk."""
        return {
            "lost_pieces": self.lost_pieces,
            "slowest_flush_ms": round(self._slowest_s * 1000),
            "queue": self._jobs.qsize(),
        }

    def work(self, steps: Callable[[Store], Iterator[None]]) -> None:
        """Do something long a step at a time: what is asked for meanwhile goes before the next."""
        self._do(lambda: self._step(steps(self._store)))

    def close(self) -> None:
        """Write and prove all that is left.

        Raises:
            WriterFailed: not all of it could be.
        """
        self._jobs.put(self._store.tick)
        self._jobs.put(lambda: self._to_prove.put(None))
        self._proving.join()
        self._jobs.put(self._store.close)
        self._jobs.put(None)
        self._writing.join()
        self._check()

    # ------------------------------------------------------------ the threads

    def _do(self, job: Callable[[], object]) -> None:
        """Have something done on the writer's thread, as from where it is asked for."""
        self._check()
        context = copy_context()
        self._jobs.put(lambda: context.run(job))

    def _check(self) -> None:
        if self._failed is not None:
            raise WriterFailed(f"nothing more can be written: {self._failed}") from self._failed

    def _step(self, steps: Iterator[None]) -> None:
        for _ in steps:
            self._jobs.put(lambda: self._step(steps))
            return

    def _audio(self, pieces: list[tuple[str, Piece]]) -> None:
        began_s = monotonic()
        self._store.audio(pieces)
        self._store.tick()
        self._slowest_s = max(self._slowest_s, monotonic() - began_s)
        self._behind.release()

    def _write(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception as error:  # the outermost of this thread
                foreseen = isinstance(error, (OSError, sqlite3.Error))
                log.critical("writing failed: %s", error, exc_info=not foreseen)
                self._failed = error
                self._behind.release()
                self._to_prove.put(None)
                return

    def _prove(self) -> None:
        while (call := self._to_prove.get()) is not None:
            proof = read_back(call)
            if not proof.verified:
                log.error("call %s: %s", call.call_id, proof.note)
            self._jobs.put(_report(self, call.call_id, proof))


def _report(writer: Writer, call_id: str, proof: Proof) -> Callable[[], None]:
    def report() -> None:
        writer._store.proved(call_id, proof)
        writer._on_proof(call_id, proof)

    return report


def read_back(call: ToProve) -> Proof:
    """Read a call back from the disk, open it and compare it with what was heard."""
    try:
        _forget_cached(call)
        offsets = find_segments(call.reel, call.call_id, last_offset=call.last_offset)
        opened = open_segments(call.reel, offsets, CallKey(call.call_id, call.data_key))
        audio = (
            decoding.packets(one.head.codec, unpack_packets(one.plain))
            for one in opened
            if not one.head.last
        )
        return prove(chain.from_iterable(audio), call.heard, recognise if call.self_test else None)
    except TamperedError as error:
        return Proof(False, str(error))
    except OSError as error:
        return Proof(False, f"cannot be read: {error}")


def _forget_cached(call: ToProve) -> None:
    """Ask the kernel to drop its copy of the reel, so that the disk itself is read."""
    fd = os.open(call.reel, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)

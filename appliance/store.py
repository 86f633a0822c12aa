"""Takes calls to the disk: keys, reels, index and ledger, in the order that a power cut asks for.

For each call:

    begin   data key made, sealed to the recipients, on the disk       then the row
    tick    changed rows: that a call is kept, and from when           then segments of every call,
                                                                       appended, one flush a reel
    end     facts sealed as the last segment, flushed                  then the row, which names its
                                                                       entry, then the entry
    proof   read back, opened, compared                                then the row, then the key
    forgotten

Power goes between any two of these: what is on the disk opens, and `recovery.py` makes the index
agree with it at the next start. A disk error goes up: nothing is tried again after a failed
flush.

All of it runs on the writer's thread (`writer.py`).
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Final, Protocol

from appliance import call_entry, dating, keys, typed, typed_copy
from appliance.api import Hearing, NoSuchCall
from appliance.dating import Known, put_right
from appliance.eraser import Eraser
from appliance.hold import Hold
from appliance.index import CallIndex
from appliance.index_row import SELF_TEST, CallRow, iso
from appliance.kept_audio import Heard, Piece
from appliance.policy import Policy
from appliance.proof import Proof
from appliance.selftest import verdict
from appliance.vault.day_secrets import SecretDamaged, SecretStore
from appliance.vault.key_table import CANNOT_OPEN, KeyTable, NoSuchKey, open_table, set_aside
from appliance.vault.reel import ReelWriter
from appliance.vault.segment import NO_BACK, CallSealer

log = logging.getLogger(__name__)

#: A witness takes away a head that is no older than this.
HEAD_EVERY_S: Final = 60.0
#: The act of opening a call whose proof has waited for somebody with a key.
PROVE: Final = "prove"


class Hash(Protocol):
    """SHA-256 under way, as hashlib gives it."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class Log(Protocol):
    """The ledger, as far as the store needs it."""

    def append(self, act: str, /, **facts: object) -> int: ...

    def sync(self) -> None: ...

    def publish_head(self) -> str: ...

    def sign_manifest(self, manifest: bytes) -> bytes: ...


@dataclass(frozen=True)
class ToProve:
    """A call that has ended, with its data key, which lives only until the proof."""

    call_id: str
    reel: Path
    last_offset: int
    data_key: bytes = field(repr=False)
    heard: Heard
    self_test: bool = False


@dataclass
class _Open:
    """A call in progress on the disk."""

    row: CallRow
    sealer: CallSealer
    data_key: bytes = field(repr=False)
    reel: ReelWriter
    last: int = NO_BACK
    audio: Hash = field(default_factory=sha256)  # of its packets, for the ledger

    def in_reel(self, row: CallRow) -> CallRow:
        """Return a row of this call that names its reel."""
        return replace(row, reel=f"{row.day}/{self.reel.path.name}")


@dataclass(frozen=True)
class Parts:
    """What the store writes to.

    Attributes:
        troubles: what was found wrong when it was opened: alarms' names and places.
    """

    box_id: str
    vault: Path
    secrets: SecretStore
    index: CallIndex
    ledger: Log
    recipients: Sequence[str]
    policy: Policy
    troubles: Sequence[tuple[str, str]] = ()


class Store:
    """Not for two threads.

    Attributes:
        lost_keys: days whose keys did not open when one was to be added; for whoever raises alarms.
    """

    def __init__(self, parts: Parts, prove: Callable[[ToProve], None]) -> None:
        """Write to these parts; hand each call that has ended to `prove`."""
        self._parts = parts
        self._prove = prove
        self._reels: dict[str, ReelWriter] = {}
        self._tables: dict[str, KeyTable] = {}
        self._open: dict[str, _Open] = {}
        self._changed: dict[str, CallRow] = {}
        self._ended: list[tuple[_Open, Heard]] = []
        self._unflushed: set[ReelWriter] = set()
        self._date: tuple[Known, Policy] | None = None
        self._next_head_s = monotonic() + HEAD_EVERY_S
        self.eraser = Eraser(parts, self)
        self.lost_keys: deque[str] = deque()

    # ------------------------------------------------------------ a call's life

    def begin(self, row: CallRow) -> None:
        """Make a call's key, and its row."""
        call, age_file = self._new(row)
        self._table_to_add_to(row.day).add(row.id, age_file)
        self._put_rows([call.row])

    def _new(self, row: CallRow) -> tuple[_Open, bytes]:
        """Return a call of which nothing is kept yet, and its data key as an age file."""
        data_key = keys.new_data_key()
        call = _Open(row, CallSealer(row.id, data_key), data_key, self._reel(row.day))
        call.row = call.in_reel(row)
        self._open[row.id] = call
        return call, keys.seal_data_key(data_key, self._parts.recipients)

    def change(self, row: CallRow) -> None:
        """More is known of a call; its row follows with the next tick."""
        self._changed[row.id] = self._open[row.id].in_reel(row)

    def keep_apart(self, row: CallRow) -> None:
        """Write what follows of a call to a reel of its own."""
        call = self._open[row.id]
        call.reel = self._new_reel(row.day)
        self.change(row)

    def take_back(self, row: CallRow) -> None:
        """Remove the call's own reel; what follows is under another key, as if it began now."""
        apart = self._open[row.id].reel
        self._changed.pop(row.id, None)
        self._unflushed.discard(apart)
        call, age_file = self._new(row)
        self._put_rows([call.row])
        # Power goes now: a call of which nothing is kept.
        self.table(row.day).change(row.id, age_file)
        apart.remove()

    def audio(self, pieces: Sequence[tuple[str, Piece]]) -> None:
        """Seal and append audio of calls in progress. It is safe after the next tick."""
        for call_id, piece in pieces:
            call = self._open[call_id]
            sealed = call.sealer.seal_audio(
                piece.packets, piece.first_sample, piece.samples, call.last, piece.codec
            )
            call.last = call.reel.append(sealed)
            call.audio.update(call_entry.framed(piece.packets))
            self._unflushed.add(call.reel)

    def end(self, row: CallRow, heard: Heard) -> None:
        """Seal a call's facts, its last segment."""
        call = self._open.pop(row.id)
        self._changed.pop(row.id, None)
        proof = "pending" if row.audio_samples else "none"
        row = replace(call.in_reel(row), proof=proof)
        facts = {**row.as_json(), "lookahead": heard.lookahead, "samples": row.audio_samples}
        call.last = call.reel.append(call.sealer.seal_facts(facts, call.last))
        self._unflushed.add(call.reel)
        call.row = replace(row, last_offset=call.last, chain=call.sealer.chain.hex())
        self._ended.append((call, heard))

    def tick(self) -> None:
        """Put all on the disk: calls in progress, one flush a reel, ends of calls, the ledger."""
        self._put_rows(self._changed.values())
        self._changed.clear()
        # Power goes now: a call that is kept from a moment on, and nothing of it yet.
        for reel in sorted(self._unflushed, key=lambda reel: reel.path):
            reel.flush()
        self._unflushed.clear()
        for call, _ in self._ended:
            self._enter(call)
        self._put_rows(call.row for call, _ in self._ended)
        # Power goes now: a row that names an entry which is not there; recovery enters it again.
        if monotonic() >= self._next_head_s:
            self._next_head_s = monotonic() + HEAD_EVERY_S
            self._parts.ledger.publish_head()
        else:
            self._parts.ledger.sync()
        if any(call.row.dated == "unsure" for call, _ in self._ended):
            self._put_right()
        for call, heard in self._ended:
            self._to_proof(call, heard)
            if call.reel is not self._reels.get(call.row.day):
                call.reel.close()
        self._ended.clear()
        self._close_old_reels()

    def proved(self, call_id: str, proof: Proof) -> None:
        """Enter how the proof of a call went."""
        result = "verified" if proof.verified else "failed"
        row, now = self._parts.index.get(call_id), datetime.now(UTC)
        if row.erased is not None:
            return
        self._parts.index.set_proof(call_id, result, proof.note, now)
        self._parts.ledger.append("proof", call=call_id, result=result, note=proof.note)
        if row.why == SELF_TEST:
            self._tested(row, proof, now)

    def _tested(self, row: CallRow, proof: Proof, now: datetime) -> None:
        """Enter how a line's self-test went; the next sweep erases its recording."""
        self._parts.index.begin_erasing([row.id], SELF_TEST)
        wrong = verdict(row.ended_by, proof)
        if wrong is not None:
            self._parts.index.put_line_test(row.line, now, wrong)
            self._parts.ledger.append("self_test", line=row.line, call=row.id, wrong=wrong)

    def date_known(self, known: Known | None, policy: Policy) -> None:
        """Put the dates right of calls that had none to believe; None: the date is not known."""
        self._date = (known, policy) if known else None
        self._put_right()

    def enter_count(self, facts: Mapping[str, object]) -> None:
        """Enter what the night's reconciliation found."""
        self._parts.index.put_count(datetime.now(UTC), facts)
        self._parts.ledger.append("reconciled", **facts)

    def note(self, act: str, facts: Mapping[str, object]) -> None:
        """Enter something in the ledger; it is safe after the next tick."""
        self._parts.ledger.append(act, **facts)

    def enter_alarm(self, act: str, facts: Mapping[str, object], keep: Callable[[], None]) -> None:
        """Enter a change of the alarms in the ledger, and keep the list of them.

        Power goes between the two: the alarm is in the list, and will be shown, though the ledger
        does not say so; it is never the other way round.
        """

        def enter() -> None:
            self._parts.ledger.append(act, **facts)
            self._parts.ledger.sync()

        for step in (keep, enter) if act == "alarm" else (enter, keep):
            step()

    def close(self) -> None:
        """Put everything on the disk and give the files up."""
        self.tick()
        for reel in {*self._reels.values(), *(call.reel for call in self._open.values())}:
            reel.close()
        for table in self._tables.values():
            table.close()

    # ------------------------------------------------------------ what the page asks for

    def open_key(self, call_id: str, person: str, act: str, purpose: str, note: str = "") -> bytes:
        """Enter who opens a call and why, and only then return its data key as an age file.

        Args:
            purpose: goes into the ledger in clear: an id and words of the profile alone.
            note: what the person typed.

        Raises:
            NoSuchCall: there is no such call, or it is going on, or it has no key any more.
        """
        row = self._parts.index.get(call_id)
        gone = row.erased is not None or self._parts.index.is_being_erased(call_id)
        if row.end is None or not row.recorded or gone:
            raise NoSuchCall(call_id)
        try:
            age_file = self.table(row.day).get(call_id)
        except (NoSuchKey, FileNotFoundError, *CANNOT_OPEN):
            raise NoSuchCall(call_id) from None
        entry = self._enter_typed(act, typed.new(call_id, note), person=person, purpose=purpose)
        if act != PROVE:  # nobody hears it
            heard = (person, act, purpose)
            self._parts.index.add_hearing(call_id, datetime.now(UTC), heard, entry)
        return age_file

    def _enter_typed(self, act: str, said: typed.Typed, /, **facts: object) -> int:
        """Enter an act, with a commitment to what was typed; return the entry's number."""
        ledger = self._parts.ledger
        fact = {typed.FACT: said.commitment()} if said.text else {}
        entry = ledger.append(act, call=said.call_id, **fact, **facts)
        if said.text:
            self._parts.index.put_typed(entry, said)
        # Power goes now: a text without its entry; the next entry of that number replaces it.
        ledger.sync()
        return entry

    def enter_package(self, call_id: str, person: str, purpose: str, sums: dict[str, str]) -> int:
        """Enter what is about to be handed out, under a signed head; return the entry's number.

        Raises:
            NoSuchCall: there is no such call.
        """
        self._parts.index.get(call_id)
        ledger = self._parts.ledger
        facts = {"call": call_id, "person": person, "purpose": purpose, **sums}
        entry = ledger.append(call_entry.PACKAGE, **facts)
        ledger.publish_head()
        return entry

    def sign_manifest(self, manifest: str) -> bytes:
        """Return the box's signature of a package's MANIFEST.

        Raises:
            ValueError: it is none.
        """
        return self._parts.ledger.sign_manifest(manifest.encode())

    def opened(self, call_id: str, whole: bool) -> bool:
        """Enter how a call opened that was waiting for its proof, and say whether it was."""
        waited = self._parts.index.get(call_id).proof == "pending"
        if waited:
            note = "" if whole else "cannot be opened"
            self.proved(call_id, Proof(whole, note))
            self._parts.ledger.sync()
        return waited

    def hold(self, call_id: str, hold: Hold) -> None:
        """Keep a call beyond its day, or change until when.

        Raises:
            NoSuchCall: there is no such call, or it is erased.
        """
        self._kept(call_id)
        facts = asdict(hold)
        self._enter_typed("hold", typed.new(call_id, facts.pop("reason")), **facts)
        self._parts.index.set_hold(call_id, hold.to_text())
        # Power goes now: held, and the reason is there once; the next start copies it.
        typed_copy.settle(self._parts.vault.parent, self._parts.index)

    def exempt_notice(self, call_id: str, clause: str, person: str) -> None:
        """Say by which clause nobody need have been told that a call is recorded.

        Raises:
            NoSuchCall: there is no such call, or it is erased, or somebody was told.
        """
        row = self._kept(call_id)
        if row.notice != "missing" and not str(row.notice).startswith("exempt:"):
            raise NoSuchCall(f"{call_id}: its notice is {row.notice}")
        self._parts.ledger.append("notice_exempt", call=call_id, clause=clause, person=person)
        self._parts.ledger.sync()
        self._parts.index.put(replace(row, notice=f"exempt:{clause}"))

    def release(self, call_id: str, person: str, reason: str) -> None:
        """End a hold: the call is erased as soon as it is due.

        Raises:
            NoSuchCall: there is no such call, or it is not held.
        """
        if self._kept(call_id).hold is None:
            raise NoSuchCall(f"{call_id} is not held")
        self._enter_typed("release", typed.new(call_id, reason), person=person)
        self._parts.index.set_hold(call_id, None)
        typed_copy.settle(self._parts.vault.parent, self._parts.index)

    def held(self) -> dict[str, str]:
        """Return each held call's hold, as it is in its row."""
        return self._parts.index.held()

    def _kept(self, call_id: str) -> CallRow:
        row = self._parts.index.get(call_id)
        if row.erased is not None or self._parts.index.is_being_erased(call_id):
            raise NoSuchCall(call_id)
        return row

    def hearings(self, call_id: str) -> list[Hearing]:
        """Return who has heard or taken out a call, oldest first."""
        heard = self._parts.index.hearings(call_id)
        texts = self._parts.index.typed(entry for *_, entry in heard if entry is not None)
        notes = {entry: said.text for entry, said in texts.items() if said.call_id == call_id}
        return [
            Hearing(str(iso(at)), person, act, purpose, notes.get(entry or 0, ""))
            for at, person, act, purpose, entry in heard
        ]

    # ------------------------------------------------------------ files by day

    def _reel(self, day: str) -> ReelWriter:
        if day not in self._reels:
            self._reels[day] = self._new_reel(day)
        return self._reels[day]

    def _new_reel(self, day: str) -> ReelWriter:
        """Begin a reel whose name no call has; one that was lost may have been taken away."""
        last = self._parts.index.last_reel(day)
        return ReelWriter(self._parts.vault, day, self._parts.box_id, after=last)

    def _table_to_add_to(self, day: str) -> KeyTable:
        """Return a day's keys; where they do not open, new ones, the old kept beside them."""
        first = day not in self._tables
        try:
            table = self.table(day)
            if first and table.damaged:
                self.lost_keys.append(day)
            return table
        except CANNOT_OPEN as error:
            log.error("the keys of %s do not open: %s", day, error)
            if isinstance(error, SecretDamaged):
                self._parts.secrets.set_aside(day)
            # Power goes now: keys without their secret, which do not open either.
            set_aside(self._parts.vault / day)
            self._parts.ledger.append("keys_lost", day=day, why=str(error))
            self.lost_keys.append(day)
            return self.table(day)

    def table(self, day: str) -> KeyTable:
        """Return a day's keys.

        Raises:
            FileNotFoundError: there is nothing of the day.
            CANNOT_OPEN: its keys do not open.
        """
        if day not in self._tables:
            self._tables[day] = open_table(self._parts.vault / day, self._parts.secrets)
        return self._tables[day]

    def is_open(self, day: str) -> bool:
        """Say whether the day's reel is being written."""
        return day in self._reels

    def close_day(self, day: str) -> None:
        """Give a day's files up; they are opened again when they are needed."""
        if reel := self._reels.pop(day, None):
            self._unflushed.discard(reel)
            reel.close()
        self.forget_table(day)

    def forget_table(self, day: str) -> None:
        """Give a day's keys up."""
        if table := self._tables.pop(day, None):
            table.close()

    def _close_old_reels(self) -> None:
        """A day's reel is closed when a later day has begun and its last call is over."""
        busy = {call.row.day for call in self._open.values()}
        for day in sorted(self._reels)[:-1]:
            if day not in busy:
                self._reels.pop(day).close()
                self._tables.pop(day).close()

    # ------------------------------------------------------------ the end of a call

    def _put_rows(self, rows: Iterable[CallRow]) -> None:
        rows = list(rows)
        if rows:
            with self._parts.index.transaction():
                for row in rows:
                    self._parts.index.put(row)

    def _put_right(self) -> None:
        if self._date is None or not (unsure := self._parts.index.unsure()):
            return
        rows = [put_right(row, *self._date) for row in unsure]
        for row in rows:
            self._parts.ledger.append("dated", **dating.facts(row))
        self._parts.ledger.sync()
        # Power goes now: entries, and rows that are not sure: the next start enters them again.
        self._put_rows(rows)

    def _enter(self, call: _Open) -> None:
        """Enter a call; its row, which is yet to be put, gets the entry's number."""
        salt = call_entry.salt_of(call.data_key)
        committed = call_entry.commitments(call.row, salt, call.audio.digest())
        facts = {**call_entry.facts(call.row), **committed}
        call.row = replace(call.row, entry=self._parts.ledger.append(call_entry.CALL, **facts))

    def _to_proof(self, call: _Open, heard: Heard) -> None:
        if call.row.recorded:
            reel = self._parts.vault / call.row.reel
            test = call.row.why == SELF_TEST and not call.row.ended_by
            self._prove(ToProve(call.row.id, reel, call.last, call.data_key, heard, test))

"""The index made again from what is left of it, from the ledger and the vault.

    what is sound of the old file    whole rows
    the ledger                       calls that are not in it, without number and name (retell.py)
    key tables and reels             calls that were going on: recovery.py finishes them

That it was made again is in the ledger before anything else is, whenever the power goes: a mark
stays until `clear_mark`.

What is missing without a trace in the file itself is found too: SQLite believes of a write-ahead
log that was taken away that it never was. Each call of the last days has a key; one that has no row
was lost. A row that was never finished has its entry in the ledger if the call had ended. Where an
earlier calls.db was put back, what the ledger has said since is done again to its rows
(rollback.py).

The old file is kept under another name.
"""

import logging
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from appliance import rollback, typed, typed_copy, ulid
from appliance.api import NoSuchCall
from appliance.box import Box
from appliance.durable import sync_directory
from appliance.entry_check import ERASED
from appliance.hold import Hold
from appliance.index import CallIndex
from appliance.index_check import sound_rows, typed_rows
from appliance.index_row import CallRow, from_db, from_ms
from appliance.index_schema import IndexBroken
from appliance.ledger_walk import ENTRIES, read_lines
from appliance.retell import Hearing, Told, newest, retell, tell_on
from appliance.tombstone import tombstone
from appliance.typed import Typed
from appliance.vault.day_secrets import SecretDamaged, SecretGone, SecretStore
from appliance.vault.key_table import NAME as KEYS
from appliance.vault.key_table import WrongSecret, read_calls
from appliance.vault.reel import State, scan
from appliance.vault.segment import Kind

log = logging.getLogger(__name__)

#: Rows that only the write-ahead log had are of these days: it is emptied every 1000 pages, which
#: are some 100 calls.
RECENT_DAYS: Final = 7
#: An index up to this size, some 50 000 calls, is looked through at each start: in 0.3 s. In a
#: larger one damage is found by whoever comes upon it, and then by the next start
#: (`ask_for_a_check`).
LOOKED_THROUGH_BYTES: Final = 1 << 26
_OF_HOLDS: Final = ("hold", "release")
#: A call may have begun so long before its entry: the longest is ended after hours.
_LONGEST: Final = timedelta(days=1)


def open_index(box: Box, secrets: SecretStore) -> tuple[CallIndex, bool]:
    """Open the index, made again if need be; say whether anything had to be, until `clear_mark`.

    Raises:
        OSError: the disk failed.
    """
    whole = _sound(box.index)
    if not whole:
        _make_again(box, secrets)
    index = CallIndex.open(box.index)
    try:
        if whole:
            _catch_up(box, secrets, index)
            _fill_up(box, secrets, index)
    except BaseException:
        index.close()
        raise
    return index, _made(box.index).exists()


def clear_mark(path: Path) -> None:
    """Take the mark away: the ledger says now that the index was made again."""
    _made(path).unlink(missing_ok=True)


def _made(path: Path) -> Path:
    return path.with_name(f"{path.name}-made-again")


def ask_for_a_check(path: Path) -> None:
    """Make the next start look the whole index through: SQLite has found it damaged."""
    with suppress(OSError):
        _mark_of(path).write_text(f"{datetime.now(UTC).isoformat()}\n")


def _mark_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-check")


def _sound(path: Path) -> bool:
    marked = _mark_of(path).exists()
    try:
        wrong = _cut_short(path)
        if not wrong:
            with CallIndex.open(path) as index:
                if marked or path.stat().st_size <= LOOKED_THROUGH_BYTES:
                    wrong = index.check(quick=not marked)
    except (FileNotFoundError, IndexBroken) as error:
        wrong = [str(error)]
    for why in wrong[:10]:
        log.error("calls.db: %s", why)
    if marked and not wrong:
        _mark_of(path).unlink()
    return not wrong


def _cut_short(path: Path) -> list[str]:
    """Return what is wrong with the file's length; SQLite takes an empty one for a new index."""
    with open(path, "rb") as file:
        header = file.read(32)
        length = os.fstat(file.fileno()).st_size
    pages = int.from_bytes(header[28:32], "big")
    page_bytes = int.from_bytes(header[16:18], "big") or 1
    wal = path.with_name(f"{path.name}-wal")
    if length and (length >= pages * page_bytes or wal.exists()):
        return []
    return [f"{path} has {length} bytes, want {pages * page_bytes}"]


def _make_again(box: Box, secrets: SecretStore) -> None:
    """Make a new index of what is left, and put it in the place of the old one."""
    path = box.index
    ask_for_a_check(path)
    # Power goes from here on: the mark, and the next start begins again.
    part = path.with_name(f"{path.name}.part")
    for suffix in ("", "-wal", "-shm"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)
    old = {row["id"]: from_db(row) for row in sound_rows(path)} if path.exists() else {}
    told = retell(box.ledger / ENTRIES, box.policy)
    keyed = _keyed(box, secrets, _days(box))
    rows = _merged(box, old, told, told.rows)
    known = {row.id for row in rows}
    rest = {call: day for call, day in keyed.items() if call not in known}
    rows += _going_on(box, rest, _in_reels(box, rest))
    with CallIndex.open(part) as index:
        _put_with_texts(box, index, rows, told.hearings)
    _made(path).touch()
    _keep_old(path)
    # Power goes now: the old file under both names, or the new one without a log of the old.
    os.rename(part, path)
    sync_directory(path.parent)
    _mark_of(path).unlink(missing_ok=True)
    log.error("calls.db was made again: %d of %d calls whole", len(old), len(rows))


def _put_with_texts(
    box: Box, index: CallIndex, rows: list[CallRow], hearings: Mapping[str, list[Hearing]]
) -> None:
    texts, reasons = _texts(box)
    _put(index, [_with_reason(row, reasons) for row in rows], hearings)
    with index.transaction():
        for entry, said in texts.items():
            index.put_typed(entry, said)


def _texts(box: Box) -> tuple[dict[int, Typed], dict[str, str]]:
    """Return what there is yet of what people typed, and why each call was held."""
    entered = typed.read_entries(line[:-1] for _, line in read_lines(box.ledger / ENTRIES))
    rows = typed_rows(box.index) if box.index.exists() else []
    found = [(number, Typed(*rest)) for number, *rest in rows if typed.is_row(rest)]
    found += typed_copy.read(box.data).items()
    texts = {n: said for n, said in found if typed.agrees(said, entered.entries.get(n))}
    return texts, typed.hold_reasons(entered, texts)


def _with_reason(row: CallRow, reasons: Mapping[str, str]) -> CallRow:
    if row.hold is None or row.id not in reasons:
        return row
    hold = replace(Hold.from_text(row.hold), reason=reasons[row.id])
    return replace(row, hold=hold.to_text())


def _keep_old(path: Path) -> None:
    """Give the old file another name too, and its log only that: it must not follow the new one."""
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    if path.exists():
        os.link(path, aside)
    for suffix in ("-wal", "-shm"):
        if (log_file := path.with_name(path.name + suffix)).exists():
            os.rename(log_file, aside.with_name(aside.name + suffix))
    sync_directory(path.parent)


def _catch_up(box: Box, secrets: SecretStore, index: CallIndex) -> None:
    """Bring an earlier index that was put back up to what the ledger has said since."""
    log_file, last = box.ledger / ENTRIES, index.last_entry()
    gone = rollback.missing(log_file, index)
    if not gone and not _is_behind(box, index, last):
        return
    told = tell_on(log_file, box.policy, last, lambda call: _row_of(index, call))
    cut_off = {row.id for row in index.unfinished()}  # their end is not in their rows: see _fill_up
    rows = [row for row in told.rows.values() if row.id not in cut_off]
    stale = [row for row in rows if row.id not in gone and _is_stale(index, row)]
    if gone:
        keyed = _keyed(box, secrets, {row.day for row in rows if row.id in gone})
        said = rollback.facts((row for row in rows if row.id in gone), keyed)
        rollback.leave_note(box.index, said)
        # Power goes from here on: the next start finds what is still missing, or the note.
        log.error("calls.db was an earlier one: %s", said)
    # A hold is entered before it is in its row: one that is missing is what a power cut leaves.
    if gone or len(stale) > 1:
        _made(box.index).touch()
    kept = [row for row in rows if row.erased is None]
    _put_with_texts(box, index, kept, dict(_unknown(index, kept, told.hearings)))
    index.entomb(row for row in rows if row.erased is not None)
    index.forget_log()


def _is_behind(box: Box, index: CallIndex, last: int) -> bool:
    """Say whether the index knows less than the ledger says behind its last entry.

    An earlier index lacks what came last; so of thousands that were erased the last tells.
    """
    log_file = box.ledger / ENTRIES
    held = tell_on(log_file, box.policy, last, lambda call: _row_of(index, call), _OF_HOLDS)
    if any(_is_stale(index, row) for row in held.rows.values()):
        return True
    erased = newest(log_file, last, ERASED)
    row = _row_of(index, str(erased.facts["call"])) if erased else None
    return row is not None and row.erased is None and not index.is_being_erased(row.id)


def _row_of(index: CallIndex, call_id: str) -> CallRow | None:
    with suppress(NoSuchCall):
        return index.get(call_id)
    return None


def _is_stale(index: CallIndex, told: CallRow) -> bool:
    """Say whether the index does not know of a hold, its end, or an erasure."""
    row = index.get(told.id)
    if row.erased is None and told.erased is not None:
        return not index.is_being_erased(row.id)  # else the eraser goes on from there
    return _later_hold(row.hold, told.hold) != row.hold


def _unknown(
    index: CallIndex, rows: list[CallRow], hearings: Mapping[str, list[Hearing]]
) -> Iterator[tuple[str, list[Hearing]]]:
    """Yield what the index does not have of who heard these calls."""
    for row in rows:
        known = {entry for *_, entry in index.hearings(row.id)}
        yield row.id, [heard for heard in hearings.get(row.id, ()) if heard[-1] not in known]


def _fill_up(box: Box, secrets: SecretStore, index: CallIndex) -> None:
    """Put the calls of the last days that are missing or were never finished.

    One that had ended and was not there is damage. The ledger says that it had, or, where an
    earlier one was put back with the index, the call's last segment. A kill leaves a call with a
    key and no row yet, or with an entry and an unfinished row.
    """
    keyed = _keyed(box, secrets, _days(box)[-RECENT_DAYS:])
    known = index.which(keyed)
    lost = {call: day for call, day in keyed.items() if call not in known}
    cut_off = {row.id: row for row in index.unfinished()}
    if not lost and not cut_off:
        return
    began = min(ulid.time_ms(call) for call in (*cut_off, *lost))
    told = retell(box.ledger / ENTRIES, box.policy, from_ms(began) - _LONGEST)
    rows = _merged(box, cut_off, told, lost)
    told_of = {row.id for row in rows}
    rest = {call: day for call, day in lost.items() if call not in told_of}
    seen = _in_reels(box, rest)
    rows += _going_on(box, rest, seen)
    changed = [row for row in rows if cut_off.get(row.id) != row]
    number = len(told_of & lost.keys()) + sum(each.ended for each in seen.values())
    if number:
        _made(box.index).touch()
        log.error("calls.db: %d calls that were missing are put back", number)
    # Power goes now: the mark, and the same is found again.
    _put(index, changed, {})


def _merged(
    box: Box, old: Mapping[str, CallRow], told: Told, wanted: Collection[str]
) -> list[CallRow]:
    """Return the rows that were there, brought up to date, and those of the ledger alone."""
    ids = {*old, *(call for call in told.rows if call in wanted)}
    rows = []
    for call_id in sorted(ids):
        was, said = old.get(call_id), told.rows.get(call_id)
        row = _later(was, said, box) if was and said else (was or said)
        if row is not None:
            rows.append(row)
    return rows


def _later(was: CallRow, said: CallRow, box: Box) -> CallRow:
    """Return a row with what the ledger has said of the call since it was written."""
    if said.erased is not None:
        at = was.erased or said.erased
        return was if was.erased else tombstone(replace(was, end=said.end), box.policy, at)
    if was.end is None:
        was = replace(
            was,
            end=said.end,
            ended_by=said.ended_by,
            direction=said.direction,
            why=said.why,
            audio_samples=said.audio_samples,
            last_offset=said.last_offset,
            chain=said.chain,
            due=was.due or said.due,
        )
    proof = (said.proof, said.proof_note, said.proved)
    if said.proved and not was.proved:
        was = replace(was, proof=proof[0], proof_note=proof[1], proved=proof[2])
    elif was.proof == "none" and was.audio_samples:
        was = replace(was, proof="pending")
    return replace(was, hold=_later_hold(was.hold, said.hold), entry=said.entry)


def _later_hold(was: str | None, said: str | None) -> str | None:
    """Return what the ledger says of a hold; of the same one the row has the reason too."""
    if was and said and replace(Hold.from_text(was), reason="") == Hold.from_text(said):
        return was
    return said


@dataclass
class _InReel:
    """What the vault has of a call. Attributes: ended, its facts are there too."""

    reel: str = ""
    ended: bool = False


def _going_on(box: Box, calls: Mapping[str, str], seen: Mapping[str, _InReel]) -> list[CallRow]:
    """Return rows for calls that have a key and no entry: recovery finishes them."""
    rows = []
    for call_id, day in calls.items():
        start = from_ms(ulid.time_ms(call_id))
        rows.append(
            CallRow(
                id=call_id,
                line=0,
                line_name="",
                department="",
                policy=box.policy.id,
                direction="unknown",
                start=start,
                clock="unsynced",
                mode="full",
                why="full",
                stretches=[{"at_s": 0.0, "audio_s": 0.0, "until_s": None}],
                events=[],
                gaps=[],
                due=box.policy.due(start),
                day=day,
                reel=seen[call_id].reel,
            )
        )
    return rows


def _in_reels(box: Box, calls: Mapping[str, str]) -> dict[str, _InReel]:
    seen = {call: _InReel() for call in calls}
    for day in set(calls.values()):
        for reel in sorted((box.vault / day).glob("*.reel")):
            for stretch in scan(reel):
                head = stretch.head
                if stretch.state is State.WHOLE and head and head.call_id in seen:
                    seen[head.call_id].reel = f"{day}/{reel.name}"
                    seen[head.call_id].ended |= head.kind is Kind.FACTS
    return seen


def _days(box: Box) -> list[str]:
    return sorted(path.name for path in box.vault.iterdir() if path.is_dir())


def _keyed(box: Box, secrets: SecretStore, days: Iterable[str]) -> dict[str, str]:
    """Return the calls that have a key, each with its day."""
    return {call: day for day in days for call in _calls_of(box, secrets, day)}


def _calls_of(box: Box, secrets: SecretStore, day: str) -> frozenset[str]:
    with suppress(SecretGone, SecretDamaged, WrongSecret, OSError, ValueError):
        return read_calls(box.vault / day / KEYS, secrets.read(day))
    return frozenset()


def _put(index: CallIndex, rows: list[CallRow], hearings: Mapping[str, list[Hearing]]) -> None:
    with index.transaction():
        for row in rows:
            index.put(row)
        for call_id, heard in hearings.items():
            for at, person, act, purpose, entry in heard:
                index.add_hearing(call_id, at, (person, act, purpose), entry)
    # Power goes now: all of them.

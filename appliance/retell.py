"""Calls told again from the ledger: what it says of each, in the form of a row.

The ledger holds no number, no name and nothing that somebody typed, so a row told again has none;
what the call held is sealed in its reel, for those who may open it. Acts that are read: a call's
entry, proof, hold, release, dated, erased; listen and export.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from appliance import call_entry
from appliance.hold import Hold
from appliance.index_row import CallRow
from appliance.ledger_walk import (
    ANY,
    CRC_BYTES,
    Entry,
    beginnings,
    read_lines,
    sound_entries,
    sound_entry,
)
from appliance.policy import Policy
from appliance.tombstone import tombstone

#: How much of the log's end is read first, some 40 entries; twice as much until it reaches back far
#: enough.
_TAIL_BYTES: Final = 1 << 14

#: The acts of hearing a call.
HEARD: Final = ("listen", "export")
#: When, who, which act, why, and the entry's number.
Hearing = tuple[datetime, str, str, str, int]


@dataclass(frozen=True)
class Told:
    """What the ledger says. Attributes: hearings: of each call, oldest first."""

    rows: dict[str, CallRow]
    hearings: dict[str, list[Hearing]]


def retell(log: Path, policy: Policy, since: datetime | None = None) -> Told:
    """Tell again what the log says; a line that is damaged is passed over.

    Args:
        since: begin with the entries of this moment; None: with the first.
    """
    told = Told({}, {})
    offset = 0 if since is None else _reach_back(log, lambda entry: _time(entry.time) < since)
    for entry in sound_entries(log, offset):
        _take(told, entry, policy)
    return told


def tell_on(
    log: Path,
    policy: Policy,
    entry: int,
    row_of: Callable[[str], CallRow | None],
    acts: Collection[str] = (),
) -> Told:
    """Tell what the log says behind an entry, of each call from its row as it was then.

    Args:
        row_of: returns a call's row, None: what the log says of it behind that entry is all.
        acts: what is told; empty: everything.
    """
    told = Told({}, {})
    for each in behind(log, entry, acts):
        call_id = str(each.facts.get("call"))
        if call_id not in told.rows and (known := row_of(call_id)) is not None:
            told.rows[call_id] = known
        _take(told, each, policy)
    return told


def behind(log: Path, entry: int, acts: Collection[str] = ()) -> Iterator[Entry]:
    """Yield the entries behind one, of all acts or of these; a damaged line is passed over."""
    for each in sound_entries(log, _offset_of(log, entry), beginnings(acts) or ANY):
        if each.index > entry:
            yield each


def newest(log: Path, entry: int, act: str) -> Entry | None:
    """Return the last entry of an act that is behind another entry: thousands are not parsed."""
    begin = beginnings((act,))
    offset = _offset_of(log, entry)
    lines = (line.removesuffix(b"\n") for _, line in read_lines(log, offset))
    found = [line for line in lines if line[CRC_BYTES:].startswith(begin)]
    last = sound_entry(found[-1], begin) if found else None
    return last if last is not None and last.index > entry else None


def _offset_of(log: Path, entry: int) -> int:
    """Return an offset shortly before an entry's end, or before the first that is behind it."""

    def is_before(each: Entry) -> bool:
        return each.index <= entry

    low, high = _reach_back(log, is_before), log.stat().st_size
    while high - low > _TAIL_BYTES:
        middle = (low + high) // 2
        if _is_at(log, middle, is_before):
            low = middle
        else:
            high = middle
    return low


def _reach_back(log: Path, far_enough: Callable[[Entry], bool]) -> int:
    """Return an offset before the last entry that is far enough back."""
    size, back = log.stat().st_size, _TAIL_BYTES
    while back < size:
        if _is_at(log, size - back, far_enough):
            return size - back
        back *= 2
    return 0


def _is_at(log: Path, offset: int, far_enough: Callable[[Entry], bool]) -> bool:
    """Say whether the first sound entry behind an offset is far enough back."""
    first = next(sound_entries(log, offset), None)
    return first is not None and far_enough(first)


def _take(told: Told, entry: Entry, policy: Policy) -> None:
    call_id = str(entry.facts.get("call"))
    if call_entry.is_of_call(entry.act, entry.facts):
        # Entered again, a call keeps what was said of it before.
        known = told.rows.get(call_id)
        told.rows[call_id] = replace(known, entry=entry.index) if known else _row(entry, policy)
    elif entry.act in HEARD:
        told.hearings.setdefault(call_id, []).append(hearing(entry))
    elif call_id in told.rows:
        told.rows[call_id] = _after(told.rows[call_id], entry, policy)


def hearing(entry: Entry) -> Hearing:
    """Return who heard a call, by an entry of HEARD."""
    facts = entry.facts
    said = (str(facts["person"]), entry.act, str(facts["purpose"]))
    return (_time(entry.time), *said, entry.index)


def _row(entry: Entry, policy: Policy) -> CallRow:
    facts: Mapping[str, Any] = entry.facts
    start, samples = _time(facts["start"]), int(facts["samples"])
    reel = str(facts["reel"] or "")
    day = reel.partition("/")[0] or policy.day(start).isoformat()
    sure = day[:1].isdecimal() and len(day) == len("2026-11-23")
    return CallRow(
        id=str(facts["call"]),
        line=int(facts["line"]),
        line_name="",
        department="",
        policy=policy.id,
        direction=str(facts["direction"]),
        start=start,
        end=_time(facts["end"]) if facts["end"] else start,
        clock=entry.clock,
        mode=str(facts["mode"]),
        why=str(facts["why"]),
        ended_by=str(facts["ended_by"]),
        audio_samples=samples,
        stretches=call_entry.stretches(facts) if facts["end"] else [],
        events=[],
        gaps=[],
        proof="pending" if samples else "none",
        # Kept longer, never shorter, where the clock could not be believed.
        due=policy.due(start) if sure else None,
        dated="sure" if sure else "unsure",
        day=day,
        reel=reel,
        last_offset=facts["offset"],
        entry=entry.index,
        chain=facts["chain"],
    )


def _after(row: CallRow, entry: Entry, policy: Policy) -> CallRow:
    """Return a row after a later entry of its call."""
    facts: Mapping[str, Any] = entry.facts
    if entry.act == "proof":
        result, note = str(facts["result"]), str(facts["note"])
        return replace(row, proof=result, proof_note=note, proved=_time(entry.time))
    if entry.act == "hold":
        return replace(row, hold=_hold(facts).to_text())
    if entry.act == "release":
        return replace(row, hold=None)
    if entry.act == "dated":
        due = _time(facts["due"]) if facts["due"] else None
        return replace(row, dated=facts["dated"], due=due, start=_time(facts["start"]))
    if entry.act == "erased":
        return tombstone(row, policy, _time(facts["done"]))
    return row


def _hold(facts: Mapping[str, Any]) -> Hold:
    """Return a hold without its reason: the ledger has a commitment to it (typed.py)."""
    return Hold(
        person=str(facts["person"]),
        reason=str(facts.get("reason", "")),  # in clear in what is older
        until=str(facts["until"]),
        since=str(facts["since"]),
        clause=str(facts["clause"]),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

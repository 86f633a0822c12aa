"""After a stop without a goodbye: make the index agree with the vault. No hand is needed.

A call whose end is not in the index was going on when the power went, the process was killed or
the disk failed. What was sealed of it is in its reel, up to the last flush; its length gives the
end. Its data key was in memory alone, so its proof must wait for somebody who can open it. A line's
self-test that was cut off says nothing, and is erased.

It runs at every start, before anything is recorded; after a clean stop it finds nothing to do.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from appliance import call_entry
from appliance.index import CallIndex
from appliance.index_row import SELF_TEST, CallRow
from appliance.store import Log
from appliance.vault.reel import State, scan
from appliance.vault.segment import Kind
from dsp.opus import LOOKAHEAD
from dsp.units import AUDIO_HZ

log = logging.getLogger(__name__)


@dataclass
class Found:
    """What the vault holds of a call.

    Attributes:
        samples: of its encoded stream.
        complete: its facts are there too, so it had ended.
    """

    samples: int = 0
    last_offset: int | None = None
    chain: str | None = None
    complete: bool = False


def recover(index: CallIndex, vault: Path, ledger: Log) -> list[CallRow]:
    """Finish the rows of the calls that were cut off, and return them.

    Raises:
        OSError: the disk failed; the next start does it again.
    """
    cut_off = index.unfinished()
    found: dict[str, Found] = {}
    for reel in sorted({row.reel for row in cut_off if row.reel}):
        ids = [row.id for row in cut_off if row.reel == reel]
        found.update(look_through(vault / reel, ids))
    rows = [finished(row, found.get(row.id, Found())) for row in cut_off]
    for row in rows:
        log.warning("call %s was cut off; %.1f s of it are kept", row.id, row.audio_s)
    entered = _enter(index, ledger, call_entry.RECOVERED, rows)
    index.begin_erasing(index.self_tests_left(), SELF_TEST)
    return entered


def enter_again(index: CallIndex, ledger: Log, found: int) -> list[CallRow]:
    """Enter the calls whose entry is not in the ledger, and return those that were in it.

    A row is on the disk before its entry, and a call is proved after it: a power cut takes the
    entries of calls that wait for their proof. Whatever takes a proved one is no power cut.

    Args:
        found: the number of entries that were on the disk when the ledger was opened.

    Raises:
        OSError: the disk failed; the next start does it again.
    """
    lost = index.entered_from(found)
    for row in lost:
        log.warning("call %s: its entry %s is not in the ledger", row.id, row.entry)
    _enter(index, ledger, call_entry.ENTERED_AGAIN, lost)
    return [row for row in lost if row.proof in ("verified", "failed")]


def _enter(index: CallIndex, ledger: Log, act: str, rows: Iterable[CallRow]) -> list[CallRow]:
    """Enter these calls, and give their rows the numbers of their entries."""
    entered = [replace(row, entry=ledger.append(act, **call_entry.facts(row))) for row in rows]
    if entered:
        with index.transaction():
            for row in entered:
                index.put(row)
        # Power goes now: rows that name entries which are not there, as in the store's tick.
        ledger.sync()
    return entered


def look_through(reel: Path, call_ids: Iterable[str]) -> dict[str, Found]:
    """Say what a reel holds of these calls; needs no key."""
    found = {call_id: Found() for call_id in call_ids}
    if not reel.exists():
        return found
    for stretch in scan(reel):
        head = stretch.head
        if stretch.state is not State.WHOLE or head is None or head.call_id not in found:
            continue
        call = found[head.call_id]
        call.last_offset, call.chain = stretch.offset, stretch.chain.hex()
        call.complete = head.kind is Kind.FACTS
        if head.kind is Kind.AUDIO:
            call.samples = head.first_sample + head.samples
    return found


def finished(row: CallRow, found: Found) -> CallRow:
    """Return the row of a call that was cut off, with what is kept of it."""
    samples = max(0, found.samples - LOOKAHEAD)
    end = row.answer or row.start
    if samples and row.stretches:
        last = row.stretches[-1]
        into_last = samples / AUDIO_HZ - last["audio_s"]
        end = row.start + timedelta(seconds=last["at_s"] + max(0.0, into_last))
    return replace(
        row,
        end=end,
        ended_by="interrupted",
        audio_samples=samples,
        proof="pending" if samples else "none",
        proof_note="cut off; waits for somebody who can open it" if samples else "",
        last_offset=found.last_offset,
        chain=found.chain,
    )

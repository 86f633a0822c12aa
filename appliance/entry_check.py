"""Do the index and the ledger say the same of each call?

Each row names its entry; each entry of a call has its row, or a certificate that it was erased. A
ledger that was cut short and looks whole, its old heads put back with it, shows here: calls that
were proved have no entry.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from appliance import call_entry
from appliance.index_row import CallRow
from appliance.ledger_walk import Entry

#: The act of an erasure's certificate.
ERASED: Final = "erased"
#: What the erasure takes out of a row, or a hold moves, is not compared.
_COMPARED: Final = (
    *("line", "direction", "start", "end", "mode", "why", "ended_by", "audio_ms"),
    "agreed",  # of those begun by hand alone
)
_READ: Final = frozenset((*call_entry.ACTS, ERASED))


@dataclass(frozen=True)
class Odd:
    """A call on which the two do not agree.

    Attributes:
        lost: False: a power cut may have done it, and the next start mends it.
    """

    call_id: str
    why: str
    lost: bool = True


@dataclass
class Entered:
    """What the ledger says of calls: entries by their number, and how many there are in all.

    The rows are to be read after it.
    """

    size: int = 0
    entries: dict[int, Entry] = field(default_factory=dict)

    def push(self, entry: Entry | None) -> None:
        """Take the ledger's next entry, None for one that is damaged."""
        self.size += 1
        if entry is not None and entry.act in _READ:
            self.entries[entry.index] = entry

    def calls(self) -> set[str]:
        """Return the calls that there were, erased ones too."""
        acts = self.entries.values()
        return {str(entry.facts.get("call")) for entry in acts if entry.act != ERASED}


def compare(entered: Entered, rows: Sequence[CallRow]) -> Iterator[Odd]:
    """Yield what does not agree; the rows are all of the index."""
    acts = entered.entries.values()
    erased = {str(entry.facts.get("call")) for entry in acts if entry.act == ERASED}
    known = {row.id for row in rows} | erased
    for entry in acts:
        call_id = str(entry.facts.get("call"))
        if call_id not in known:
            yield Odd(call_id, f"entry {entry.index} of the ledger says that there was such a call")
    for row in rows:
        if row.end is not None:
            yield from _row(row, entered)


def _row(row: CallRow, entered: Entered) -> Iterator[Odd]:
    if row.entry is None:
        yield Odd(row.id, "its row names no entry of the ledger", lost=False)
        return
    entry = entered.entries.get(row.entry)
    if row.entry >= entered.size:
        proved = row.proof in ("verified", "failed")
        yield Odd(row.id, f"the ledger ends before its entry {row.entry}", lost=proved)
    elif entry is None or entry.facts.get("call") != row.id:
        yield Odd(row.id, f"entry {row.entry} of the ledger is not its own")
    elif row.erased is None:
        facts = call_entry.facts(row)
        for name in _COMPARED:
            if facts.get(name) != entry.facts.get(name):
                said = (
                    f"“{name}” is {facts.get(name)}, in entry {row.entry} {entry.facts.get(name)}"
                )
                yield Odd(row.id, said)

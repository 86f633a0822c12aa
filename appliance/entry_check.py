"""Do the index and the ledger say the same of each call?

Each row names its entry; each entry of a call has its row, or a certificate that it was erased. A
ledger that was cut short and looks whole, its old heads put back with it, shows here: calls that
were proved have no entry.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

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


class Said(NamedTuple):
    """What an entry says of a call: of a hundred thousand no more is kept than is compared."""

    act: str
    call_id: str
    facts: tuple[object, ...] = ()


@dataclass
class Entered:
    """What the ledger says of calls: entries by their number, and how many there are in all.

    The rows are to be read after it.
    """

    size: int = 0
    entries: dict[int, Said] = field(default_factory=dict)

    def push(self, entry: Entry | None) -> None:
        """Take the ledger's next entry, None for one that is damaged."""
        self.size += 1
        if entry is not None and entry.act in _READ and "call" in entry.facts:
            call_id = str(entry.facts["call"])
            facts = () if entry.act == ERASED else _compared(entry.facts)
            self.entries[entry.index] = Said(entry.act, call_id, facts)

    def calls(self) -> set[str]:
        """Return the calls that there were, erased ones too."""
        return {said.call_id for said in self.entries.values() if said.act != ERASED}


def rowless(entered: Entered, calls: Collection[str]) -> Iterator[Odd]:
    """Yield the calls that have an entry, and neither a row nor a certificate of their erasure.

    Args:
        calls: all of the index.
    """
    erased = {said.call_id for said in entered.entries.values() if said.act == ERASED}
    for number, said in entered.entries.items():
        if said.call_id not in calls and said.call_id not in erased:
            yield Odd(said.call_id, f"entry {number} of the ledger says that there was such a call")


def of_row(row: CallRow, entered: Entered) -> Iterator[Odd]:
    """Yield what a row and its entry do not agree on."""
    if row.end is None:
        return
    if row.entry is None:
        yield Odd(row.id, "its row names no entry of the ledger", lost=False)
        return
    said = entered.entries.get(row.entry)
    if row.entry >= entered.size:
        proved = row.proof in ("verified", "failed")
        yield Odd(row.id, f"the ledger ends before its entry {row.entry}", lost=proved)
    elif said is None or said.call_id != row.id:
        yield Odd(row.id, f"entry {row.entry} of the ledger is not its own")
    elif row.erased is None and said.act != ERASED:
        both = zip(_COMPARED, _compared(call_entry.facts(row)), said.facts, strict=True)
        for name, shown, told in both:
            if shown != told:
                yield Odd(row.id, f"“{name}” is {shown}, in entry {row.entry} {told}")


def _compared(facts: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(facts.get(name) for name in _COMPARED)

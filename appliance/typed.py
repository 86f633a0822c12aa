"""What a person typed about a call: in clear in the index alone, in the ledger as a commitment.

A note at a listen, the reason of a hold or of its end may hold a name or a number. The ledger
outlives the recording, so its entry has

    typed   = base 64 of HMAC-SHA256(salt, the text); none where nothing was typed

with 32 random bytes as salt, for each text anew. Text and salt are in the index's table `typed`,
by the number of their entry; both are written over as the call is erased (CallIndex.entomb), and
nobody can try out any more what was meant.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from appliance.call_entry import SALT_BYTES, commit
from appliance.ledger_walk import Entry, Finding, beginnings, sound_entry

#: The acts at which a person types something.
ACTS: Final = ("listen", "hold", "release")
#: The name of the commitment among an entry's facts.
FACT: Final = "typed"
#: What the ledger says once the index was made again, and what only the index held was lost.
REBUILT: Final = "index_rebuilt"
_READ: Final = beginnings((*ACTS, REBUILT, "alarm", "erased"))


@dataclass(frozen=True, slots=True)
class Typed:
    """Attributes: salt, of SALT_BYTES; it is as secret as the text."""

    call_id: str
    text: str
    salt: bytes

    def commitment(self) -> str:
        """Return what stands in the ledger."""
        return commit(self.text, self.salt)


def is_row(rest: Sequence[object]) -> bool:
    """Say whether what was read of a damaged index is a text: call, text and salt."""
    return [type(value) for value in rest] == [str, str, bytes]


def new(call_id: str, text: str) -> Typed:
    """Return a text with a salt of its own."""
    return Typed(call_id, text, os.urandom(SALT_BYTES))


@dataclass
class Entered:
    """What the ledger says of texts.

    Attributes:
        entries: those of ACTS whose text is not erased, by number.
        rebuilt: the last entry which says that the index was made again, or -1.
    """

    entries: dict[int, Entry] = field(default_factory=dict)
    rebuilt: int = -1
    _of_call: dict[str, list[int]] = field(default_factory=dict)

    def push(self, entry: Entry | None) -> None:
        """Take the ledger's next entry, None for one that is damaged."""
        if entry is None:
            return
        call_id = str(entry.facts.get("call"))
        if REBUILT in (entry.act, entry.facts.get("what")):  # in what is older, an alarm alone
            self.rebuilt = entry.index
        elif entry.act == "erased":
            for number in self._of_call.pop(call_id, ()):
                del self.entries[number]
        elif entry.act in ACTS and entry.facts.get(FACT):
            self.entries[entry.index] = entry
            self._of_call.setdefault(call_id, []).append(entry.index)


def read_entries(lines: Iterable[bytes]) -> Entered:
    """Return what a ledger says of texts, LF left off its lines."""
    found = Entered()
    for line in lines:
        found.push(sound_entry(line, _READ))
    return found


def agrees(typed: Typed, entry: Entry | None) -> bool:
    """Say whether a text is the one that an entry commits to."""
    if entry is None or len(typed.salt) != SALT_BYTES:
        return False
    return (entry.facts.get("call"), entry.facts.get(FACT)) == (typed.call_id, typed.commitment())


def compare(
    entered: Entered, texts: Mapping[int, Typed], reasons: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield what is not as it was typed: "typed", or "typed_lost" with an index made again.

    Args:
        texts: all of the index, by entry.
        reasons: of each call that is held, as its row shows it.
    """
    for number, entry in entered.entries.items():
        said, text = f"what was typed at the {entry.act} of its call", texts.get(number)
        if text is None:
            what = "typed" if number > entered.rebuilt else "typed_lost"
            yield Finding(what, number, number, f"{said} is gone")
        elif not agrees(text, entry):
            yield Finding("typed", number, number, f"{said} was changed")
    known = hold_reasons(entered, texts)
    for number, entry in entered.entries.items():
        call_id = str(entry.facts["call"])
        shown = reasons.get(call_id)
        if entry.act == "hold" and shown is not None and shown != known.get(call_id, shown):
            yield Finding("typed", number, number, f"call {call_id} shows another reason")


def hold_reasons(entered: Entered, texts: Mapping[int, Typed]) -> dict[str, str]:
    """Return for each call why it was held last, as far as that is known."""
    holds = {n: e for n, e in sorted(entered.entries.items()) if e.act == "hold"}
    return {str(e.facts["call"]): texts[n].text for n, e in holds.items() if n in texts}

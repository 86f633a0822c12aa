"""Were both copies of the registry put back to an earlier state? The ledger has more notes then.

Each change of people and documents is one write with a note of it for the ledger (notebook.py). The
note waits in `unsent`; the newest that the ledger has are in `told`. So in the ledger nothing
follows the newest of `told` but what was sent and is still in `unsent`. What else follows was
undone, and is done again as far as it closes something:

    person_removed                the account is gone again
    rights_changed                the roles are what they were; a role that was given opens nothing
    code_renewed                  what opened before opens nothing
    person_added                  the account is lost; nobody is given its id a second time

The rest (a passphrase that was changed, a document) is for people to see to: the ledger has none of
it. The alarm names each act.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from appliance.box import Box
from appliance.ledger_people import BEHIND, FEW
from appliance.ledger_walk import ANY, ENTRIES, Entry, read_lines, sound_entry
from appliance.notebook import FROM, Notebook
from appliance.people import retrieves
from appliance.profile import Profile
from appliance.registry import Registry, RightsChange
from appliance.registry_storage import read_tables

#: How much of the ledger's end is read first, some 150 entries; four times as much until a note is
#: met that the registry knows.
_TAIL_BYTES: Final = 1 << 16
#: What the registry's history has too.
_OF_RIGHTS: Final = frozenset(
    ("person_added", "person_removed", "rights_changed", "code_renewed", "recovered")
)

Note = Mapping[str, Any]

log = logging.getLogger(__name__)


def settle(registry: Registry, notebook: Notebook, box: Box) -> list[Entry]:
    """Do again what was undone, with a note of it, and return it; for who has the registry open.

    Raises:
        OSError: the disk failed; nothing is changed.
    """
    told, log_file = registry.told(), box.ledger / ENTRIES
    try:
        known = [_note(each) for each in _notes(log_file)] if told is None else told
        found = undone(log_file, known, registry.unsent())
    except OSError as error:  # the recorder tells of that; the page does what it can still do
        log.error("whether the registry is of an earlier moment is not known: %s", error)
        return []
    if told is None:
        registry.put_told(known)
    elif found:
        with registry.one_write():
            for entry in found:
                _do_again(registry, entry, box.policy.profile)
            registry.put_told([*known, *map(_note, found)])
            notebook.keep(BEHIND, "", acts=in_words(found))
        log.error("the registry was of an earlier moment; undone: %s", in_words(found))
    return found


def undone_in(path: Path, log_file: Path) -> list[Entry]:
    """Return what was undone in a registry that another process may have open."""
    while True:
        tables = read_tables(path)
        if "told" not in tables:
            return []
        told, waiting = (list(tables.get(name, {}).values()) for name in ("told", "unsent"))
        found = undone(log_file, told, waiting)
        # What the page has noted since we read its file is not undone.
        if not found or read_tables(path) == tables:
            return found


def undone(log_file: Path, told: Sequence[Note], waiting: Sequence[Note]) -> list[Entry]:
    """Return the entries of notes that a registry does not know of, oldest first."""
    size, back = log_file.stat().st_size, _TAIL_BYTES
    while True:
        notes = list(_notes(log_file, max(0, size - back)))
        known = [any(_is(note, each) for note in told) for each in notes]
        if any(known):
            newest = len(known) - 1 - known[::-1].index(True)
            return _but(waiting, notes[newest + 1 :])
        if back >= size:
            # A ledger that has none of them has lost its end: its own checks tell of that.
            return [] if told else _but(waiting, notes)
        back *= 4


def in_words(entries: Sequence[Entry]) -> str:
    """Return what was undone, for people who know the acts."""
    said = [
        f"{each.act} {each.facts.get('who', each.facts['person'])} {each.facts['at']}"
        for each in entries[:FEW]
    ]
    more = len(entries) - len(said)
    return "; ".join([*said, f"+ {more}"] if more else said)


def _notes(log_file: Path, offset: int = 0) -> Iterator[Entry]:
    """Yield the entries that were notes: they have the time at which the page noted them."""
    for _, line in read_lines(log_file, offset):
        if b'"at":"' in line:
            entry = sound_entry(line.removesuffix(b"\n"), ANY)
            if entry is not None and "at" in entry.facts and "person" in entry.facts:
                yield entry


def _note(entry: Entry) -> dict[str, str]:
    return {"act": entry.act, **{name: str(value) for name, value in entry.facts.items()}}


def _is(note: Note, entry: Entry) -> bool:
    facts = {name: value for name, value in note.items() if name not in ("act", FROM)}
    return note.get("act") == entry.act and facts.items() <= entry.facts.items()


def _but(waiting: Sequence[Note], notes: Sequence[Entry]) -> list[Entry]:
    return [each for each in notes if not any(_is(note, each) for note in waiting)]


def _do_again(registry: Registry, entry: Entry, profile: Profile) -> None:
    facts = {name: str(value) for name, value in entry.facts.items()}
    who, at = facts.get("who", facts["person"]), facts["at"]
    before, after = facts.get("before", ""), facts.get("after", "")
    if entry.act in _OF_RIGHTS:
        change = RightsChange(at, facts["person"], who, entry.act, before, after)
        registry.keep_rights_change(change)
    person = registry.person(who)
    if entry.act in ("person_added", "person_removed") and person is None:
        registry.bury(who, after or before, at)
    elif entry.act == "person_removed":
        registry.remove(who, at, last_too=True)
    elif entry.act == "rights_changed" and person is not None:
        registry.change(who, role=after)
        if not retrieves(profile, after):  # in an older row the passphrase itself opens the vault
            registry.change(who, **({"vault": ""} if person.recipient else {"code_until": at}))
    elif entry.act == "code_renewed" and person is not None:
        registry.change(who, code_until=at)

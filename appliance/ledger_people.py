"""What the ledger itself says of people: who was removed, and what could not have been after that.

The recorder cannot read the registry, which is the page's; but it has the ledger. So it gives no
key to somebody who was removed, whatever the page believes of them; and it tells where somebody
acts who is gone, or an id is given a second time, as happens after both copies of the registry were
put back to an earlier state (registry_age.py).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from appliance.ledger_walk import Entry, beginnings, sound_entries
from appliance.retell import HEARD

#: The ledger's act of the page, and the alarm.
BEHIND: Final = "registry_behind"
#: Acts that an alarm names one by one.
FEW: Final = 12
_ACTS_OF_PEOPLE: Final = frozenset((*HEARD, "login", "hold", "release"))
_COMING: Final = ("person_added", "recovered")
_GOING: Final = "person_removed"

_READ: Final = beginnings(("alarm_seen", BEHIND, *_ACTS_OF_PEOPLE, *_COMING, _GOING))


@dataclass
class LedgerPeople:
    """Read along the ledger; each audit begins with an empty one.

    Attributes:
        gone: the ids of those who were removed.
        odd: what somebody should look at, in words; what was before an alarm was seen to is not.
    """

    gone: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    _added: dict[str, str] = field(default_factory=dict)

    def push(self, entry: Entry | None) -> None:
        """Take the ledger's next entry, None for one that is damaged."""
        if entry is None:
            return
        facts = entry.facts
        if entry.act == "alarm_seen" and facts.get("what") == BEHIND:
            self.odd.clear()
        elif entry.act == BEHIND:
            self.odd.append(f"{facts.get('acts')}")
        elif entry.act in _ACTS_OF_PEOPLE and facts.get("person") in self.gone:
            self.odd.append(f"{entry.act} {facts['person']} {entry.time}")
        elif entry.act in (*_COMING, _GOING):
            self._came_or_went(entry)

    def _came_or_went(self, entry: Entry) -> None:
        who = str(entry.facts.get("who"))
        told = str(entry.facts.get("at", entry.time))
        # A note that was sent twice, for the power went before it was dropped, has the same time.
        if entry.act == "person_added" and self._added.setdefault(who, told) != told:
            self.odd.append(f"{entry.act} {who} {told}")
        self.heard(entry.act, who)

    def heard(self, act: str, who: str) -> None:
        """Take a note of the page's that is on its way into the ledger."""
        if act == _GOING:
            self.gone.add(who)
        elif act in _COMING:
            self.gone.discard(who)


def read(log: Path) -> LedgerPeople:
    """Return what a whole ledger says of people.

    Raises:
        OSError: it cannot be read.
    """
    people = LedgerPeople()
    for entry in sound_entries(log, begin=_READ):
        people.push(entry)
    return people

"""Does what people ask of the office, as the cycles allow, and refuses the rest.

Each act is checked in this order: it is in the document's cycle; the person has the right; the
document is theirs, or is not, as the act asks; what the act needs is given; and the rule's own
conditions hold (conditions.py). A refusal changes nothing, and it too is for the ledger.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from appliance import address
from appliance.index_row import iso
from appliance.notebook import FROM
from appliance.office import cycles
from appliance.office.cabinet import Cabinet, NoSuchDocument
from appliance.office.cycles import NEW, Cycle, Step
from appliance.office.documents import (
    Document,
    Entry,
    Facts,
    LineFile,
    Medium,
    Request,
    Restriction,
)
from appliance.profile import Profile

D = TypeVar("D", LineFile, Request, Medium, Restriction)
"""A document of a kind."""

#: For a body that has no account its papers are taken in by who has this right instead.
_ON_PAPER: Final[Mapping[str, str]] = {
    "file": "register.write",
    "withdraw": "register.write",
    "pledge": "pledge.receive",
    "report": "report.receive",
    "ask_extension": "report.receive",
}
_CYCLES: Final[Mapping[type, Callable[[Profile], Cycle]]] = {
    LineFile: cycles.line_cycle,
    Request: cycles.request_cycle,
    Medium: cycles.medium_cycle,
    Restriction: cycles.restriction_cycle,
}
_SUBJECTS: Final[Mapping[type, str]] = {
    LineFile: "line",
    Request: "request",
    Medium: "medium",
    Restriction: "restriction",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Attributes: roles: the profile's ids; department: theirs, "" for none."""

    id: str
    roles: frozenset[str]
    department: str = ""


#: What the box does by itself: a copy that is due, a call that has been erased.
BOX: Final = Actor("", frozenset())


class Refusal(Exception):
    """The act is not allowed; nothing has changed.

    Attributes:
        why: "wrong_state" "no_right" "not_yours" "same_person" "missing" "restricted" "no_ground"
            "no_call" "out_of_scope" "too_late" "in_force".
        clause: of the rule that says so, "" where it is the box's own.
        detail: which fact is missing, until when, and the like.
    """

    def __init__(self, why: str, clause: str = "", detail: str = "") -> None:
        super().__init__(why, clause, detail)
        self.why, self.clause, self.detail = why, clause, detail


@dataclass(frozen=True)
class Given:
    """What comes with an act. Attributes: changes: of the document's own fields."""

    facts: Facts = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)


NOTHING: Final = Given()
#: Says of an act whether the rule's conditions hold, and what else of the document changes.
Condition = Callable[[Actor, Any, str, Given], Mapping[str, Any]]


class Clerk:
    """For any number of threads: each act is checked and kept under the registry's lock."""

    def __init__(
        self,
        profile: Profile,
        cabinet: Cabinet,
        now: Callable[[], datetime],
        condition: Condition,
    ) -> None:
        """Work for one city.

        Args:
            condition: the rule's own conditions of an act; raises Refusal.
        """
        self.profile = profile
        self.cabinet = cabinet
        self._now = now
        self._condition = condition
        self._cycles = {kind: cycle(profile) for kind, cycle in _CYCLES.items()}

    def acts(self, actor: Actor, document: Document) -> list[str]:
        """Return the acts that a person may do with a document now, facts and conditions aside."""
        cycle = self._cycles[type(document)]
        steps = [(act, step) for (state, act), step in cycle.items() if state == document.state]
        return [act for act, step in steps if not self._bar(actor, document, act, step)]

    def asks(self, document: Document, act: str) -> tuple[str, ...]:
        """Return the facts that an act with a document cannot do without, as it is now."""
        return self._step(type(document), document.state, act).asks

    def may_file(
        self, actor: Actor, kind: type[Document], act: str, on_paper: bool = False
    ) -> bool:
        """Say whether a person may begin a document of a kind."""
        step = self._cycles[kind].get((NEW, act))
        return step is not None and self.profile.may(actor.roles, _right(act, step, on_paper))

    def file(self, actor: Actor, act: str, document: D, facts: Facts | None = None) -> D:
        """Begin a document.

        Raises:
            Refusal, LedgerBehind: nothing is kept.
        """
        with self.cabinet.one_at_a_time():
            step = self._step(type(document), NEW, act)
            bare = replace(document, state=NEW)
            return self._do(actor, bare, act, step, Given(facts or {}))

    def do(self, actor: Actor, document: D, act: str, given: Given = NOTHING) -> D:
        """Do an act with a document, and return it as it is then.

        Raises:
            Refusal, LedgerBehind: nothing is changed.
        """
        with self.cabinet.one_at_a_time():
            current = self._current(document)
            step = self._step(type(current), current.state, act)
            return self._do(actor, current, act, step, given)

    def check(self, actor: Actor, document: D, act: str, given: Given = NOTHING) -> None:
        """See whether an act would be done, before what it takes is begun.

        Raises:
            Refusal: it would not.
        """
        current = self._current(document)
        step = self._step(type(current), current.state, act)
        self._see(actor, current, act, step, given)

    def _current(self, document: D) -> D:
        try:
            return self.cabinet.get(type(document), document.id)
        except NoSuchDocument:
            return document  # a line's file begins with its first act

    def _step(self, kind: type, state: str, act: str) -> Step:
        step = self._cycles[kind].get((state, act))
        if step is None:
            raise Refusal("wrong_state", detail=state)
        return step

    def _do(self, actor: Actor, document: D, act: str, step: Step, given: Given) -> D:
        changes = {**given.changes, **self._see(actor, document, act, step, given)}
        entry = Entry(self._iso_now(), actor.id, act, document.state, step.next, dict(given.facts))
        done = replace(document, **changes, state=step.next, history=(*document.history, entry))
        self.cabinet.put(done, [self._note(actor, done, act, step)])
        return done

    def _see(
        self, actor: Actor, document: Document, act: str, step: Step, given: Given
    ) -> Mapping[str, Any]:
        """Return what else of a document an act changes.

        Raises:
            Refusal: it may not be done.
        """
        bar = self._bar(actor, document, act, step)
        if bar:
            raise bar
        for fact in step.asks:
            if not given.facts.get(fact, "").strip():
                raise Refusal("missing", self._clause(step), fact)
        return self._condition(actor, document, act, given)

    def _bar(self, actor: Actor, document: Document, act: str, step: Step) -> Refusal | None:
        """Return why a person may not do this, None if they may."""
        clause = self._clause(step)
        on_paper = isinstance(document, Request) and document.on_paper
        if not step.right:
            return None if actor is BOX else Refusal("no_right", clause)
        if not self.profile.may(actor.roles, _right(act, step, on_paper)):
            return Refusal("no_right", clause)
        if step.who == "other" and actor.id == document.made_by:
            return Refusal("same_person", clause)
        if step.who == "own" and not on_paper and not _is_theirs(actor, document):
            return Refusal("not_yours", clause)
        return None

    def _clause(self, step: Step) -> str:
        section = getattr(self.profile, step.section, None)
        return str(getattr(section, "clause", "")) if section else ""

    def _note(self, actor: Actor, document: Document, act: str, step: Step) -> dict[str, str]:
        # Ids and words of the profile alone: the ledger outlives names and reasons.
        return {
            "act": f"{_SUBJECTS[type(document)]}_{act}",
            "person": actor.id,
            "at": self._iso_now(),
            FROM: address.here(),
            "of": document.id,
            "state": step.next,
            "clause": self._clause(step),
        }

    def _iso_now(self) -> str:
        return str(iso(self._now()))


def _right(act: str, step: Step, on_paper: bool) -> str:
    return _ON_PAPER.get(act, step.right) if on_paper else step.right


def _is_theirs(actor: Actor, document: Document) -> bool:
    """Whether a person, or their department, is whose document it is."""
    if actor.id == document.made_by:
        return True
    return bool(actor.department) and actor.department == document.department


def documents_of(found: Sequence[D], actor: Actor) -> list[D]:
    """Return those documents that are a person's or their department's."""
    return [each for each in found if _is_theirs(actor, each)]

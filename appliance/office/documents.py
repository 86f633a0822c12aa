"""The office's documents, as the registry keeps them.

A document is never changed but by an act of its cycle (cycles.py), and each act leaves an entry in
its history. People are named by their ids; what somebody typed about themselves stays as typed, for
it stands on a signed form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Facts = Mapping[str, str]

#: The acts that make a copy: the first, and anew what was not saved in time.
_MAKE_A_COPY: Final = ("provide", "provide_again")


@dataclass(frozen=True, slots=True)
class Entry:
    """One act.

    Attributes:
        at: ISO 8601 UTC.
        by: person's id; "" for the box itself.
        facts: what was given with it: "reason", "planned_day" and so on.
    """

    at: str
    by: str
    act: str
    before: str
    after: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks, as it stands on the form.

    Attributes:
        born: date of birth, or a corporation's number.
        unit: department, or address.
    """

    name: str
    unit: str
    rank: str = ""
    duty: str = ""
    born: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """The paper by which a body outside asks. Attributes: day: of the paper, ISO 8601."""

    issuer: str
    number: str
    day: str


@dataclass(frozen=True, slots=True)
class LineFile:
    """Whether a line is recorded in full, and by which application.

    Attributes:
        id: "l3" for line 3.
        ground: of the application that is under way or in force.
    """

    id: str
    state: str = "off"
    ground: str = ""
    reason: str = ""
    applicant: Applicant | None = None
    made_by: str = ""
    department: str = ""
    made: str = ""
    history: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks to view recordings, or to be given a copy.

    Attributes:
        calls: ids of the calls that it is about; those that are to be found are in `wanted`.
        wanted: what the applicant knows of the call: day and time, line.
        filled: what else the city's form asks, by the names that its profile has for its fields.
        on_paper: a body without an account asks; whoever registers it is `made_by`.
        until: end of the time in which it may be listened to, ISO 8601 UTC.
        due: day by which its use is to be reported, ISO 8601.
        planned: day on which the copy is to be destroyed.
        outcome: as reported last.
        files: how many were provided.
    """

    id: str
    kind: Literal["view", "provide"]
    ground: str
    purpose: str
    reason: str
    applicant: Applicant
    made_by: str
    department: str
    made: str
    calls: tuple[str, ...] = ()
    wanted: str = ""
    relation: str = ""
    proof: Proof | None = None
    filled: Facts = field(default_factory=dict)
    on_paper: bool = False
    state: str = "requested"
    until: str | None = None
    provided: str | None = None
    due: str | None = None
    planned: str | None = None
    outcome: str = ""
    destroyed: str | None = None
    files: int = 0
    history: tuple[Entry, ...] = ()

    @property
    def copies(self) -> tuple[Entry, ...]:
        """Each making of the copy, oldest first: the newest is the one that counts."""
        return tuple(each for each in self.history if each.act in _MAKE_A_COPY)


@dataclass(frozen=True, slots=True)
class Medium:
    """A medium that the supervisor manages.

    Attributes:
        made_by: whoever has it now, or had it last: who may hand it back.
        request: that it was written for.
        sha256: of what was written to it.
    """

    id: str
    serial: str
    kind: str
    state: str = "in_stock"
    request: str = ""
    made_by: str = ""
    department: str = ""
    sha256: str = ""
    issued: str | None = None
    back: str | None = None
    history: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Restriction:
    """Somebody is given no recordings for a time.

    Attributes:
        person: whom it is about; for a body without an account, the name as on its request.
        made_by: who proposed it; "" for the box.
    """

    id: str
    person: str
    ground: str
    request: str = ""
    state: str = "proposed"
    made_by: str = ""
    department: str = ""
    made: str = ""
    history: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeMark:
    """What a person says of the notice in a call. Attributes: code: "spoken" or an exemption's."""

    id: str
    code: str
    note: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Review:
    """The monthly review of the access log, signed off. Attributes: id: "2026-11"."""

    id: str
    by: str
    at: str
    remarks: str


Document = LineFile | Request | Medium | Restriction

"""What the city's form of request asks of an applicant: the fields that its profile names.

    the profile's field                     what becomes of it
    call.time, line.number, date, ...       not asked: the box knows it
    reason:A|B, kind:A|B                    the ground and the kind, which everybody is asked
    applicant.name, relation, reason, ...   asked; kept in the request's own fields (_OWN)
    any other                               asked; kept in `Request.filled` under its name
    sign:unit,rank,name                     the applicant's
    rows:...                                not asked: the recordings

Who asks by an account is known by it: what the form does not ask of them is the account's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from appliance.office.documents import Request
from appliance.profile import Ground, Profile

#: What the box fills in by itself.
_KNOWN: Final = frozenset(
    {"call.time", "call.from", "call.to", "line.number", "staff.number_or_ext", "date", "files"}
)
#: Where a request keeps a field of a form, by the name that the page's form has for it.
_OWN: Final = {
    "applicant.name": "applicant",
    "applicant.birth_or_regno": "born",
    "applicant.unit": "unit",
    "applicant.unit_or_address": "unit",
    "applicant.rank": "rank",
    "applicant.duty": "duty",
    "relation": "relation",
    "reason": "reason",
    "purpose": "purpose",
    "attachment": "proof",
}
#: A form that has no place for a reason has the reason told there.
_TOLD: Final = "call.content"


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the form.

    Attributes:
        field: as the profile names it.
        name: what the page's form has it under.
        choices: one of these is chosen; empty where it is written.
    """

    field: str
    name: str
    choices: tuple[str, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether a request has a field of its own for it."""
        return self.name in _OWN.values()

    @property
    def is_applicants(self) -> bool:
        """Whether it is about who asks."""
        return self.field.startswith("applicant.")


def questions(profile: Profile, on_paper: bool = False) -> list[Question]:
    """Return what is asked of an applicant, in the order of the form.

    Args:
        on_paper: of a body without an account, whose name nobody knows if it is not asked.
    """
    found: dict[str, Question] = {}
    for field, choices in _fields(profile, on_paper):
        name = "reason" if field == _told(profile) else _OWN.get(field, _named(field))
        found.setdefault(name, Question(field, name, choices))
    found.setdefault("reason", Question("reason", "reason"))
    return list(found.values())


def told_by_ground(profile: Profile, ground: Ground | None) -> str:
    """Return the purpose that a ground already says: of the same name, or the only one."""
    known = [each.id for each in profile.purpose]
    if ground is not None and ground.id in known:
        return ground.id
    return known[0] if len(known) == 1 else ""


def grounds_listed(profile: Profile) -> tuple[str, ...]:
    """Return the grounds that the form has boxes for."""
    boxes = (each for each in fields_of(profile) if each.startswith("reason:"))
    return tuple(next(boxes, "reason:").partition(":")[2].split("|"))


def content_of(request: Request) -> str:
    """Return what the call was about, as the applicant told it."""
    return request.filled.get(_TOLD, request.reason)


def fields_of(profile: Profile) -> tuple[str, ...]:
    """Return the fields of the form of request, as the profile has them."""
    form = profile.forms.get(profile.provision.form) if profile.provision else None
    return form.fields if form else ()


def _fields(profile: Profile, on_paper: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    if on_paper:
        yield "applicant.name", ()
        yield "applicant.unit_or_address", ()
    for each in fields_of(profile):
        head, _, parts = each.partition(":")
        if head == "sign":
            yield from ((f"applicant.{part}", ()) for part in parts.split(","))
        elif head not in _KNOWN and not (parts and head in ("reason", "kind", "rows")):
            yield head, tuple(parts.split("|")) if parts else ()


def _named(field: str) -> str:
    """Return what the page's form has a field under that no request has of its own."""
    return f"form_{field.replace('.', '_')}"


def _told(profile: Profile) -> str:
    return "reason" if "reason" in fields_of(profile) else _TOLD

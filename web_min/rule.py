"""The city's rule as the box follows it: each article, and in words what the box does by it."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Final, NamedTuple

from flask import Blueprint, render_template
from markupsafe import Markup, escape

from appliance import articles
from appliance.office.conditions import ground_of
from appliance.profile import Profile
from web_min.languages import gettext
from web_min.parts import parts
from web_min.rule_words import KEYS, RIGHTS, SECTIONS, VALUES
from web_min.words import METHODS, OUTCOMES, REQUEST_KINDS, REQUEST_STEPS

bp = Blueprint("rule", __name__)

#: Sections that are no rules: names, and what forms have.
_LEFT_OUT: Final = frozenset({"schema", "city", "terms", "forms", "law", "local", "partial"})
#: What stands for itself: the city's own words, said without a label.
_OWN_WORDS: Final = ("title", "name", "text")
#: Not said: names that the box alone uses, and what stands elsewhere.
_UNSAID: Final = frozenset({"id", "code", "clause", "title_en"})
#: Where "no" is a rule of its own; elsewhere what is not asked for is not said.
_NO_TOO: Final = frozenset({"required", "allowed"})
_WORDS: Final = {**REQUEST_STEPS, **REQUEST_KINDS, **OUTCOMES, **METHODS}
_APPROVAL_OF: Final = "approval_of:"


class Follows(NamedTuple):
    """What of the profile follows from a clause.

    Attributes:
        section: in words, such as "Retention".
        own: the city's own words, or "".
        said: label and value of each thing that is settled.
    """

    section: str
    own: str
    said: list[tuple[str, Markup]]


@bp.get("/rule")
def show() -> str:
    """Show every article, and what of the profile follows from it."""
    profile, told = parts().profile, parts().articles
    follows: dict[str, list[Follows]] = {}
    for each in fields(profile):
        if each.name not in _LEFT_OUT:
            for clause, found in _said(profile, each.name, getattr(profile, each.name)):
                # An article named whole is told of at its first paragraph.
                first = next((name for name, _ in articles.words(told, clause)), clause)
                follows.setdefault(first, []).append(found)
    local = [_place(each) for each in profile.local]
    elsewhere = {clause: found for clause, found in follows.items() if clause not in told}
    return render_template(
        "rule.html", articles=told, follows=follows, elsewhere=elsewhere, local=local
    )


def _said(profile: Profile, where: str, value: object) -> Iterator[tuple[str, Follows]]:
    """Yield each part of the profile that names a clause, with that clause."""
    if isinstance(value, tuple):
        for part in value:
            yield from _said(profile, where, part)
    elif is_dataclass(value):
        values = [(f.name.rstrip("_"), getattr(value, f.name)) for f in fields(value)]
        own = ": ".join(str(said) for name, said in values if name in _OWN_WORDS and said)
        said = [
            (_word(KEYS, name), _text(profile, where, name, what))
            for name, what in values
            if _is_said(name, what)
        ]
        for clause in articles.clauses_of(str(getattr(value, "clause", ""))):
            yield clause, Follows(_word(SECTIONS, where), own, said)
        for name, what in values:
            yield from _said(profile, f"{where}.{name}", what)


def _is_said(name: str, value: object) -> bool:
    if name in _UNSAID or name in _OWN_WORDS or is_dataclass(value):
        return False
    if isinstance(value, tuple) and any(is_dataclass(each) for each in value):
        return False
    return bool(value) or name in _NO_TOO


def _text(profile: Profile, where: str, name: str, value: object) -> Markup:
    """Return a value in words; what the city itself calls it is marked as its language."""
    if isinstance(value, bool):
        return escape(gettext("yes") if value else gettext("no"))
    if isinstance(value, frozenset):
        return escape(", ".join(sorted(_word(RIGHTS, str(each)) for each in value)))
    if isinstance(value, tuple):
        between = Markup(" → " if name == "steps" else ", ")
        return between.join(_text(profile, where, name, each) for each in value)
    text = str(value)
    if text.startswith(_APPROVAL_OF):
        role = profile.role_of(text.removeprefix(_APPROVAL_OF))
        return escape(gettext("%(role)s approves")) % {"role": _own(profile, role.title)}
    named = _named(profile, where, text)
    if not named and (text in _WORDS or text in VALUES or isinstance(value, int)):
        return escape(_WORDS.get(text) or _word(VALUES, text))
    return _own(profile, named or text)


def _own(profile: Profile, text: str) -> Markup:
    return Markup('<span lang="{}">{}</span>').format(profile.city.language, text)


def _named(profile: Profile, where: str, text: str) -> str:
    """Return what the profile itself calls a role, a form or a ground; "" if it is none."""
    for role in profile.role:
        if role.id == text:
            return role.title
    if text in profile.forms:
        form = profile.forms[text]
        return f"{form.label} {form.title}".strip()
    ground = ground_of(profile, text) if where == "outside_use" else None
    return ground.text if ground else ""


def _place(path: str) -> str:
    """Return in words a place in the profile: "Retention: when the disk is full"."""
    where, _, name = path.rpartition(".")
    if name in _OWN_WORDS:
        return _word(SECTIONS, where)
    return f"{_word(SECTIONS, where)}: {_word(KEYS, name)}" if where else _word(SECTIONS, name)


def _word(table: Mapping[str, str], name: str) -> str:
    return gettext(table[name]) if name in table else name

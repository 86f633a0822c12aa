"""The city's rule as the box follows it: each value beside its article."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from flask import Blueprint, render_template

from appliance.articles import clauses_of
from web_min.parts import parts

bp = Blueprint("rule", __name__)

#: Sections that are no rules: names, and what forms have.
_LEFT_OUT = frozenset({"schema", "city", "terms", "forms", "law", "local", "partial"})


@bp.get("/rule")
def show() -> str:
    """Show every article, and what of the profile follows from it."""
    profile = parts().profile
    follows: dict[str, list[tuple[str, str]]] = {}
    for each in fields(profile):
        if each.name not in _LEFT_OUT:
            for clause, where, said in _said(each.name, getattr(profile, each.name)):
                follows.setdefault(clause, []).append((where, said))
    return render_template(
        "rule.html", articles=parts().articles, follows=follows, local=profile.local
    )


def _said(where: str, value: object) -> Iterator[tuple[str, str, str]]:
    """Yield clause, place in the profile and values, of each part that names a clause."""
    if isinstance(value, tuple):
        for part in value:
            yield from _said(where, part)
    elif is_dataclass(value):
        plain = [(f.name.rstrip("_"), getattr(value, f.name)) for f in fields(value)]
        said = ", ".join(f"{name} {_text(each)}" for name, each in plain if _is_plain(name, each))
        for clause in clauses_of(str(getattr(value, "clause", ""))):
            yield clause, where, said
        for name, each in plain:
            yield from _said(f"{where}.{name}", each)


def _is_plain(name: str, value: object) -> bool:
    if name in ("clause", "text", "title_en"):
        return False
    if isinstance(value, tuple | frozenset):
        return bool(value) and not any(is_dataclass(each) for each in value)
    return not is_dataclass(value) and value != ""


def _text(value: object) -> str:
    if isinstance(value, tuple | frozenset):
        return " / ".join(sorted(map(str, value)) if isinstance(value, frozenset) else value)
    return {True: "✓", False: "✗"}[value] if isinstance(value, bool) else str(value)

"""What is to be said of a policy profile, beyond that it can be read: what it lacks, what is ours.

A profile that cannot be used is refused by the reader. This names what a person who writes one has
left open: rules without their article, articles that no rule names, values that the rule does not
say and that are not marked as our own choice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Final

from appliance.articles import clauses_of, words
from appliance.profile import Profile

#: Sections that follow from general law, or only name things: no article of the rule stands behind.
_WITHOUT: Final = frozenset({"city", "terms", "calendar", "forms", "law"})


@dataclass(frozen=True, slots=True)
class Remark:
    """Attributes: missing: to be mended; else only to be known."""

    missing: bool
    text: str


def check(profile: Profile, articles: Mapping[str, str]) -> list[Remark]:
    """Return what is to be said of a profile.

    Args:
        articles: the rule's own words by clause; empty where we do not have them.
    """
    return [*_uncited(profile), *_unknown(profile, articles), *_silent(profile, articles)]


def _uncited(profile: Profile) -> Iterator[Remark]:
    for where, section in _sections(profile):
        if not getattr(section, "clause", "") and _is_on(section):
            yield Remark(True, f"{where}: no clause says where the rule has this")


def _unknown(profile: Profile, articles: Mapping[str, str]) -> Iterator[Remark]:
    if not articles:
        yield Remark(True, f"the rule's words are not here: put them in {_file_of(profile)}")
        return
    for where, section in _sections(profile):
        for clause in clauses_of(str(getattr(section, "clause", ""))):
            if not words(articles, clause):
                yield Remark(True, f"{where}: the rule has no clause {clause!r}")


def _silent(profile: Profile, articles: Mapping[str, str]) -> Iterator[Remark]:
    cited = {
        clause
        for _, section in _sections(profile)
        for named in clauses_of(str(getattr(section, "clause", "")))
        for clause, _ in words(articles, named)
    }
    left = [clause for clause in articles if not any(_covers(each, clause) for each in cited)]
    if left:
        yield Remark(False, f"clauses that no rule of the profile names: {', '.join(left)}")
    if profile.local:
        yield Remark(False, f"not said by the rule, our own choice: {', '.join(profile.local)}")
    if profile.partial:
        yield Remark(True, "partial: not all of the rule is in it")


def _covers(cited: str, clause: str) -> bool:
    return clause == cited or (clause.startswith(cited) and not clause[len(cited)].isdigit())


def _file_of(profile: Profile) -> str:
    return f"{profile.city.id.partition('-')[2]}.rule.toml"


def _sections(profile: Profile) -> Iterator[tuple[str, object]]:
    """Yield name and value of each section and each of a section's parts that may name a clause."""
    for each in fields(profile):
        if each.name not in _WITHOUT:
            yield from _parts(each.name, getattr(profile, each.name))


def _parts(where: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, tuple):
        for number, part in enumerate(value, 1):
            name = getattr(part, "id", getattr(part, "code", number))
            yield from _parts(f"{where} {name}", part)
    elif is_dataclass(value):
        if any(each.name == "clause" for each in fields(value)):
            yield where, value
        for each in fields(value):
            yield from _parts(f"{where}.{each.name}", getattr(value, each.name))


def _is_on(section: object) -> bool:
    """Whether a section switches anything on: one that is off needs no article."""
    for switch in ("required", "allowed", "controlled"):
        if hasattr(section, switch):
            return bool(getattr(section, switch))
    return True

"""The rule's own words, clause by clause, to be shown beside what follows from them.

    "9③" = "③ 관리부서의 장은 ... 보안서약서를 제출받아야 하며 ..."

A NAME.rule.toml beside the profile NAME.toml. Clauses are named as the profile names them.
"""

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Final

from appliance.profile import Profile

#: 9①2, 2.1, 7②(1), 8①但書, 4①: article, paragraph, item, proviso.
_PARTS: Final = re.compile(r"(\d+)([①-⑳])?(?:\.?(\d+)|\((\d+)\))?(但書)?$")
#: "add." are the addenda, "add.2" their article 2.
_ADDENDA: Final = re.compile(r"add\.(\d*)$")
_ADDENDA_CALLED: Final[Mapping[str, str]] = {"ko": "부칙", "ja": "附則", "en": "addenda"}
#: How a clause is called, by language: article, paragraph, item, proviso.
_CALLED: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "ko": ("제{}조", "제{}항", "제{}호", " 단서"),
    "ja": ("第{}条", "第{}項", "第{}号", "ただし書"),
    "en": ("article {}", "({})", " no. {}", ", proviso"),
}
#: "9①3-6" stands for 9①3 to 9①6.
_RANGE: Final = re.compile(r"(.*?)(\d+)-(\d+)$")


def clauses_of(named: str) -> list[str]:
    """Return the clauses that a profile names in one string: "8③,11①" or "9①3-6"."""
    found: list[str] = []
    for part in filter(None, (each.strip() for each in named.split(","))):
        match = _RANGE.fullmatch(part)
        if match:
            head, first, last = match.groups()
            found += [f"{head}{n}" for n in range(int(first), int(last) + 1)]
        else:
            found.append(part)
    return found


def shipped_articles(profile: Profile) -> Mapping[str, str]:
    """Return the words of a shipped city's rule; empty where we do not have them."""
    folder = resources.files("appliance") / "policies"
    for file in folder.iterdir():
        if file.name == f"{profile.city.id.partition('-')[2]}.rule.toml":
            return tomllib.loads(file.read_text(encoding="utf-8"))
    return {}


def words(articles: Mapping[str, str], named: str) -> list[tuple[str, str]]:
    """Return clause and words of each clause that is named, those that we have words for.

    An article named whole stands for its paragraphs: "9" for 9①, 9② and so on.
    """
    return [found for clause in clauses_of(named) for found in _of(articles, clause)]


def _of(articles: Mapping[str, str], clause: str) -> list[tuple[str, str]]:
    if clause in articles:
        return [(clause, articles[clause])]
    parts = re.compile(re.escape(clause) + r"\D.*")
    return [(name, text) for name, text in articles.items() if parts.fullmatch(name)]


def called(clause: str, language: str) -> str:
    """Return a clause's name as one would say it: 제9조제1항제2호, 第8条第1項ただし書.

    A name that is of no such form is returned as it is.
    """
    names = _CALLED.get(language, _CALLED["en"])
    if added := _ADDENDA.fullmatch(clause):
        name = _ADDENDA_CALLED.get(language, _ADDENDA_CALLED["en"])
        return f"{name} {names[0].format(added[1])}" if added[1] else name
    match = _PARTS.fullmatch(clause)
    if match is None:
        return clause
    article, paragraph, item, bracketed, proviso = match.groups()
    said = names[0].format(article)
    if paragraph:
        said += names[1].format(ord(paragraph) - ord("①") + 1)
    if item or bracketed:
        said += names[2].format(item or bracketed)
    return said + (names[3] if proviso else "")

"""The page's languages: which one a request gets, and its words.

The switch's cookie first, then the browser's choice, then the city's own language.
"""

from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from flask import g, request

from appliance import words as of_appliance
from appliance.po import catalogue

#: Each language in its own words, in the order of the switch. English needs no catalogue.
NAMES: Final = {"ko": "한국어", "ja": "日本語", "en": "English"}
COOKIE: Final = "kirok_language"
COOKIE_S: Final = 365 * 86_400

_FOLDER: Final = Path(__file__).parent / "languages"


@cache
def words(language: str) -> NullTranslations:
    """Return a language's catalogue, with the appliance's words; English is in the code."""
    if language == "en":
        return NullTranslations()
    path = _FOLDER / language / "LC_MESSAGES" / "kirok.po"
    ours = catalogue(path.read_text(encoding="utf-8"))
    ours.add_fallback(of_appliance.words(language))
    return ours


def choose(otherwise: str) -> str:
    """Return the language that this request is answered in."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in NAMES:
        return chosen
    return request.accept_languages.best_match(list(NAMES)) or otherwise


def language() -> str:
    chosen: str = g.language
    return chosen


def gettext(message: str) -> str:
    return words(language()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    return words(language()).ngettext(singular, plural, n)


def pgettext(context: str, message: str) -> str:
    return words(language()).pgettext(context, message)

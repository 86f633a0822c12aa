"""What the appliance says to people, in their language: alarms, mails.

A word in the code is English and marked with `N_`; `languages/ko.po` and `ja.po` hold the others.
"""

from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from appliance.po import catalogue

#: English needs no catalogue.
LANGUAGES: Final = ("ko", "ja", "en")

_FOLDER: Final = Path(__file__).parent / "languages"


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate it later"
    return message


@cache
def words(language: str) -> NullTranslations:
    """Return a language's catalogue; one that we do not have is English, the words in the code."""
    if language not in LANGUAGES or language == "en":
        return NullTranslations()
    return catalogue((_FOLDER / f"{language}.po").read_text(encoding="utf-8"))

"""What a form got wrong, for its page to say: above the form and beside each field.

Source: GOV.UK Design System, "Error summary" and "Error message".
"""

import unicodedata
from typing import Final

from flask import request

from appliance.keys import PASSPHRASE_MAX, PASSPHRASE_MIN
from web_min.languages import gettext as _

#: The longest name of a person.
NAME_MAX = 60

#: Of what is written in sentences: a reason, a remark.
LONG_MAX: Final = 2000

#: Errors by field, in the order of the page, already in the request's language.
Errors = dict[str, str]


def text(name: str, longest: int = 200) -> str:
    """Return a field as typed: composed, without spaces around it, cut at the longest allowed."""
    return "".join(c for c in _composed(name) if c.isprintable())[:longest]


def prose(name: str) -> str:
    """Return what was written in sentences, which keeps its lines, cut at LONG_MAX."""
    return "".join(c for c in _composed(name) if c.isprintable() or c == "\n")[:LONG_MAX]


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", request.values.get(name, "")).strip()


def wrong_passphrase() -> Errors:
    """Return what is wrong with a new passphrase and its repetition: `passphrase`, `again`."""
    first, again = secret("passphrase"), secret("again")
    if len(first) < PASSPHRASE_MIN:
        short = _("The passphrase needs at least %(count)s characters.")
        return {"passphrase": short % {"count": PASSPHRASE_MIN}}
    if len(first) > PASSPHRASE_MAX:
        return {"passphrase": _("The passphrase is too long.")}
    if first != again:
        return {"again": _("The two passphrases are not the same.")}
    return {}


def secret(name: str) -> str:
    """Return a passphrase exactly as typed."""
    return request.form.get(name, "")

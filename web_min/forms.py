"""What a form got wrong, for its page to say: above the form and beside each field.

Source: GOV.UK Design System, "Error summary" and "Error message".
"""

import unicodedata

from flask import request

#: Errors by field, in the order of the page, already in the request's language.
Errors = dict[str, str]


def text(name: str, longest: int = 200) -> str:
    """Return a field as typed: composed, without spaces around it, cut at the longest allowed."""
    typed = unicodedata.normalize("NFC", request.values.get(name, "")).strip()
    return "".join(c for c in typed if c.isprintable())[:longest]


def secret(name: str) -> str:
    """Return a passphrase exactly as typed."""
    return request.form.get(name, "")

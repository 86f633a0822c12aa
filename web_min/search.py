"""What the list of calls is asked for: the address's query, as a query of the index and back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from appliance import ulid
from appliance.index_query import CallQuery
from web_min.forms import Errors
from web_min.languages import gettext as _
from web_min.parts import parts, signed_in

PAGE_LEN: Final = 50
#: The fields of the form, which are the address's query too.
FIELDS: Final = ("from", "to", "line", "number", "direction", "recorded", "proof")
DIRECTIONS: Final = ("in", "out", "unknown")
RECORDED: Final = ("yes", "no")
PROOFS: Final = ("verified", "pending", "failed")

_BETWEEN_DIGITS: Final = re.compile(r"[-\s().+]")


@dataclass(frozen=True, slots=True)
class Search:
    """Attributes: typed: each field as it was typed, for the form to show again."""

    typed: Mapping[str, str]
    query: CallQuery
    errors: Errors

    @property
    def filters(self) -> dict[str, str]:
        """Return the fields in use."""
        return {name: value for name, value in self.typed.items() if value}


def read(args: Mapping[str, str], zone: ZoneInfo) -> Search:
    """Read an address's query; what cannot be read is an error by its field, and finds nothing.

    Args:
        args: the query's fields. `from` and `to` are days of the site, both of them included.
        zone: the site's.
    """
    typed = {name: args.get(name, "").strip()[:40] for name in FIELDS}
    errors: Errors = {}
    first = _day(typed["from"], "from", errors)
    last = _day(typed["to"], "to", errors)
    if first and last and last < first:
        errors["to"] = _("The last day is before the first.")
    query = CallQuery(
        from_utc=_midnight(first, zone),
        to_utc=_midnight(last + timedelta(days=1), zone) if last else None,
        line=_line(typed["line"], errors),
        number=_number(typed["number"], errors),
        direction=_one_of(DIRECTIONS, typed["direction"]),
        recorded={"yes": True, "no": False}.get(typed["recorded"]),
        proof=_one_of(PROOFS, typed["proof"]),
        before_id=_page(args.get("before", "")),
        limit=PAGE_LEN + 1,
    )
    return Search(typed, query, errors)


def _day(text: str, name: str, errors: Errors) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    # The years that a call can have; beyond them midnight may not exist as a UTC time.
    if found is None or not 2000 <= found.year <= 2999:
        errors[name] = _("Enter a day as year-month-day, for example 2026-11-23.")
        return None
    return found


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone).astimezone(UTC) if day else None


def _line(text: str, errors: Errors) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 999):
        errors["line"] = _("Enter a line's number, for example 3.")
        return None
    return int(text)


def _number(text: str, errors: Errors) -> str | None:
    digits = _BETWEEN_DIGITS.sub("", text)
    if not digits:
        if text:
            errors["number"] = _("Enter digits of the telephone number.")
        return None
    if not re.fullmatch(r"[0-9*#]+", digits):
        errors["number"] = _("Enter digits of the telephone number.")
        return None
    return digits


def _one_of(known: tuple[str, ...], text: str) -> str | None:
    return text if text in known else None


def _page(before: str) -> str | None:
    return before if re.fullmatch(ulid.PATTERN, before) else None


def note(asked: Search, found: int) -> None:
    """Enter a search in the ledger: which fields, not what was looked for, a number above all."""
    fields = " ".join(asked.filters)
    parts().notebook.note("search", signed_in().person_id, fields=fields, found=str(found))

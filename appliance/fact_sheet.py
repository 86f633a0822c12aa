"""A sheet of facts in parts, each fact a row: what `papers/fact_sheet.typ` prints."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from appliance.index_row import CallRow
from appliance.policy import Policy

_SECONDS: Final = "%Y-%m-%d %H:%M:%S %Z"

#: Says a word of the code in the sheet's language.
Say = Callable[[str], str]


def sheet(
    policy: Policy,
    title: str,
    parts: Sequence[Mapping[str, object]],
    check: str,
    hands: Sequence[str] = (),
) -> dict[str, object]:
    """Return a sheet of the policy's city.

    Args:
        check: how it is checked.
        hands: who signs it.
    """
    return {
        "lang": policy.language,
        "title": title,
        "city": policy.city,
        "rule": policy.rule_title,
        "parts": parts,
        "check": check,
        "hands": hands,
    }


def part(
    title: str, rows: Mapping[str, str], say: Say, *, exact: bool = False
) -> dict[str, object]:
    """Return a part; exact: its values are sums and the like, to be compared letter by letter."""
    made = [{"name": say(name), "value": value, "exact": exact} for name, value in rows.items()]
    return {"title": title, "rows": made}


def line_of(row: CallRow) -> str:
    """Return a call's line as a sheet names it; of one put back from the ledger less is known."""
    return " ".join(filter(None, [str(row.line or "–"), row.line_name, row.department]))


def local(at: datetime | None, policy: Policy) -> str:
    """Return a moment of the site, to the second; "" for none."""
    return at.astimezone(policy.zone).strftime(_SECONDS) if at else ""

"""What the call index is asked for, and the SQL that finds it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from appliance.index_row import SELF_TEST, to_ms

NO_SELF_TEST: Final = f"why <> '{SELF_TEST}'"

#: More calls than these are not looked up one by one, but met by walking back from now.
FEW_CALLS: Final = 2000
#: As the index `calls_unproved` says it: a bound value would not do for SQLite to use that.
UNPROVED: Final = "proof IN ('pending', 'failed')"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """What to look for; None is any.

    Attributes:
        from_utc, to_utc: calls that began in [from_utc, to_utc).
        department: of the line, as it was then.
        number: a part of the other party's number or of the digits dialled; only 0-9 * # count.
        self_tests: the rows of lines' self-tests too, which are no calls.
        before_id: the page after the call with this id, newest first.
    """

    from_utc: datetime | None = None
    to_utc: datetime | None = None
    line: int | None = None
    department: str | None = None
    number: str | None = None
    direction: str | None = None
    recorded: bool | None = None
    proof: str | None = None
    notice: str | None = None
    before_id: str | None = None
    self_tests: bool = False
    limit: int | None = 50


def digits_of(query: CallQuery) -> str:
    """Return what counts of the part of a number that is looked for."""
    return "".join(c for c in query.number or "" if c in "0123456789*#")


def statement(
    query: CallQuery, before_ms: int | None, numbers: list[str] | None
) -> tuple[str, dict[str, Any]]:
    """Return the SQL that finds a query's calls, newest first, and its values.

    Args:
        before_ms: when the call of query.before_id began.
        numbers: those that have the part of a number in them; None: look at each call's.
    """
    where, values = _conditions(query, before_ms)
    values["limit"] = -1 if query.limit is None else query.limit
    if query.number is None:
        found = _from(_index_of(query), where)
    elif numbers is None:
        values["part"] = digits_of(query)
        fits = "(instr(number, :part) OR instr(digits, :part))"
        found = _from(_index_of(query), f"{where} AND {fits}")
    else:
        values["numbers"] = json.dumps(numbers)
        one_of = "IN (SELECT value FROM json_each(:numbers))"
        by_number = _from("calls_by_number", f"{where} AND number {one_of}")
        by_digits = _from("calls_by_digits", f"{where} AND digits {one_of} AND digits <> ''")
        found = f"{by_number} UNION {by_digits}"
    return _NEWEST.format(found=found), values


#: The rows themselves are read last, of those calls alone that are shown.
_NEWEST: Final = """
SELECT calls.* FROM
  (SELECT at FROM ({found}) ORDER BY started_ms DESC, id DESC LIMIT :limit)
  JOIN calls ON calls.rowid = at
ORDER BY started_ms DESC, id DESC
"""


def _from(index: str, where: str) -> str:
    by = f"INDEXED BY {index}" if index else ""
    return f"SELECT rowid AS at, started_ms, id FROM calls {by} WHERE {where}"


def _index_of(query: CallQuery) -> str:
    """Return the index to walk along: there are no statistics for SQLite to choose by."""
    if query.proof in ("pending", "failed"):
        return "calls_unproved"
    return "calls_by_time" if query.line is None else "calls_by_line"


def _conditions(query: CallQuery, before_ms: int | None) -> tuple[str, dict[str, Any]]:
    where: list[str] = ["1" if query.self_tests else NO_SELF_TEST]
    values: dict[str, Any] = {}
    for name, sql, value in (
        ("from_ms", "started_ms >= :from_ms", query.from_utc and to_ms(query.from_utc)),
        ("to_ms", "started_ms < :to_ms", query.to_utc and to_ms(query.to_utc)),
        ("line", "line = :line", query.line),
        ("department", "department = :department", query.department),
        ("direction", "direction = :direction", query.direction),
        ("proof", "proof = :proof", query.proof),
        ("notice", "notice = :notice", query.notice),
        ("before_ms", "started_ms <= :before_ms", before_ms),
        ("before", "(started_ms, id) < (:before_ms, :before)", query.before_id),
    ):
        if value is not None:
            where.append(sql)
            values[name] = value
    if query.proof in ("pending", "failed"):
        where.append(UNPROVED)
    if query.recorded is not None:
        # As CallRow.recorded.
        recorded = "(audio_samples > 0 OR (erased_ms NOT NULL AND proof <> 'none'))"
        where.append(recorded if query.recorded else f"NOT {recorded}")
    return " AND ".join(where), values

"""What the call index is asked for, and the SQL that finds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from appliance.index_row import SELF_TEST, to_ms

NO_SELF_TEST: Final = f"why <> '{SELF_TEST}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """What to look for; None is any.

    Attributes:
        from_utc, to_utc: calls that began in [from_utc, to_utc).
        number: a part of the other party's number or of the digits dialled; only 0-9 * # count.
        self_tests: the rows of lines' self-tests too, which are no calls.
        before_id: the page after the call with this id, newest first.
    """

    from_utc: datetime | None = None
    to_utc: datetime | None = None
    line: int | None = None
    number: str | None = None
    direction: str | None = None
    recorded: bool | None = None
    proof: str | None = None
    before_id: str | None = None
    self_tests: bool = False
    limit: int | None = 50


def conditions(query: CallQuery) -> tuple[str, dict[str, Any]]:
    where: list[str] = ["1" if query.self_tests else NO_SELF_TEST]
    values: dict[str, Any] = {}
    for name, sql, value in (
        ("from_ms", "started_ms >= :from_ms", query.from_utc and to_ms(query.from_utc)),
        ("to_ms", "started_ms < :to_ms", query.to_utc and to_ms(query.to_utc)),
        ("line", "line = :line", query.line),
        ("direction", "direction = :direction", query.direction),
        ("proof", "proof = :proof", query.proof),
        ("before", "id < :before", query.before_id),
    ):
        if value is not None:
            where.append(sql)
            values[name] = value
    if query.recorded is not None:
        # As CallRow.recorded.
        recorded = "(audio_samples > 0 OR (erased_ms NOT NULL AND proof <> 'none'))"
        where.append(recorded if query.recorded else f"NOT {recorded}")
    if query.number is not None:
        where.append("(number LIKE :number OR digits LIKE :number)")
        values["number"] = f"%{''.join(c for c in query.number if c in '0123456789*#')}%"
    return " AND ".join(where), values

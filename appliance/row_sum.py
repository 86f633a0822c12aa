"""The sum of a row of the call index: SQLite keeps none of its own over what it stores.

    sum = CRC-32 of "NAME=VALUE" LF for each column in the order of its name, NULLs left out

A trigger writes it with each change, so that no writer can forget it; a column added later, NULL in
the rows that are there, changes none. It finds an accident; what somebody changed on purpose the
ledger finds.
"""

import sqlite3
import zlib
from collections.abc import Mapping
from typing import Any, Final

COLUMN: Final = "sum"

_EVENTS: Final = {"calls_sum_new": "INSERT", "calls_sum_changed": "UPDATE"}


def row_sum(row: Mapping[str, Any]) -> int:
    """Return the sum of a row, its columns by name."""
    named = sorted((name, value) for name, value in row.items() if value is not None)
    text = "".join(f"{name}={value!r}\n" for name, value in named if name != COLUMN)
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def columns(db: sqlite3.Connection) -> list[str]:
    """Return the names of the columns of `calls`."""
    return [row[1] for row in db.execute("PRAGMA table_info(calls)")]


def keep_sums(db: sqlite3.Connection) -> None:
    """Make this connection keep the sums; sum all rows anew if the columns are not as they were.

    Raises:
        sqlite3.DatabaseError: see there; nothing is changed.
    """
    names = columns(db)
    summed = sorted(name for name in names if name != COLUMN)
    db.create_function(
        "row_sum",
        len(summed),
        lambda *values: row_sum(dict(zip(summed, values, strict=True))),
        deterministic=True,
    )
    wanted = {name: _trigger(name, event, summed) for name, event in _EVENTS.items()}
    found = dict(db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"))
    if COLUMN in names and all(found.get(name) == sql for name, sql in wanted.items()):
        return
    with db:
        db.execute("BEGIN IMMEDIATE")
        if COLUMN not in names:
            db.execute(f"ALTER TABLE calls ADD COLUMN {COLUMN} INTEGER")
        for name in wanted:
            db.execute(f"DROP TRIGGER IF EXISTS {name}")
        db.execute(f"UPDATE calls SET {COLUMN} = row_sum({', '.join(summed)})")
        for sql in wanted.values():
            db.execute(sql)


def _trigger(name: str, event: str, summed: list[str]) -> str:
    values = ", ".join(f"new.{column}" for column in summed)
    return (
        f"CREATE TRIGGER {name} AFTER {event} ON calls BEGIN"
        f" UPDATE calls SET {COLUMN} = row_sum({values}) WHERE id = new.id; END"
    )

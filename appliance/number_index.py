"""Finding the calls of which a part of the number is known, among a million.

For every number in the index, and every way to cut off its beginning, down to the last three
digits, the table `endings` has a row:

    0318036114      ending        head
                    0318036114
                    318036114     0
                    ...
                    114           0318036

A number has a part in it where one of its endings begins with that part, so that a search is one
walk along the table. A number goes from it with the last call that has it: what is erased leaves
nothing here (the database writes over what it deletes).
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

#: So many digits at least: fewer are in so many numbers that the newest calls are soon found.
PART_LEN: Final = 3
#: Above any of 0-9 * #.
_BEHIND: Final = "~"

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS endings ( -- of every number: see number_index.py
    ending TEXT NOT NULL,
    head TEXT NOT NULL,
    PRIMARY KEY (ending, head)
) STRICT, WITHOUT ROWID;
"""


def add(db: sqlite3.Connection, numbers: Iterable[str]) -> None:
    """Note numbers that calls have."""
    for number in numbers:
        if not _known(db, number):
            db.executemany("INSERT INTO endings VALUES (?, ?)", _endings(number))


def remove_unused(db: sqlite3.Connection, numbers: Iterable[str]) -> None:
    """Remove those of these numbers that no call has any more."""
    for number in numbers:
        (used,) = db.execute(
            "SELECT EXISTS (SELECT 1 FROM calls WHERE number = :number)"
            " OR EXISTS (SELECT 1 FROM calls WHERE digits = :number AND digits <> '')",
            {"number": number},
        ).fetchone()
        if not used:
            db.executemany("DELETE FROM endings WHERE ending = ? AND head = ?", _endings(number))


def fill(db: sqlite3.Connection) -> None:
    """Note every number there is, in an index that had none noted."""
    # In the order of the table: a million numbers are then written one behind the other.
    db.execute(
        "WITH RECURSIVE numbers (number) AS"
        " (SELECT number FROM calls WHERE number <> '' UNION SELECT digits FROM calls"
        "  WHERE digits <> ''),"
        " cut (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM cut"
        "  WHERE at < (SELECT max(length(number)) FROM numbers) - :part)"
        " INSERT OR IGNORE INTO endings SELECT substr(number, at + 1), substr(number, 1, at)"
        " FROM numbers, cut WHERE at = 0 OR at <= length(number) - :part ORDER BY 1, 2",
        {"part": PART_LEN},
    )


def having(db: sqlite3.Connection, part: str, limit: int) -> list[str]:
    """Return numbers that have a part in them, of three digits or more; some, if there are many."""
    rows = db.execute(
        "SELECT DISTINCT head || ending FROM endings WHERE ending >= ? AND ending < ? LIMIT ?",
        (part, part + _BEHIND, limit),
    )
    return [number for (number,) in rows]


def _known(db: sqlite3.Connection, number: str) -> bool:
    found = db.execute("SELECT 1 FROM endings WHERE ending = ? AND head = ''", (number,))
    return found.fetchone() is not None


def _endings(number: str) -> list[tuple[str, str]]:
    """Return each ending with its head; of a number shorter than a part, the number itself."""
    last = max(1, len(number) - PART_LEN + 1)
    return [(number[at:], number[:at]) for at in range(last)]

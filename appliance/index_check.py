"""Whether the call index is as it was written, to the bit; and what is sound of one that is not.

SQLite checks how its pages hang together, not what is in them. A flipped bit in a row is found by
its sum. One in the text of the tables, which would make every further write fail, is found by the
sum in the header's `application_id`:

    1 + CRC-32 of the rows of sqlite_schema, modulo 2**31 - 1: the header's number is signed
"""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from appliance.log_map import to_read
from appliance.row_sum import COLUMN, row_sum

Row = dict[str, Any]

#: The ledger's act when the index was closed in order, with the sum of the whole file.
INDEX_CLOSED: Final = "index_closed"
_PIECE_BYTES: Final = 1 << 20


def closed_facts(path: Path) -> dict[str, object]:
    """Return the facts of INDEX_CLOSED: length and CRC-32 of the file, as it is now."""
    length = crc = 0
    with open(path, "rb") as file:
        while piece := file.read(_PIECE_BYTES):
            length, crc = length + len(piece), zlib.crc32(piece, crc)
    return {"bytes": length, "crc32": crc}


def wrong(db: sqlite3.Connection, *, quick: bool = False) -> list[str]:
    """Return what is wrong with the file and its rows; empty when it is sound.

    Args:
        quick: leave out whether SQLite's indexes agree with their tables.
    """
    pragma = "quick_check" if quick else "integrity_check"
    try:
        found = [str(row[0]) for row in db.execute(f"PRAGMA {pragma}")]
        found = [] if found == ["ok"] else found
        if schema_was_changed(db):
            found.append("its tables are not as they were made")
        rows = map(dict, db.execute("SELECT * FROM calls"))
        changed = [row["id"] for row in rows if row.get(COLUMN) != row_sum(row)]
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return [str(error)]
    return found + [f"the row of call {call} is not as it was written" for call in changed]


def sound_rows(path: Path) -> list[Row]:
    """Return the rows of `calls` that can be read and are as they were written, oldest first."""
    db = sqlite3.connect(to_read(path), uri=True)
    db.row_factory = sqlite3.Row
    try:
        return sorted(_sound_rows(db), key=lambda row: str(row["id"]))
    finally:
        db.close()


def typed_rows(path: Path) -> list[tuple[Any, ...]]:
    """Return what can be read of `typed`; it has no sums: the ledger says what is right."""
    db = sqlite3.connect(to_read(path), uri=True)
    try:
        return [tuple(row) for row in _as_far_as_it_goes(db, "SELECT * FROM typed")]
    finally:
        db.close()


def _sound_rows(db: sqlite3.Connection) -> Iterator[Row]:
    rowids: set[int] = set()
    # A broken page ends a walk: so the table from both ends, and by an index, which knows them too.
    for order in ("rowid", "rowid DESC", "started_ms"):
        found = _as_far_as_it_goes(db, f"SELECT rowid FROM calls ORDER BY {order}")
        rowids.update(row[0] for row in found)
    for rowid in rowids:
        for row in _as_far_as_it_goes(db, "SELECT * FROM calls WHERE rowid = ?", rowid):
            values = dict(row)
            if values.get(COLUMN) == row_sum(values):
                yield values


def schema_was_changed(db: sqlite3.Connection) -> bool:
    """Say whether the tables are not those that were kept; False where none were yet."""
    kept = _kept(db)
    return kept != 0 and kept != _schema_sum(db)


def keep_schema(db: sqlite3.Connection) -> None:
    """Make the tables as they are now those that schema_was_changed compares with."""
    if _kept(db) != _schema_sum(db):
        db.execute(f"PRAGMA application_id={_schema_sum(db)}")


def _as_far_as_it_goes(db: sqlite3.Connection, sql: str, *values: object) -> Iterator[sqlite3.Row]:
    with suppress(sqlite3.DatabaseError, UnicodeDecodeError):
        yield from db.execute(sql, values)


def _kept(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA application_id").fetchone()[0])


def _schema_sum(db: sqlite3.Connection) -> int:
    rows = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
    text = "\n".join(repr(tuple(row)) for row in rows)
    return zlib.crc32(text.encode()) % (2**31 - 1) + 1

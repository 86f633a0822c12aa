"""Who did what, from where, with whose recording: the ledger's entries of people, to be searched.

A table beside the ledger, filled from its file by following the end of it, so that it is complete
whoever wrote the entry, and asks nothing of the recorder. It is a convenience: it can be deleted,
and is made again from the ledger, which alone is the proof.

    access  entry (its number in the ledger), at_ms, person, act, address, call_id, facts (JSON)
    place   how far the ledger has been read: the offset after the last whole line

The address is that from which the person was at the page; what is done at the box itself, by a
command, has none. What is older than 2 years is taken out here, never from the ledger.

Source: 개인정보의 안전성 확보조치 기준 (PIPC notice), art. 8: identifier, time, place, whose data,
what was done; kept 2 years where sensitive data may be among it, as in what people say.
"""

import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, Final

from appliance import disk_failure
from appliance.durable import set_aside
from appliance.index_row import from_ms, to_ms
from appliance.ledger_walk import CRC_BYTES, DamagedLine, read_lines, unpack_line
from appliance.transaction import transaction

log = logging.getLogger(__name__)

#: 2 years, and the month in which the last of them is reviewed.
KEPT: Final = timedelta(days=2 * 366 + 31)
#: Lines that are read between two commits: 0.1 s of a core.
_AT_ONCE: Final = 5000
_VERSION: Final = 1

_TABLES: Final = f"""
CREATE TABLE IF NOT EXISTS access (
    entry INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    person TEXT NOT NULL,
    act TEXT NOT NULL,
    address TEXT NOT NULL,
    call_id TEXT NOT NULL,
    facts TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS access_time ON access (at_ms, entry, person, act);
CREATE INDEX IF NOT EXISTS access_person ON access (person, at_ms, entry);
CREATE TABLE IF NOT EXISTS place (
    one INTEGER PRIMARY KEY CHECK (one = 1), offset INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO place VALUES (1, 0);
PRAGMA user_version = {_VERSION};
"""
#: What stands in a column of its own is not repeated among the facts.
_OWN: Final = frozenset({"person", "at", "address", "call"})


@dataclass(frozen=True, slots=True)
class Access:
    """One act of a person.

    Attributes:
        entry: its number in the ledger.
        person: id; "" for somebody who was not known.
        call_id: the recording that it was about, or "".
    """

    entry: int
    at: datetime
    person: str
    act: str
    address: str
    call_id: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessQuery:
    """What to look for.

    Attributes:
        since, until: of [since, until).
        acts: patterns as of SQLite's GLOB, any if there is none.
        before: (time, entry) of the last one of the page before.
    """

    since: datetime
    until: datetime
    person: str | None = None
    acts: Sequence[str] = ()
    before: tuple[datetime, int] | None = None
    limit: int = -1


class AccessLog:
    """For any number of threads of the page, which alone writes it."""

    def __init__(self, path: Path, entries: Path) -> None:
        """Follow a ledger.

        Args:
            path: of the table; made if it is not there, made anew if it is damaged.
            entries: the ledger's file, which another process writes.
        """
        self._path = path
        self._entries = entries
        self._lock = Lock()
        self._wrong = ""
        self._db = self._begun()

    @property
    def wrong(self) -> str:
        """Why the table is not what the ledger says, with what to do; "" while it is."""
        return self._wrong

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def catch_up(self) -> None:
        """Take in what the ledger has got since; where it cannot be read, `wrong` says why."""
        with self._lock:
            self._catch_up()

    def search(self, query: AccessQuery) -> list[Access]:
        """Return what fits, newest first."""
        where, values = _conditions(query)
        sql = f"SELECT * FROM access WHERE {where} ORDER BY at_ms DESC, entry DESC LIMIT ?"
        return [
            Access(e, from_ms(at), p, act, a, c, json.loads(f))
            for e, at, p, act, a, c, f in self._found(sql, (*values, query.limit))
        ]

    def counts(self, query: AccessQuery) -> dict[str, int]:
        """Return how many acts of each kind fit, the most frequent first."""
        where, values = _conditions(query)
        sql = f"SELECT act, count(*) FROM access WHERE {where} GROUP BY act ORDER BY 2 DESC, 1"
        return dict(self._found(sql, values))

    def first(self) -> datetime | None:
        """Return when the oldest act was, None while there is none."""
        ((at_ms,),) = self._found("SELECT min(at_ms) FROM access")
        return None if at_ms is None else from_ms(at_ms)

    def prune(self, now: datetime) -> None:
        """Take out what is older than it need be kept."""
        self._found("DELETE FROM access WHERE at_ms < ?", (to_ms(now - KEPT),))

    def _found(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._db.execute(sql, values).fetchall()
            except sqlite3.DatabaseError as error:
                self._replace(error)
                self._catch_up()
                return self._db.execute(sql, values).fetchall()

    def _catch_up(self) -> None:
        try:
            self._follow()
            self._wrong = ""
        except OSError as error:
            self._tell(error)
        except sqlite3.DatabaseError as error:
            self._replace(error)

    def _follow(self) -> None:
        (offset,) = self._db.execute("SELECT offset FROM place").fetchone()
        if self._entries.stat().st_size < offset:  # another ledger: a folder was put back
            self._start_again()
            offset = 0
        lines = read_lines(self._entries, offset)
        while batch := list(islice(lines, _AT_ONCE)):
            self._take(batch)

    def _tell(self, error: Exception) -> None:
        wrong = disk_failure.remedy(error) or str(error)
        if wrong != self._wrong:
            log.error("who did what cannot be followed: %s (%s)", wrong, error)
        self._wrong = wrong

    def _begun(self) -> sqlite3.Connection:
        try:
            return _opened(self._path)
        except sqlite3.DatabaseError as error:
            return self._anew(error)

    def _replace(self, error: sqlite3.DatabaseError) -> None:
        self._db.close()
        self._db = self._anew(error)

    def _anew(self, wrong: sqlite3.DatabaseError) -> sqlite3.Connection:
        """Return an empty table; in memory, where none can be on the disk."""
        log.error("%s: %s; it is made anew from the ledger", self._path, wrong)
        try:
            for suffix in ("", "-wal", "-shm"):
                _remove(self._path.with_name(self._path.name + suffix))
            return _opened(self._path)
        except (sqlite3.DatabaseError, OSError) as error:
            why = disk_failure.remedy(error) or str(error)
            log.error("%s: until the next start it is in memory alone: %s", self._path, why)
            return _opened(":memory:")

    def _start_again(self) -> None:
        with transaction(self._db):
            self._db.execute("DELETE FROM access")
            self._db.execute("UPDATE place SET offset = 0")

    def _take(self, batch: list[tuple[int, bytes]]) -> None:
        rows: list[tuple[Any, ...]] = []
        after = None
        for offset, line in batch:
            if not line.endswith(b"\n"):
                break  # it is being written
            after = offset + len(line)
            if b'"person":"' in line[CRC_BYTES:]:  # calls and proofs are most, and nobody's act
                rows += self._row(line[:-1])
        if after is None:
            return
        with transaction(self._db):
            self._db.executemany("INSERT OR IGNORE INTO access VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._db.execute("UPDATE place SET offset = ?", (after,))

    def _row(self, line: bytes) -> Iterator[tuple[Any, ...]]:
        try:
            entry = unpack_line(line)
        except DamagedLine:
            return  # the ledger's own checks tell of it
        facts: Any = entry["facts"]
        at = datetime.fromisoformat(str(facts.get("at", entry["time"])))
        rest = {name: value for name, value in facts.items() if name not in _OWN}
        yield (
            entry["index"],
            to_ms(at),
            str(facts["person"]),
            entry["act"],
            str(facts.get("address", "")),
            str(facts.get("call", "")),
            json.dumps(rest, ensure_ascii=False),
        )


def _opened(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        # The page alone reads it: no map in shared memory, which a full disk has no room for.
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=WAL")
        # What a power cut takes is read from the ledger again.
        db.execute("PRAGMA synchronous=NORMAL")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError(f"version {version}, want {_VERSION}")
        db.executescript(_TABLES)
    except BaseException:
        db.close()
        raise
    return db


def _remove(path: Path) -> None:
    """Make room for the table; what is no file is not ours, and is kept under another name."""
    if path.is_dir() and not path.is_symlink():
        set_aside(path)
    else:
        path.unlink(missing_ok=True)


def _conditions(query: AccessQuery) -> tuple[str, list[Any]]:
    where = ["at_ms >= ?", "at_ms < ?"]
    values: list[Any] = [to_ms(query.since), to_ms(query.until)]
    if query.person is not None:
        where.append("person = ?")
        values.append(query.person)
    if query.acts:
        where.append(f"({' OR '.join('act GLOB ?' for _ in query.acts)})")
        values += query.acts
    if query.before is not None:
        where.append("(at_ms, entry) < (?, ?)")
        values += [to_ms(query.before[0]), query.before[1]]
    return " AND ".join(where), values

"""A connection that reads the call index, and follows it.

The page reads for months, as a user who may not write beside the index. Two things happen in that
time: the index is made again, which is another file of the same name; and a recorder starts after
the page did. Then there is no log of SQLite's yet (the last writer has taken it away), a reader who
may not write cannot begin one, and what it opens instead (`immutable`) never changes again. Both
are seen at the next question, which is asked of the index as it is then.

Source: sqlite.org, "WAL-mode File Format", 2.2; "Write-Ahead Logging", "Read-Only Databases".
"""

import os
import sqlite3
from pathlib import Path
from threading import Lock
from typing import Final

from appliance.index_schema import check_version
from appliance.log_map import to_read

#: What lies above the leaves of a million calls' indexes; in SQLite's own 2 MB it has no room.
_READ_CACHE_KIB: Final = 16_000
#: The map's first part; a shorter one is what a full disk left of it, and nobody's.
_SHARED_BYTES: Final = 32_768


class IndexReader:
    """For any number of threads."""

    def __init__(self, path: Path) -> None:
        """Open the index.

        Raises:
            sqlite3.DatabaseError: there is none, or it is not sound.
        """
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._opening = Lock()
        self._open()

    def current(self) -> sqlite3.Connection:
        """Return a connection to the index as it is now.

        Raises:
            sqlite3.DatabaseError: it is not sound.
        """
        with self._opening:
            if self._is_stale():
                self._open()  # others may read from the old one: it goes with the garbage
            return self._db

    def close(self) -> None:
        self._db.close()

    def _open(self) -> None:
        file = os.stat(self._path) if self._path.exists() else None
        self._db, self._follows = _readable(self._path)
        self._db.row_factory = sqlite3.Row
        self._file = file

    def _is_stale(self) -> bool:
        """Say whether there is a later index; one that is gone is the recorder's to make."""
        try:
            now = os.stat(self._path)
        except FileNotFoundError:
            return False
        another = self._file is None or not os.path.samestat(now, self._file)
        return another or (not self._follows and self._log.exists())


def _readable(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Return a connection that reads, and whether it sees what is written from now on.

    SQLite maps the log in shared memory, in a file beside the index. Where it cannot make one (a
    full disk, another user's folder) and nobody writes, the index alone says what there is.
    """
    try:
        return _read_as(path, to_read(path)), True
    except sqlite3.OperationalError:
        shared = path.with_name(f"{path.name}-shm")
        if not path.is_file() or (shared.exists() and shared.stat().st_size >= _SHARED_BYTES):
            raise
        return _read_as(path, f"file:{path}?mode=ro&immutable=1"), False


def _read_as(path: Path, uri: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, check_same_thread=False)
    try:
        check_version(db, path)
        db.execute(f"PRAGMA cache_size=-{_READ_CACHE_KIB}")
    except BaseException:
        db.close()
        raise
    return db

"""The call index's tables, and how an older index gains what it lacks.

SQLite keeps no sums of what it stores: rows and tables have their own (row_sum.py, index_check.py).

Times are whole milliseconds, UTC. Every index along which a search runs holds what it sorts by.
"""

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final

from appliance import disk_failure, index_check, number_index
from appliance.row_sum import keep_sums

SCHEMA_VERSION: Final = 7

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS calls (
    id TEXT PRIMARY KEY,            -- ULID: sorts by the time the call began
    line INTEGER NOT NULL,
    line_name TEXT NOT NULL,        -- as it was then
    department TEXT NOT NULL,       -- as it was then
    policy TEXT NOT NULL,           -- in force then
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out', 'unknown')),
    number TEXT,                    -- the other party's
    number_source TEXT,             -- caller_id, dialled; why there is none (private ...); or null
    digits TEXT NOT NULL,           -- dialled
    keys TEXT NOT NULL,             -- pressed in mid-call
    started_ms INTEGER NOT NULL,    -- first ring, or off-hook
    answered_ms INTEGER,
    ended_ms INTEGER,
    clock TEXT NOT NULL,            -- quality of these times: ntp rtc unsynced stepped
    drift_ppm REAL NOT NULL,        -- of the board's clock against the box's
    rings INTEGER NOT NULL,
    mode TEXT NOT NULL,
    why TEXT NOT NULL,              -- why it was or was not recorded
    ended_by TEXT NOT NULL,         -- on_hook missed line_down board_lost board_restarted ...
    audio_samples INTEGER NOT NULL,
    stretches TEXT NOT NULL,        -- JSON: what parts were kept, and by whose agreement
    events TEXT NOT NULL,           -- JSON: what was heard, for the time line
    gaps TEXT NOT NULL,             -- JSON: samples lost by board or link
    notice TEXT,                    -- announcement, beep, missing, or null
    notice_s REAL,                  -- when it was heard, after the start
    proof TEXT NOT NULL,            -- none pending verified failed
    proof_note TEXT NOT NULL,
    proved_ms INTEGER,
    due_ms INTEGER,
    hold TEXT,
    erased_ms INTEGER,
    day TEXT NOT NULL,              -- where its audio and key are filed: the site's, YYYY-MM-DD,
                                    -- or YYYY-MM-DD-doubt
    reel TEXT NOT NULL,             -- 'YYYY-MM-DD/NNN.reel', or ''
    last_offset INTEGER,            -- of its last segment in the reel
    entry INTEGER,                  -- its entry's number in the ledger; null while it lasts
    dated TEXT NOT NULL,            -- sure unsure corrected latest: whether the times are true
    boot TEXT NOT NULL,             -- of what is not sure: the host's start,
    uptime_ms INTEGER,              -- and the milliseconds since, when the call began
    told_started_ms INTEGER,        -- of what was put right: what the clock said then
    told_ended_ms INTEGER,
    chain TEXT                      -- hash of the chain at its last segment, hex
) STRICT;
-- Searches run along these, newest first. The numbers are there, and why a call was kept, which
-- tells a self-test from a call: the row itself need not be read.
CREATE INDEX IF NOT EXISTS calls_by_time ON calls (started_ms, id, number, digits, why);
CREATE INDEX IF NOT EXISTS calls_by_line ON calls (line, started_ms, id, why);
CREATE INDEX IF NOT EXISTS calls_by_number ON calls (number, started_ms, id, why);
CREATE INDEX IF NOT EXISTS calls_by_digits ON calls (digits, started_ms, id, why)
    WHERE digits <> '';
CREATE INDEX IF NOT EXISTS calls_proved ON calls (line, proved_ms) WHERE proof = 'verified';
CREATE INDEX IF NOT EXISTS calls_open ON calls (id) WHERE ended_ms IS NULL;
CREATE INDEX IF NOT EXISTS calls_entry ON calls (entry);
CREATE INDEX IF NOT EXISTS calls_unproved ON calls (id) WHERE proof IN ('pending', 'failed');
CREATE INDEX IF NOT EXISTS calls_due ON calls (due_ms) WHERE erased_ms IS NULL;
CREATE INDEX IF NOT EXISTS calls_kept ON calls (day, id) WHERE erased_ms IS NULL;
CREATE INDEX IF NOT EXISTS calls_held ON calls (id) WHERE hold IS NOT NULL;
CREATE TABLE IF NOT EXISTS erasing ( -- calls whose keys are going; a row goes with its certificate
    call_id TEXT PRIMARY KEY,
    why TEXT NOT NULL               -- expired overwritten self_test
) STRICT;
CREATE INDEX IF NOT EXISTS calls_unsure ON calls (id) WHERE dated = 'unsure';
CREATE TABLE IF NOT EXISTS line_tests (  -- the last self-test of each line
    line INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    wrong TEXT NOT NULL             -- what did not pass, or ''
) STRICT;
CREATE TABLE IF NOT EXISTS counts (      -- the last reconciliation alone
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at_ms INTEGER NOT NULL,
    found TEXT NOT NULL             -- JSON
) STRICT;
CREATE TABLE IF NOT EXISTS hearings (
    call_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    person TEXT NOT NULL,
    act TEXT NOT NULL,
    purpose TEXT NOT NULL,
    entry INTEGER                   -- its entry's number in the ledger; null in what is older
) STRICT;
CREATE INDEX IF NOT EXISTS hearings_call ON hearings (call_id, at_ms);
CREATE TABLE IF NOT EXISTS typed (  -- what a person typed for an entry of a call: typed.py
    entry INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL,
    text TEXT NOT NULL,
    salt BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS typed_call ON typed (call_id);
"""

#: From each version to the next.
_UPGRADES: Final = {
    1: """
BEGIN;
ALTER TABLE calls ADD COLUMN notice_s REAL;
PRAGMA user_version = 2;
COMMIT;
""",
    2: """
BEGIN;
ALTER TABLE calls ADD COLUMN entry INTEGER;
PRAGMA user_version = 3;
COMMIT;
""",
    3: """
BEGIN;
ALTER TABLE calls ADD COLUMN dated TEXT NOT NULL DEFAULT 'sure';
ALTER TABLE calls ADD COLUMN boot TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN uptime_ms INTEGER;
ALTER TABLE calls ADD COLUMN told_started_ms INTEGER;
ALTER TABLE calls ADD COLUMN told_ended_ms INTEGER;
PRAGMA user_version = 4;
COMMIT;
""",
    # The numbers are noted after it: power goes now, and it is done again.
    4: """
DROP INDEX IF EXISTS calls_started;
DROP INDEX IF EXISTS calls_line;
DROP INDEX IF EXISTS calls_number;
""",
    5: """
DROP INDEX IF EXISTS calls_by_time;
DROP INDEX IF EXISTS calls_by_line;
DROP INDEX IF EXISTS calls_by_number;
DROP INDEX IF EXISTS calls_by_digits;
""",
    6: """
BEGIN;
ALTER TABLE hearings ADD COLUMN entry INTEGER;
PRAGMA user_version = 7;
COMMIT;
""",
}


#: SQLite's primary codes for what is not in the file, and the system's.
_DISK_FAILED: Final = {
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}
#: "locking protocol": the log's head never fits its map; "disk I/O error": it ends too early.
_OF_LOG: Final = frozenset({sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_IOERR_SHORT_READ})
_LOG_DAMAGED: Final = "its log, calls.db-wal or calls.db-shm, is damaged"


class IndexBroken(Exception):
    """calls.db cannot be read as an index; the vault and the ledger hold what it held."""


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or bring those of an older version up to date.

    Raises:
        IndexBroken: it is of a version that is not known here, or its tables were changed.
        sqlite3.DatabaseError: it is no index.
    """
    if index_check.schema_was_changed(db):
        raise IndexBroken(f"{path}: its tables are not as they were made")
    version = _version(db)
    if version not in (0, *_UPGRADES, SCHEMA_VERSION):
        raise IndexBroken(f"{path}: version {version}, want {SCHEMA_VERSION}")
    for older in range(version or SCHEMA_VERSION, SCHEMA_VERSION):
        db.executescript(_UPGRADES[older])
    db.executescript(_TABLES + number_index.SCHEMA)
    if 0 < version < SCHEMA_VERSION:
        db.execute("BEGIN")
        number_index.fill(db)
        db.execute("COMMIT")
    db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    keep_sums(db)
    # Power goes in here: tables that are not those that were summed: the index is made anew.
    index_check.keep_schema(db)


def check_version(db: sqlite3.Connection, path: Path) -> None:
    """Refuse an index that cannot be read as it is.

    Raises:
        IndexBroken: it is of another version, or none.
        sqlite3.DatabaseError: it is no index.
    """
    version = _version(db)
    if version in _UPGRADES:
        raise IndexBroken(f"{path}: version {version}; start the recorder: it brings it up to date")
    if version != SCHEMA_VERSION:
        raise IndexBroken(f"{path}: version {version}, want {SCHEMA_VERSION}")


def meant(error: sqlite3.DatabaseError, path: Path) -> Exception:
    """Return what SQLite's error means: an index on a disk that fails is no damaged index."""
    whole = getattr(error, "sqlite_errorcode", 0)
    if whole in _OF_LOG:
        return IndexBroken(f"{path}: {_LOG_DAMAGED}")
    code = whole & 0xFF
    if code in _DISK_FAILED and os.path.lexists(path):
        files = (path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm"))
        return disk_failure.cause(files) or OSError(_DISK_FAILED[code], str(error), str(path))
    return IndexBroken(f"{path}: {error}")


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)

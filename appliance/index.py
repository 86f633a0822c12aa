"""The call index: one row a call, recorded or not.

SQLite with a write-ahead log, `synchronous=FULL`: what was committed is there after a power cut
(0 of 64 simulated cuts broke it, and none lost a commit). One connection writes and checkpoints;
all others are read-only: SQLite 3.7.0 to 3.51.2, Debian 12's 3.40.1 among them, may reset the log
wrongly when two connections write (sqlite.org, "WAL-reset bug").

Times are whole milliseconds, UTC. A row is made when its call begins and filled as the call goes
on; `ended_ms` is null while it lasts.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

from appliance.api import NoSuchCall
from appliance.index_query import NO_SELF_TEST, CallQuery, conditions
from appliance.index_row import CallRow, from_db, from_ms, to_db, to_ms

SCHEMA_VERSION = 4

_SCHEMA = """
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
    stretches TEXT NOT NULL,        -- JSON: what parts of the call were kept
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
CREATE INDEX IF NOT EXISTS calls_started ON calls (started_ms);
CREATE INDEX IF NOT EXISTS calls_line ON calls (line, started_ms);
CREATE INDEX IF NOT EXISTS calls_number ON calls (number, started_ms);
CREATE INDEX IF NOT EXISTS calls_open ON calls (id) WHERE ended_ms IS NULL;
CREATE INDEX IF NOT EXISTS calls_entry ON calls (entry);
CREATE INDEX IF NOT EXISTS calls_proved ON calls (line, proved_ms) WHERE proof = 'verified';
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
CREATE TABLE IF NOT EXISTS hearings (
    call_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    person TEXT NOT NULL,
    act TEXT NOT NULL,
    purpose TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS hearings_call ON hearings (call_id, at_ms);
"""

#: From each version to the next.
_UPGRADES = {
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
}


class IndexBroken(Exception):
    """calls.db cannot be read as an index; the vault and the ledger hold what it held."""


class CallIndex:
    """Open it once to write (`open`), in the recorder, and anywhere to read (`open_readonly`)."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._db.row_factory = sqlite3.Row

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open for writing, making it if it is not there.

        Raises:
            IndexBroken: the file is there and is not a sound index.
        """
        try:
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA secure_delete=ON")  # what is taken out is written over
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version not in (0, *_UPGRADES, SCHEMA_VERSION):
                raise IndexBroken(f"{path}: version {version}, want {SCHEMA_VERSION}")
            for older in range(version or SCHEMA_VERSION, SCHEMA_VERSION):
                db.executescript(_UPGRADES[older])
            db.executescript(_SCHEMA)
            db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        except sqlite3.DatabaseError as error:
            raise IndexBroken(f"{path}: {error}") from error
        return cls(db)

    @classmethod
    def open_readonly(cls, path: Path) -> Self:
        """Open for reading beside the recorder.

        Raises:
            IndexBroken: there is no index, or it cannot be read.
        """
        try:
            db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
            db.execute("SELECT id FROM calls LIMIT 1").fetchone()
        except sqlite3.DatabaseError as error:
            raise IndexBroken(f"{path}: {error}") from error
        return cls(db)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # ------------------------------------------------------------ writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several writes, one flush: all of them are there after a power cut, or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def put(self, row: CallRow) -> None:
        """Write a call's row, replacing what it said before."""
        values = to_db(row)
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        self._db.execute(f"INSERT OR REPLACE INTO calls ({names}) VALUES ({marks})", values)

    def set_proof(self, call_id: str, proof: str, note: str, at: datetime) -> None:
        """Say how the proof of a call went."""
        self._db.execute(
            "UPDATE calls SET proof = ?, proof_note = ?, proved_ms = ? WHERE id = ?",
            (proof, note, to_ms(at), call_id),
        )

    def put_line_test(self, line: int, at: datetime, wrong: str) -> None:
        """Say how the self-test of a line went."""
        self._db.execute(
            "INSERT OR REPLACE INTO line_tests VALUES (?, ?, ?)", (line, to_ms(at), wrong)
        )

    def add_hearing(self, call_id: str, at: datetime, person: str, act: str, purpose: str) -> None:
        self._db.execute(
            "INSERT INTO hearings VALUES (?, ?, ?, ?, ?)",
            (call_id, to_ms(at), person, act, purpose),
        )

    def set_hold(self, call_id: str, hold: str | None) -> None:
        self._db.execute("UPDATE calls SET hold = ? WHERE id = ?", (hold, call_id))

    def held(self) -> dict[str, str]:
        """Return each held call's hold."""
        return dict(
            self._db.execute("SELECT id, hold FROM calls WHERE hold IS NOT NULL").fetchall()
        )

    # ------------------------------------------------------------ erasing

    def days_due(self, now: datetime) -> list[str]:
        """Return the days on which calls are due, oldest first."""
        rows = self._db.execute(
            "SELECT day, min(due_ms) FROM calls WHERE erased_ms IS NULL AND due_ms <= ?"
            " GROUP BY day ORDER BY 2",
            (to_ms(now),),
        )
        return [day for day, _ in rows]

    def kept_on(self, day: str, after: str = "", limit: int = -1) -> list[CallRow]:
        """Return the calls of a day that are neither erased nor being erased, by id."""
        rows = self._db.execute(
            "SELECT * FROM calls WHERE day = ? AND id > ? AND erased_ms IS NULL"
            " AND id NOT IN (SELECT call_id FROM erasing) ORDER BY id LIMIT ?",
            (day, after, limit),
        )
        return [from_db(row) for row in rows]

    def kept(self) -> Iterator[CallRow]:
        """Yield the calls that are not erased, those that are due first in front."""
        rows = self._db.execute("SELECT * FROM calls WHERE erased_ms IS NULL ORDER BY due_ms, id")
        return map(from_db, rows)

    def count_kept(self, call_ids: Sequence[str]) -> int:
        """Return how many of these calls are not erased."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM calls WHERE erased_ms IS NULL"
            " AND id IN (SELECT value FROM json_each(?))",
            (json.dumps(call_ids),),
        ).fetchone()
        return int(count)

    def begin_erasing(self, call_ids: Iterable[str], why: str) -> None:
        """Note that these calls' keys are about to go."""
        with self.transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO erasing VALUES (?, ?)", ((each, why) for each in call_ids)
            )

    def self_tests_left(self) -> list[str]:
        """Return the self-tests whose recording is neither erased nor being erased."""
        rows = self._db.execute(
            f"SELECT id FROM calls WHERE NOT ({NO_SELF_TEST}) AND erased_ms IS NULL"
            " AND id NOT IN (SELECT call_id FROM erasing)"
        )
        return [call_id for (call_id,) in rows]

    def is_being_erased(self, call_id: str) -> bool:
        found = self._db.execute("SELECT 1 FROM erasing WHERE call_id = ?", (call_id,)).fetchone()
        return found is not None

    def being_erased(self) -> dict[str, set[str]]:
        """Return the calls whose erasure has begun, by day."""
        calls: dict[str, set[str]] = {}
        rows = self._db.execute("SELECT day, id FROM erasing JOIN calls ON id = call_id")
        for day, call_id in rows:
            calls.setdefault(day, set()).add(call_id)
        return calls

    def next_being_erased(self, day: str, limit: int) -> list[tuple[CallRow, str]]:
        """Return some of a day's calls whose erasure has begun, and why it has."""
        rows = self._db.execute(
            "SELECT calls.*, erasing.why AS gone_for FROM calls JOIN erasing ON id = call_id"
            " WHERE day = ? AND erased_ms IS NULL ORDER BY id LIMIT ?",
            (day, limit),
        )
        return [(from_db(row), row["gone_for"]) for row in rows]

    def entomb(self, tombstones: Iterable[CallRow]) -> None:
        """Put tombstones in the place of calls; who heard them is in the ledger alone from now on.

        What stood here is written over in the database, and in its log once that is cut: see
        forget_log.
        """
        with self.transaction():
            for row in tombstones:
                self.put(row)
                self._db.execute("DELETE FROM hearings WHERE call_id = ?", (row.id,))
                self._db.execute("DELETE FROM erasing WHERE call_id = ?", (row.id,))

    def forget_log(self) -> bool:
        """Cut the write-ahead log, which holds what the rows said before.

        Returns:
            False: a reader is in the way; do it again.
        """
        busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    # ------------------------------------------------------------ reading

    def get(self, call_id: str) -> CallRow:
        """Return one call.

        Raises:
            NoSuchCall: there is none with this id.
        """
        row = self._db.execute("SELECT * FROM calls WHERE id = ?", (call_id,)).fetchone()
        if row is None:
            raise NoSuchCall(call_id)
        return from_db(row)

    def search(self, query: CallQuery) -> list[CallRow]:
        """Return the calls that fit, newest first."""
        where, values = conditions(query)
        sql = f"SELECT * FROM calls WHERE {where} ORDER BY id DESC"
        if query.limit is not None:
            sql += " LIMIT :limit"
            values["limit"] = query.limit
        return [from_db(row) for row in self._db.execute(sql, values)]

    def unfinished(self) -> list[CallRow]:
        """Return the calls whose end is not in the index, oldest first."""
        rows = self._db.execute("SELECT * FROM calls WHERE ended_ms IS NULL ORDER BY id")
        return [from_db(row) for row in rows]

    def entered_from(self, entry: int) -> list[CallRow]:
        """Return the calls whose entry in the ledger has this number or a higher one, in order."""
        rows = self._db.execute("SELECT * FROM calls WHERE entry >= ? ORDER BY entry", (entry,))
        return [from_db(row) for row in rows]

    def unsure(self) -> list[CallRow]:
        """Return the calls that are over and whose date is not known yet, oldest first."""
        sql = "SELECT * FROM calls WHERE dated = 'unsure' AND ended_ms IS NOT NULL ORDER BY id"
        return [from_db(row) for row in self._db.execute(sql)]

    def with_proof(self, proof: str) -> list[CallRow]:
        """Return the calls whose proof stands so, oldest first."""
        rows = self._db.execute(
            f"SELECT * FROM calls WHERE proof = ? AND {NO_SELF_TEST} ORDER BY id", (proof,)
        )
        return [from_db(row) for row in rows]

    def hearings(self, call_id: str) -> list[tuple[datetime, str, str, str]]:
        """Return (at, person, act, purpose) of who heard or took out a call, oldest first."""
        rows = self._db.execute(
            "SELECT at_ms, person, act, purpose FROM hearings WHERE call_id = ? ORDER BY at_ms",
            (call_id,),
        )
        return [(from_ms(at), person, act, purpose) for at, person, act, purpose in rows]

    def counts_since(self, since: datetime) -> dict[str, int]:
        """Return how many calls began since then, and how many of them were recorded and proved."""
        row = self._db.execute(
            "SELECT count(*), total(audio_samples > 0), total(proof = 'verified'),"
            " total(proof = 'failed'), total(proof = 'pending') FROM calls"
            f" WHERE started_ms >= ? AND {NO_SELF_TEST}",
            (to_ms(since),),
        ).fetchone()
        names = ("seen", "recorded", "proved", "failed", "pending")
        return {name: int(value) for name, value in zip(names, row, strict=True)}

    def last_proved(self, lines: Iterable[int]) -> dict[int, datetime]:
        """Return for each of these lines when a call, or a self-test, of it was last proved."""
        found = {line: at for line, (at, wrong) in self.line_tests().items() if not wrong}
        for line in lines:
            newest = self._db.execute(  # asked each second: the first row of calls_proved
                "SELECT proved_ms FROM calls WHERE line = ? AND proof = 'verified'"
                f" AND {NO_SELF_TEST} ORDER BY proved_ms DESC LIMIT 1",
                (line,),
            ).fetchone()
            if newest is not None and newest[0] is not None:
                found[line] = max(from_ms(newest[0]), found.get(line, from_ms(0)))
        return found

    def line_tests(self) -> dict[int, tuple[datetime, str]]:
        """Return for each line when its last self-test was, and what did not pass, or ""."""
        rows = self._db.execute("SELECT line, at_ms, wrong FROM line_tests")
        return {line: (from_ms(at), wrong) for line, at, wrong in rows}

    def count(self) -> int:
        """Return how many calls there are."""
        (count,) = self._db.execute(f"SELECT count(*) FROM calls WHERE {NO_SELF_TEST}").fetchone()
        return int(count)

    def last_row(self) -> int:
        """Return a mark for `since_row`."""
        (last,) = self._db.execute("SELECT ifnull(max(rowid), 0) FROM calls").fetchone()
        return int(last)

    def since_row(self, mark: int) -> list[CallRow]:
        """Return the calls whose rows were made or filled since last_row() gave this mark."""
        return [
            from_db(r) for r in self._db.execute("SELECT * FROM calls WHERE rowid > ?", (mark,))
        ]

    def check(self) -> list[str]:
        """Return what SQLite finds wrong with the file; empty when it is sound."""
        try:
            found = [row[0] for row in self._db.execute("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [] if found == ["ok"] else found

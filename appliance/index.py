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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from appliance.api import NoSuchCall

SCHEMA_VERSION = 2

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
    day TEXT NOT NULL,              -- the site's, YYYY-MM-DD: where its audio and key are filed
    reel TEXT NOT NULL,             -- 'YYYY-MM-DD/NNN.reel', or ''
    last_offset INTEGER,            -- of its last segment in the reel
    chain TEXT                      -- hash of the chain at its last segment, hex
) STRICT;
CREATE INDEX IF NOT EXISTS calls_started ON calls (started_ms);
CREATE INDEX IF NOT EXISTS calls_line ON calls (line, started_ms);
CREATE INDEX IF NOT EXISTS calls_number ON calls (number, started_ms);
CREATE INDEX IF NOT EXISTS calls_open ON calls (id) WHERE ended_ms IS NULL;
CREATE INDEX IF NOT EXISTS calls_unproved ON calls (id) WHERE proof IN ('pending', 'failed');
CREATE TABLE IF NOT EXISTS hearings (
    call_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    person TEXT NOT NULL,
    act TEXT NOT NULL,
    purpose TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS hearings_call ON hearings (call_id, at_ms);
"""

_FROM_1 = """
BEGIN;
ALTER TABLE calls ADD COLUMN notice_s REAL;
PRAGMA user_version = 2;
COMMIT;
"""


class IndexBroken(Exception):
    """calls.db cannot be read as an index; the vault and the ledger hold what it held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One call. Times are aware datetimes in UTC; `events`, `gaps` and `stretches` lists of dicts.

    Attributes:
        reason: how the call ended if not as usual (line_down, board_restarted ...), else why it was
            or was not recorded (full, key, button, missed, not_asked, mode_none).
    """

    id: str
    line: int
    line_name: str
    department: str
    policy: str
    direction: str
    number: str | None = None
    number_source: str | None = None
    digits: str = ""
    keys: str = ""
    start: datetime
    answer: datetime | None = None
    end: datetime | None = None
    clock: str
    drift_ppm: float = 0.0
    rings: int = 0
    mode: str
    why: str
    ended_by: str = ""
    audio_samples: int = 0
    stretches: list[dict[str, Any]]
    events: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    notice: str | None = None
    notice_s: float | None = None
    proof: str = "none"
    proof_note: str = ""
    proved: datetime | None = None
    due: datetime | None = None
    hold: str | None = None
    erased: datetime | None = None
    day: str
    reel: str = ""
    last_offset: int | None = None
    chain: str | None = None

    @property
    def recorded(self) -> bool:
        return self.audio_samples > 0

    @property
    def audio_s(self) -> float:
        return self.audio_samples / 8000

    @property
    def reason(self) -> str:
        return self.why if self.ended_by in ("", "on_hook") else self.ended_by

    def as_json(self) -> dict[str, object]:
        """Return the call as `kirok calls --json` prints it."""
        return {
            "id": self.id,
            "line": self.line,
            "line_name": self.line_name,
            "department": self.department,
            "policy": self.policy,
            "direction": self.direction,
            "number": self.number,
            "number_source": self.number_source,
            "digits": self.digits,
            "keys": self.keys,
            "start": iso(self.start),
            "answer": iso(self.answer),
            "end": iso(self.end),
            "rings": self.rings,
            "mode": self.mode,
            "recorded": self.recorded,
            "reason": self.reason,
            "why": self.why,
            "ended_by": self.ended_by,
            "audio_s": round(self.audio_s, 4),
            "stretches": self.stretches,
            "events": self.events,
            "notice": self.notice,
            "notice_s": self.notice_s,
            "proof": self.proof,
            "proof_note": self.proof_note,
            "gaps": self.gaps,
            "due": iso(self.due),
            "hold": self.hold,
            "erased": iso(self.erased),
            "clock": self.clock,
            "drift_ppm": round(self.drift_ppm, 2),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """What to look for; None is any.

    Attributes:
        from_utc, to_utc: calls that began in [from_utc, to_utc).
        number: a part of the other party's number or of the digits dialled; only 0-9 * # count.
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
    limit: int | None = 50


_TIMES = {
    "start": "started_ms",
    "answer": "answered_ms",
    "end": "ended_ms",
    "proved": "proved_ms",
    "due": "due_ms",
    "erased": "erased_ms",
}
_LISTS = {"stretches", "events", "gaps"}
_FIELDS = {f.name: _TIMES.get(f.name, f.name) for f in fields(CallRow)}


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
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version not in (0, 1, SCHEMA_VERSION):
                raise IndexBroken(f"{path}: version {version}, want {SCHEMA_VERSION}")
            if version == 1:
                db.executescript(_FROM_1)
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
        values = _to_db(row)
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        self._db.execute(f"INSERT OR REPLACE INTO calls ({names}) VALUES ({marks})", values)

    def set_proof(self, call_id: str, proof: str, note: str, at: datetime) -> None:
        """Say how the proof of a call went."""
        self._db.execute(
            "UPDATE calls SET proof = ?, proof_note = ?, proved_ms = ? WHERE id = ?",
            (proof, note, _to_ms(at), call_id),
        )

    def add_hearing(self, call_id: str, at: datetime, person: str, act: str, purpose: str) -> None:
        self._db.execute(
            "INSERT INTO hearings VALUES (?, ?, ?, ?, ?)",
            (call_id, _to_ms(at), person, act, purpose),
        )

    # ------------------------------------------------------------ reading

    def get(self, call_id: str) -> CallRow:
        """Return one call.

        Raises:
            NoSuchCall: there is none with this id.
        """
        row = self._db.execute("SELECT * FROM calls WHERE id = ?", (call_id,)).fetchone()
        if row is None:
            raise NoSuchCall(call_id)
        return _from_db(row)

    def search(self, query: CallQuery) -> list[CallRow]:
        """Return the calls that fit, newest first."""
        where, values = _conditions(query)
        sql = f"SELECT * FROM calls WHERE {where} ORDER BY id DESC"
        if query.limit is not None:
            sql += " LIMIT :limit"
            values["limit"] = query.limit
        return [_from_db(row) for row in self._db.execute(sql, values)]

    def unfinished(self) -> list[CallRow]:
        """Return the calls whose end is not in the index, oldest first."""
        rows = self._db.execute("SELECT * FROM calls WHERE ended_ms IS NULL ORDER BY id")
        return [_from_db(row) for row in rows]

    def with_proof(self, proof: str) -> list[CallRow]:
        """Return the calls whose proof stands so, oldest first."""
        rows = self._db.execute("SELECT * FROM calls WHERE proof = ? ORDER BY id", (proof,))
        return [_from_db(row) for row in rows]

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
            " total(proof = 'failed'), total(proof = 'pending') FROM calls WHERE started_ms >= ?",
            (_to_ms(since),),
        ).fetchone()
        names = ("seen", "recorded", "proved", "failed", "pending")
        return {name: int(value) for name, value in zip(names, row, strict=True)}

    def last_proved(self) -> dict[int, datetime]:
        """Return for each line when a call of it was last proved."""
        rows = self._db.execute(
            "SELECT line, max(proved_ms) FROM calls"
            " WHERE proof = 'verified' AND proved_ms NOT NULL GROUP BY line"
        )
        return {line: from_ms(at) for line, at in rows}

    def count(self) -> int:
        """Return how many calls there are."""
        (count,) = self._db.execute("SELECT count(*) FROM calls").fetchone()
        return int(count)

    def last_row(self) -> int:
        """Return a mark for `since_row`."""
        (last,) = self._db.execute("SELECT ifnull(max(rowid), 0) FROM calls").fetchone()
        return int(last)

    def since_row(self, mark: int) -> list[CallRow]:
        """Return the calls whose rows were made or filled since last_row() gave this mark."""
        return [
            _from_db(r) for r in self._db.execute("SELECT * FROM calls WHERE rowid > ?", (mark,))
        ]

    def check(self) -> list[str]:
        """Return what SQLite finds wrong with the file; empty when it is sound."""
        try:
            found = [row[0] for row in self._db.execute("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [] if found == ["ok"] else found


def iso(at: datetime | None) -> str | None:
    """Return ISO 8601 UTC with milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_ms(value: int) -> datetime:
    return datetime.fromtimestamp(value // 1000, UTC).replace(microsecond=value % 1000 * 1000)


def _to_ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _to_db(row: CallRow) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, column in _FIELDS.items():
        value = getattr(row, name)
        if name in _TIMES and value is not None:
            value = _to_ms(value)
        elif name in _LISTS:
            value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        values[column] = value
    return values


def _from_db(row: Mapping[str, Any]) -> CallRow:
    values: dict[str, Any] = {}
    for name, column in _FIELDS.items():
        value = row[column]
        if name in _TIMES and value is not None:
            value = from_ms(value)
        elif name in _LISTS:
            value = json.loads(value)
        values[name] = value
    return CallRow(**values)


def _conditions(query: CallQuery) -> tuple[str, dict[str, Any]]:
    where: list[str] = ["1"]
    values: dict[str, Any] = {}
    for name, sql, value in (
        ("from_ms", "started_ms >= :from_ms", query.from_utc and _to_ms(query.from_utc)),
        ("to_ms", "started_ms < :to_ms", query.to_utc and _to_ms(query.to_utc)),
        ("line", "line = :line", query.line),
        ("direction", "direction = :direction", query.direction),
        ("proof", "proof = :proof", query.proof),
        ("before", "id < :before", query.before_id),
    ):
        if value is not None:
            where.append(sql)
            values[name] = value
    if query.recorded is not None:
        where.append("audio_samples > 0" if query.recorded else "audio_samples = 0")
    if query.number is not None:
        where.append("(number LIKE :number OR digits LIKE :number)")
        values["number"] = f"%{''.join(c for c in query.number if c in '0123456789*#')}%"
    return " AND ".join(where), values

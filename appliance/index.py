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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from appliance import index_check, number_index, ulid
from appliance.api import NoSuchCall
from appliance.durable import refuse_if_moved
from appliance.index_query import FEW_CALLS, NO_SELF_TEST, UNPROVED, CallQuery, digits_of, statement
from appliance.index_reader import IndexReader
from appliance.index_row import COLUMNS, CallRow, from_db, from_ms, to_db, to_ms
from appliance.index_schema import meant, prepare
from appliance.log_map import refuse_without_room
from appliance.transaction import transaction
from appliance.typed import Typed

_INSERT: Final = (
    f"INSERT INTO calls ({', '.join(COLUMNS)}) VALUES ({', '.join(f':{one}' for one in COLUMNS)})"
)


#: Rows that are read between two looks at what was written meanwhile.
_AT_ONCE: Final = 1000


class CallIndex:
    """Open it once to write (`open`), in the recorder, and anywhere to read (`open_readonly`)."""

    def __init__(
        self,
        current: Callable[[], sqlite3.Connection],
        close: Callable[[], None],
        path: Path | None = None,
    ) -> None:
        """Use an open database; path is that of one to be written, where it stays."""
        self._current = current
        self.close = close
        self._file = (path, path.stat()) if path else None

    @property
    def _db(self) -> sqlite3.Connection:
        return self._current()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open for writing, making it if it is not there.

        Raises:
            IndexBroken: the file is there and is not a sound index.
            OSError: the disk failed or is full; what is in the file is not known.
        """
        refuse_without_room(path)
        try:
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA secure_delete=ON")  # what is taken out is written over
            prepare(db, path)
        except sqlite3.DatabaseError as error:
            raise meant(error, path) from error
        db.row_factory = sqlite3.Row
        return cls(lambda: db, db.close, path)

    @classmethod
    def open_readonly(cls, path: Path) -> Self:
        """Open for reading beside the recorder.

        Raises:
            IndexBroken: there is no index, or it is not sound.
            OSError: the disk failed.
        """
        try:
            reader = IndexReader(path)
        except sqlite3.DatabaseError as error:
            raise meant(error, path) from error
        return cls(reader.current, reader.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # ------------------------------------------------------------ writing

    def transaction(self) -> AbstractContextManager[None]:
        """Several writes, one flush: all of them are there after a power cut, or none.

        Raises:
            FileNotFoundError: the file was removed or moved away, or another is in its place: what
                is written would be nobody's. The next start makes the index again.
        """
        if self._file:
            refuse_if_moved(*self._file)
        return transaction(self._db)

    def put(self, row: CallRow) -> None:
        """Write a call's row, or what has changed in it."""
        values = to_db(row)
        found = self._db.execute("SELECT * FROM calls WHERE id = ?", (row.id,)).fetchone()
        before = dict(found) if found else {}
        if not before:
            self._db.execute(_INSERT, values)
        elif changed := [name for name, value in values.items() if before[name] != value]:
            # Each index is a page to be written, for a value that has changed alone.
            told = ", ".join(f"{name} = :{name}" for name in changed)
            self._db.execute(f"UPDATE calls SET {told} WHERE id = :id", values)
        had = {each for each in (before.get("number"), before.get("digits")) if each}
        has = {each for each in (row.number, row.digits) if each}
        number_index.add(self._db, has - had)
        number_index.remove_unused(self._db, had - has)

    def fill(self, rows: Iterable[CallRow]) -> None:
        """Put a great many rows of which none is there yet, in one step."""
        with self.transaction():
            self._db.executemany(_INSERT, (to_db(row) for row in rows))
            number_index.fill(self._db)

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

    def put_count(self, at: datetime, found: Mapping[str, object]) -> None:
        """Say what the last reconciliation found."""
        self._db.execute(
            "INSERT OR REPLACE INTO counts VALUES (1, ?, ?)", (to_ms(at), json.dumps(found))
        )

    def add_hearing(
        self, call_id: str, at: datetime, heard: tuple[str, str, str], entry: int
    ) -> None:
        """Say that a call was heard or taken out.

        Args:
            heard: (person, act, purpose).
            entry: its number in the ledger.
        """
        self._db.execute(
            "INSERT INTO hearings VALUES (?, ?, ?, ?, ?, ?)",
            (call_id, to_ms(at), *heard, entry),
        )

    def put_typed(self, entry: int, typed: Typed) -> None:
        """Keep what a person typed for an entry of the ledger."""
        # One that a power cut left without its entry gives way to the entry of that number.
        self._db.execute(
            "INSERT OR REPLACE INTO typed VALUES (?, ?, ?, ?)",
            (entry, typed.call_id, typed.text, typed.salt),
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

    def keeps_before(self, at: datetime) -> bool:
        """Say whether a call of before a moment is kept that is not held."""
        row = self._db.execute(
            "SELECT 1 FROM calls WHERE started_ms <= ? AND erased_ms IS NULL AND hold IS NULL"
            " LIMIT 1",
            (to_ms(at),),
        ).fetchone()
        return row is not None

    def kept_on(self, day: str, after: str = "", limit: int = -1) -> list[CallRow]:
        """Return the calls of a day that are neither erased nor being erased, by id."""
        rows = self._db.execute(
            "SELECT * FROM calls WHERE day = ? AND id > ? AND erased_ms IS NULL"
            " AND id NOT IN (SELECT call_id FROM erasing) ORDER BY id LIMIT ?",
            (day, after, limit),
        )
        return [from_db(row) for row in rows]

    def last_recordings(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield each day's last recording that is kept: day, call, reel and its last segment."""
        # From day to day: DISTINCT would look at every row of a million.
        after = "SELECT day FROM calls WHERE day > ? AND erased_ms IS NULL ORDER BY day LIMIT 1"
        day = ("",)
        while day := self._db.execute(after, tuple(day)).fetchone():
            row = self._db.execute(
                "SELECT day, id, reel, last_offset FROM calls WHERE day = ? AND erased_ms IS NULL"
                " AND last_offset IS NOT NULL ORDER BY id DESC LIMIT 1",
                tuple(day),
            ).fetchone()
            if row is not None:
                yield tuple(row)

    def last_reel(self, day: str) -> int:
        """Return the highest number of a reel that a kept call of a day is in, or -1."""
        reels = self._db.execute(
            "SELECT DISTINCT reel FROM calls WHERE day = ? AND erased_ms IS NULL", (day,)
        )
        numbers = (Path(reel).stem for (reel,) in reels)
        return max((int(number) for number in numbers if number.isdecimal()), default=-1)

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
                self._db.execute("DELETE FROM typed WHERE call_id = ?", (row.id,))
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
        before_ms = None
        if query.before_id is not None:
            sql = "SELECT started_ms FROM calls WHERE id = ?"
            found = self._db.execute(sql, (query.before_id,)).fetchone()
            before_ms = found["started_ms"] if found else ulid.time_ms(query.before_id)
        sql, values = statement(query, before_ms, self._numbers(digits_of(query)))
        return [from_db(row) for row in self._db.execute(sql, values)]

    def _numbers(self, part: str) -> list[str] | None:
        """Return the numbers with a part in them; None: so many calls fit that some are near."""
        if len(part) < number_index.PART_LEN:
            return None
        numbers = number_index.having(self._db, part, FEW_CALLS + 1)
        if len(numbers) > FEW_CALLS:
            return None
        (calls,) = self._db.execute(
            "SELECT count(*) FROM (SELECT 1 FROM calls WHERE number IN"
            " (SELECT value FROM json_each(?)) LIMIT ?)",
            (json.dumps(numbers), FEW_CALLS + 1),
        ).fetchone()
        return numbers if calls <= FEW_CALLS else None

    def which(self, call_ids: Iterable[str]) -> set[str]:
        """Return those of these calls that are in the index."""
        sql = "SELECT id FROM calls WHERE id IN (SELECT value FROM json_each(?))"
        return {row["id"] for row in self._db.execute(sql, (json.dumps(list(call_ids)),))}

    def unfinished(self) -> list[CallRow]:
        """Return the calls whose end is not in the index, oldest first."""
        rows = self._db.execute("SELECT * FROM calls WHERE ended_ms IS NULL ORDER BY id")
        return [from_db(row) for row in rows]

    def entered_from(self, entry: int) -> list[CallRow]:
        """Return the calls whose entry in the ledger has this number or a higher one, in order."""
        rows = self._db.execute("SELECT * FROM calls WHERE entry >= ? ORDER BY entry", (entry,))
        return [from_db(row) for row in rows]

    def last_entry(self) -> int:
        """Return the highest number that the entry of a call has in the ledger, or -1."""
        (last,) = self._db.execute("SELECT ifnull(max(entry), -1) FROM calls").fetchone()
        return int(last)

    def unsure(self) -> list[CallRow]:
        """Return the calls that are over and whose date is not known yet, oldest first."""
        sql = "SELECT * FROM calls WHERE dated = 'unsure' AND ended_ms IS NOT NULL ORDER BY id"
        return [from_db(row) for row in self._db.execute(sql)]

    def with_proof(self, proof: str) -> list[CallRow]:
        """Return the calls whose proof is "pending" or "failed", oldest first."""
        rows = self._db.execute(
            f"SELECT * FROM calls WHERE proof = ? AND {UNPROVED} AND {NO_SELF_TEST} ORDER BY id",
            (proof,),
        )
        return [from_db(row) for row in rows]

    def hearings(self, call_id: str) -> list[tuple[datetime, str, str, str, int | None]]:
        """Return (at, person, act, purpose, entry) of who heard a call, oldest first."""
        rows = self._db.execute(
            "SELECT at_ms, person, act, purpose, entry FROM hearings WHERE call_id = ?"
            " ORDER BY at_ms",
            (call_id,),
        )
        return [(from_ms(at), *rest) for at, *rest in rows]

    def typed(self, entries: Iterable[int] | None = None) -> dict[int, Typed]:
        """Return what was typed for these entries of the ledger, or for all of them."""
        sql = "SELECT * FROM typed"
        if entries is not None:
            sql += " WHERE entry IN (SELECT value FROM json_each(?))"
        values = () if entries is None else (json.dumps(list(entries)),)
        return {number: Typed(*rest) for number, *rest in self._db.execute(sql, values)}

    def typed_of_held(self) -> dict[int, Typed]:
        """Return what was typed about calls that are held."""
        sql = (
            "SELECT typed.* FROM calls JOIN typed ON typed.call_id = calls.id"
            " WHERE hold IS NOT NULL ORDER BY entry"
        )
        return {number: Typed(*rest) for number, *rest in self._db.execute(sql)}

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

    def last_count(self) -> tuple[datetime, dict[str, Any]] | None:
        """Return when the last reconciliation was, and what it found."""
        row = self._db.execute("SELECT at_ms, found FROM counts").fetchone()
        return (from_ms(row[0]), json.loads(row[1])) if row else None

    def calls_by_hour(self, since: datetime) -> dict[int, dict[int, int]]:
        """Return for each line how many calls began in which hour since 1970."""
        rows = self._db.execute(
            "SELECT line, started_ms / 3600000 AS hour, count(*) FROM calls"
            f" WHERE started_ms >= ? AND {NO_SELF_TEST} GROUP BY line, hour",
            (to_ms(since),),
        )
        hours: dict[int, dict[int, int]] = {}
        for line, hour, count in rows:
            hours.setdefault(line, {})[hour] = count
        return hours

    def last_calls(self, lines: Iterable[int]) -> dict[int, datetime]:
        """Return for each of these lines that has had a call when its last one began."""
        found = {}
        for line in lines:
            row = self._db.execute(
                "SELECT started_ms FROM calls WHERE line = ?"
                f" AND {NO_SELF_TEST} ORDER BY started_ms DESC LIMIT 1",
                (line,),
            ).fetchone()
            if row is not None:
                found[line] = from_ms(row[0])
        return found

    def count(self) -> int:
        """Return how many calls there are."""
        (count,) = self._db.execute(f"SELECT count(*) FROM calls WHERE {NO_SELF_TEST}").fetchone()
        return int(count)

    def last_row(self) -> int:
        """Return a mark for `since_row`."""
        (last,) = self._db.execute("SELECT ifnull(max(rowid), 0) FROM calls").fetchone()
        return int(last)

    def every(self) -> Iterator[CallRow]:
        """Yield every call, by id, some at a time: no reader stays in the way of the log."""
        after = ""
        sql = "SELECT * FROM calls WHERE id > ? ORDER BY id LIMIT ?"
        while rows := self._db.execute(sql, (after, _AT_ONCE)).fetchall():
            yield from map(from_db, rows)
            after = rows[-1]["id"]

    def since_row(self, mark: int) -> list[CallRow]:
        """Return the calls whose rows were made since last_row() gave this mark."""
        return [
            from_db(r) for r in self._db.execute("SELECT * FROM calls WHERE rowid > ?", (mark,))
        ]

    def check(self, *, quick: bool = False) -> list[str]:
        """Return what is wrong with the file and its rows; empty when it is sound.

        Args:
            quick: leave out whether SQLite's indexes agree with their tables.
        """
        return index_check.wrong(self._db, quick=quick)

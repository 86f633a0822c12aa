import os
import sqlite3

import pytest

from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.index_schema import SCHEMA_VERSION, IndexBroken, meant
from tests.appliance.test_index import NOON, row


def test_the_writer_refuses_another_version_and_another_file(tmp_path):
    path = tmp_path / "calls.db"
    path.write_bytes(b"junk" * 2000)
    with pytest.raises(IndexBroken):
        CallIndex.open(path)
    path.unlink()
    sqlite3.connect(path).execute("PRAGMA user_version=8").connection.close()
    with pytest.raises(IndexBroken, match="version 8, want"):
        CallIndex.open(path)


def test_an_index_of_version_1_gains_what_it_lacks(tmp_path):
    path = tmp_path / "calls.db"
    with CallIndex.open(path) as index:
        index.put(row(1, notice="beep"))
    db = sqlite3.connect(path)
    sorts = ("INDEX calls_by_time", "TABLE endings")
    dated = ("boot", "uptime_ms", "told_started_ms", "told_ended_ms", "dated")
    for dropped in (
        *("TRIGGER calls_sum_new", "TRIGGER calls_sum_changed", "COLUMN sum"),
        *("INDEX calls_entry", "INDEX calls_unsure", "COLUMN entry", "COLUMN notice_s"),
        *(f"COLUMN {column}" for column in dated),
        *sorts,
    ):
        db.execute(f"{'ALTER TABLE calls ' * ('COLUMN' in dropped)}DROP {dropped}")
    db.execute("ALTER TABLE hearings DROP COLUMN entry")
    db.executescript("DROP TABLE typed; PRAGMA user_version = 1; PRAGMA application_id = 0")
    db.close()
    with CallIndex.open(path) as index:
        index.put(row(2, notice="announcement", notice_s=1.25, entry=7))
        index.add_hearing(row(2).id, NOON, ("p1", "listen", "r1"), 9)
        assert index.hearings(row(2).id)[0][-1] == 9
    with CallIndex.open(path) as index:
        told = [(r.notice, r.notice_s) for r in index.search(CallQuery())]
        assert [r.id for r in index.entered_from(7)] == [row(2).id]
        assert index.get(row(1).id).dated == "sure"
        assert [r.id for r in index.search(CallQuery(number="60001"))] == [row(1).id]
    assert told == [("announcement", 1.25), ("beep", None)]


def test_a_reader_waits_for_the_recorder_to_bring_an_older_index_up_to_date(tmp_path):
    path = tmp_path / "calls.db"
    CallIndex.open(path).close()
    CallIndex.open_readonly(path).close()
    for version, text in ((SCHEMA_VERSION - 1, "start the recorder"), (99, "version 99, want")):
        db = sqlite3.connect(path)
        db.execute(f"PRAGMA user_version = {version}")
        db.close()
        with pytest.raises(IndexBroken, match=text):
            CallIndex.open_readonly(path)


def test_the_power_goes_while_the_numbers_are_noted_and_the_next_start_notes_them(tmp_path):
    path = tmp_path / "calls.db"
    with CallIndex.open(path) as index:
        index.put(row(1))
    db = sqlite3.connect(path)
    db.executescript("ALTER TABLE hearings DROP COLUMN entry; PRAGMA application_id = 0;")
    db.executescript("DELETE FROM endings; PRAGMA user_version = 4;")
    db.close()
    with CallIndex.open(path) as index:
        assert index.search(CallQuery(number="60001"))


def test_a_log_that_does_not_fit_its_map_is_told_as_what_it_is(tmp_path):
    error = sqlite3.OperationalError("locking protocol")
    error.sqlite_errorcode = sqlite3.SQLITE_PROTOCOL
    told = meant(error, tmp_path / "calls.db")
    assert isinstance(told, IndexBroken)
    assert "calls.db-wal or calls.db-shm, is damaged" in str(told)


def test_a_log_that_was_cut_under_its_readers_is_no_failing_disk(tmp_path):
    path = tmp_path / "calls.db"
    with CallIndex.open(path) as index, CallIndex.open_readonly(path) as reader:
        index.put(row(1))
        os.truncate(tmp_path / "calls.db-wal", 10)
        with pytest.raises(sqlite3.OperationalError) as failed:
            reader.search(CallQuery())
        assert "calls.db-wal or calls.db-shm, is damaged" in str(meant(failed.value, path))


@pytest.mark.parametrize("name", ["calls.db", "calls.db-wal"])
def test_what_sqlite_cannot_open_has_the_files_own_cause(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError, match=name):
        CallIndex.open(tmp_path / "calls.db")

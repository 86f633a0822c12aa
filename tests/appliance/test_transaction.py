import sqlite3
from contextlib import closing

import pytest

from appliance.transaction import transaction


@pytest.fixture
def db(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as made:
        made.execute("CREATE TABLE t (x)")
        yield made


def rows(db):
    return db.execute("SELECT count(*) FROM t").fetchone()[0]


def test_all_is_written_or_nothing(db):
    with transaction(db):
        db.execute("INSERT INTO t VALUES (1)")
        db.execute("INSERT INTO t VALUES (2)")
    with pytest.raises(ZeroDivisionError), transaction(db):
        db.execute("INSERT INTO t VALUES (3)")
        raise ZeroDivisionError
    assert rows(db) == 2
    assert not db.in_transaction


def test_what_sqlite_took_back_by_itself_is_told_as_what_it_was(db):
    db.execute("PRAGMA max_page_count = 3")
    db.execute("PRAGMA cache_spill = 0")
    with pytest.raises(sqlite3.OperationalError, match="full"), transaction(db):
        db.execute("INSERT INTO t VALUES (1)")
        db.execute("ROLLBACK")  # as SQLite does when the disk fails it
        db.execute("INSERT INTO t VALUES (zeroblob(100000))")
    assert rows(db) == 0

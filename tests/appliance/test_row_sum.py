import sqlite3
import zlib

import pytest

from appliance.index import CallIndex
from appliance.row_sum import columns, row_sum
from tests.appliance.test_index import row


def test_a_sum_to_the_byte():
    assert row_sum({"b": "x", "a": 1, "c": None, "sum": 7}) == zlib.crc32(b"a=1\nb='x'\n")


def test_a_column_that_is_added_later_changes_no_sum():
    assert row_sum({"a": 1, "later": None}) == row_sum({"a": 1})


@pytest.fixture
def index(tmp_path):
    with CallIndex.open(tmp_path / "calls.db") as index:
        index.put(row(1))
        yield index


def test_each_change_of_a_row_is_summed(index, tmp_path):
    index.put(row(1, keys="5"))
    index.set_proof(row(1).id, "failed", "why", row(1).start)
    assert index.check() == []


def test_an_index_without_sums_gains_them(tmp_path, index):
    index.close()
    db = sqlite3.connect(tmp_path / "calls.db")
    db.executescript(
        "DROP TRIGGER calls_sum_new; DROP TRIGGER calls_sum_changed;"
        " ALTER TABLE calls DROP COLUMN sum; PRAGMA application_id = 0;"
    )
    assert "sum" not in columns(db)
    db.close()
    with CallIndex.open(tmp_path / "calls.db") as again:
        assert again.check() == []
        assert again.get(row(1).id) == row(1)

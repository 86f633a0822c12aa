import sqlite3

import pytest

from appliance import number_index
from appliance.index import CallIndex
from tests.appliance.test_index import row


@pytest.fixture
def path(tmp_path):
    return tmp_path / "calls.db"


@pytest.fixture
def index(path):
    with CallIndex.open(path) as index:
        yield index


@pytest.fixture
def db(path, index):
    db = sqlite3.connect(path)
    yield db
    db.close()


def test_every_part_of_a_number_finds_it_and_no_other_does(index, db):
    index.put(row(1, number="0318036114"))
    for length in range(number_index.PART_LEN, 11):
        for at in range(10 - length + 1):
            part = "0318036114"[at : at + length]
            assert number_index.having(db, part, 9) == ["0318036114"], part
    for part in ("03180361140", "115", "813", "9"):
        assert number_index.having(db, part, 9) == []


def test_a_number_is_told_once_however_often_the_part_is_in_it(index, db):
    index.put(row(1, number="1111111"))
    index.put(row(2, number="1111111"))
    assert number_index.having(db, "111", 9) == ["1111111"]
    assert db.execute("SELECT count(*) FROM endings").fetchone() == (5,)


def test_digits_that_were_dialled_are_found_stars_and_hashes_too(index, db):
    index.put(row(1, number=None, digits="*23#0318"))
    assert number_index.having(db, "23#", 9) == ["*23#0318"]


def test_a_number_goes_with_the_last_call_that_has_it(index, db):
    for n in (1, 2):
        index.put(row(n, number="0318036114"))
    index.put(row(3, number=None, digits="0318036114"))
    for n in (1, 2):
        index.put(row(n, number=None))
        assert number_index.having(db, "6114", 9) == ["0318036114"]
    index.put(row(3, number=None, digits=""))
    assert db.execute("SELECT count(*) FROM endings").fetchone() == (0,)


def test_what_is_erased_leaves_no_digit_of_its_number_in_the_file(path):
    with CallIndex.open(path) as index:
        for n in range(200):
            index.put(row(n, number=f"0318036{n:04d}"))
        index.put(row(999, number="07077777770"))
        index.entomb([row(999, number=None)])
        assert index.forget_log()
    assert b"7777777" not in path.read_bytes()
    assert b"03180360199" in path.read_bytes()


def test_a_short_number_is_in_it_as_a_whole(index, db):
    index.put(row(1, number="15"))
    assert db.execute("SELECT ending, head FROM endings").fetchall() == [("15", "")]

import pytest

from appliance.index import CallIndex
from appliance.index_check import sound_rows
from appliance.index_row import from_db
from appliance.index_schema import IndexBroken
from tests.appliance.test_index import row


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "calls.db"
    with CallIndex.open(path) as index:
        with index.transaction():
            for n in range(40):
                index.put(row(n))
        index.set_proof(row(3).id, "verified", "", row(3).start)
    return path


def findings(path):
    try:
        with CallIndex.open_readonly(path) as index:
            return index.check()
    except IndexBroken as error:
        return [str(error)]


def spoil(path, old, new, count=1):
    content = path.read_bytes()
    assert content.count(old) >= 1
    path.write_bytes(content.replace(old, new, count))


def test_a_sound_index_has_nothing_wrong(path):
    assert findings(path) == []


def test_a_row_with_a_flipped_bit_is_named(path):
    spoil(path, "민원실 1".encode(), "민원실 0".encode())
    (found,) = findings(path)
    assert found.startswith("the row of call 01JD")


def test_tables_with_a_flipped_bit_are_found_and_not_written_to(path):
    spoil(path, b"'unknown'", b"'uoknown'")
    assert "its tables are not as they were made" in findings(path)
    with pytest.raises(IndexBroken, match="not as they were made"):
        CallIndex.open(path)


def test_the_sound_rows_of_a_damaged_index_are_still_there(path):
    spoil(path, "민원실 1".encode(), "민원실 0".encode())
    sound = {r["id"]: from_db(r) for r in sound_rows(path)}
    assert len(sound) == 39
    assert sound[row(20).id] == row(20)


@pytest.mark.parametrize("from_end", range(1, 16))
def test_a_page_that_is_lost_costs_its_own_rows_and_none_is_made_up(path, from_end):
    content = bytearray(path.read_bytes())
    content[-from_end * 4096 : len(content) - (from_end - 1) * 4096] = bytes(4096)
    path.write_bytes(content)
    assert findings(path)
    sound = {r["id"]: from_db(r) for r in sound_rows(path)}
    if from_end <= 3:  # the table's leaves, of 15 rows each; before them tables' texts and indexes
        assert len(sound) >= 24
    assert all(r == row(int(i[4:])) for i, r in sound.items() if r.proof == "none")


@pytest.mark.parametrize("content", [b"", b"x" * 8192, bytes(8192)])
def test_of_what_is_no_index_nothing_is_sound(path, content):
    path.write_bytes(content)
    assert sound_rows(path) == []

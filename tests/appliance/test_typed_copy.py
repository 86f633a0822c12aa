"""Why calls are held is there twice, as long as they are, and no longer."""

import os

import pytest

from appliance import typed, typed_copy
from appliance.index import CallIndex
from tests.appliance.test_index import row


@pytest.fixture
def data(tmp_path):
    (tmp_path / "spare").mkdir()
    return tmp_path


@pytest.fixture
def index(data):
    with CallIndex.open(data / "calls.db") as index:
        for n in (1, 2):
            index.put(row(n))
            index.put_typed(n, typed.new(row(n).id, f"reason {n}"))
        index.set_hold(row(1).id, "{}")
        yield index


def test_of_held_calls_alone_it_has_what_was_typed(data, index):
    typed_copy.settle(data, index)
    assert typed_copy.read(data) == {1: index.typed()[1]}
    path = data / "spare" / "typed.json"
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_where_nothing_has_changed(data, index):
    typed_copy.settle(data, index)
    before = (data / "spare" / "typed.json").stat()
    typed_copy.settle(data, index)
    assert os.path.samestat((data / "spare" / "typed.json").stat(), before)


def test_what_it_held_is_written_over_and_goes(data, index):
    typed_copy.settle(data, index)
    with (data / "spare" / "typed.json").open("rb") as old:
        index.set_hold(row(1).id, None)
        typed_copy.settle(data, index)
        content = old.read()
    assert content and not content.strip(b"\0")
    assert not (data / "spare" / "typed.json").exists()
    assert typed_copy.read(data) == {}


def test_a_disk_that_takes_no_copy_stops_nothing_and_the_next_time_it_is_made(data, index, caplog):
    (data / "spare").rmdir()
    typed_copy.settle(data, index)
    assert "there once only" in caplog.text
    (data / "spare").mkdir()
    typed_copy.settle(data, index)
    assert len(typed_copy.read(data)) == 1


@pytest.mark.parametrize("content", [b"", bytes(90), b"[]", b'{"1": 2}', b'{"x": ["a", "b", "c"]}'])
def test_a_copy_that_cannot_be_read_is_none_and_is_made_again(data, index, content):
    (data / "spare" / "typed.json").write_bytes(content)
    assert typed_copy.read(data) == {}
    typed_copy.settle(data, index)
    assert [said.text for said in typed_copy.read(data).values()] == ["reason 1"]

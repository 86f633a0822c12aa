import sqlite3

import pytest

from appliance.api import NoSuchCall
from appliance.call_list import CallList, CallListAway
from appliance.durable import set_aside
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from tests.appliance.test_index import row

ALL = CallQuery()


@pytest.fixture
def path(tmp_path):
    with CallIndex.open(tmp_path / "calls.db") as index:
        for number in range(1, 300):
            index.put(row(number))
    return tmp_path / "calls.db"


def spoil(path, how):
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how == "dead link":
        path.symlink_to("gone")
    elif how == "noise":
        path.write_bytes(b"no index " * 900)


def mend(path):
    set_aside(path)
    with CallIndex.open(path) as index:
        index.put(row(1))


def test_it_answers_as_the_index_does(path):
    calls = CallList(path)
    assert calls.wrong == ""
    assert len(calls.search(CallQuery(limit=None))) == 299
    assert calls.get(row(7).id) == row(7)
    assert calls.held() == calls.typed([1]) == {}
    with pytest.raises(NoSuchCall):
        calls.get("01NONE")
    assert calls.wrong == ""


@pytest.mark.parametrize("how", ["gone", "folder", "dead link", "noise"])
def test_what_cannot_be_read_is_told_with_its_remedy_until_it_is_made_anew(path, how, caplog):
    spoil(path, how)
    calls = CallList(path)
    for _ in range(2):
        with pytest.raises(CallListAway, match="restart the recorder"):
            calls.search(ALL)
    assert "restart the recorder" in calls.wrong
    assert caplog.text.count("the list of calls cannot be read") == 1
    mend(path)
    assert [each.id for each in calls.search(ALL)] == [row(1).id]
    assert calls.wrong == ""


def test_a_damage_in_the_midst_stays_told_though_other_questions_are_answered(path):
    content = bytearray(path.read_bytes())
    content[-40_000:] = b"\xff" * 40_000
    path.write_bytes(content)
    calls = CallList(path)
    with pytest.raises(CallListAway):
        [calls.get(row(number).id) for number in range(1, 300)]
    assert calls.held() == {}
    assert "if it happens again" in calls.wrong
    mend(path)
    assert calls.get(row(1).id) == row(1)
    assert calls.wrong == ""


def test_an_index_that_is_replaced_is_followed(path):
    calls = CallList(path)
    assert calls.get(row(2).id)
    mend(path)
    with pytest.raises(NoSuchCall):
        calls.get(row(2).id)


def test_a_lost_table_of_the_disks_is_no_crash(path):
    db = sqlite3.connect(path)
    db.execute("DROP TABLE typed")
    db.close()
    with pytest.raises(CallListAway):
        CallList(path).typed([1])

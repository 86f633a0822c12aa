"""What somebody typed about a call goes with the call, and cannot be changed before that."""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from appliance import cli, deep, typed
from appliance.engine import open_parts
from appliance.hold import Hold, new_hold
from appliance.ledger_walk import read_lines
from appliance.store import Store
from tests.appliance.scene import START
from tests.appliance.test_eraser import DUE, GOSHO, call_of, opened, parts, recorded, store, sweep

__all__ = ["opened", "parts", "store"]

NOTE, REASON, END = "입회 김민원 010-9876-5432", "係争中 佐藤 0173-35-2111", "終結 佐藤花子"
UNTIL = date(2026, 12, 31)
#: After the hold's last day: 1 January in Tokyo.
AFTER = datetime(2026, 12, 31, 15, 0, tzinfo=UTC)


@pytest.fixture
def call(store):
    """A call that was heard, held, let go, and held again."""
    (call,) = recorded(store, call_of(START))
    store.open_key(call.id, "p1", "listen", "r1 紛争", NOTE)
    store.hold(call.id, new_hold(GOSHO, "p2", REASON, UNTIL, START))
    store.release(call.id, "p2", END)
    store.hold(call.id, new_hold(GOSHO, "p2", REASON, UNTIL, START))
    return call


def holders(data, text):
    """Return the files of a folder in which a text stands, as itself or as JSON escapes it."""
    forms = (text.encode(), text.encode("utf-16-le"), ascii(text)[1:-1].encode())
    files = [path for path in Path(data).rglob("*") if path.is_file()]
    return {path.name for path in files if any(form in path.read_bytes() for form in forms)}


def verify(opened, capsys):
    code = cli.main(["ledger", "verify", "--data", str(opened.data)])
    return code, capsys.readouterr().out


def change(opened, sql, *values):
    with sqlite3.connect(opened.index) as db:
        assert db.execute(sql, values).rowcount
    db.close()


def test_it_is_told_while_the_call_is_kept_and_the_ledger_has_none_of_it(store, call, opened):
    (heard,) = store.hearings(call.id)
    assert (heard.purpose, heard.note) == ("r1 紛争", NOTE)
    assert Hold.from_text(store.held()[call.id]).reason == REASON
    store.close()
    for text in (NOTE, REASON, END):
        files = holders(opened.data, text)
        assert files
        assert files <= {"calls.db", "calls.db-wal", "typed.json"}


def test_no_file_yields_it_once_the_call_is_erased(store, call, parts, opened):
    salts = [said.salt for said in parts.index.typed().values()]
    assert len(salts) == len(set(salts)) == 4
    parts.index.forget_log()
    assert all(salt in opened.index.read_bytes() for salt in salts)
    sweep(store, DUE)
    assert parts.index.typed()  # held
    sweep(store, AFTER)
    store.close()
    assert parts.index.typed() == {}
    for text in (NOTE, REASON, END):
        assert holders(opened.data, text) == set()
    left = b"".join(path.read_bytes() for path in opened.data.glob("calls.db*"))
    assert not any(salt in left for salt in salts)
    entries = typed.read_entries(line[:-1] for _, line in read_lines(opened.ledger / "entries.log"))
    assert entries.entries == {}  # nothing is missed of a call that was erased


def test_a_sound_folder_is_said_to_be(store, call, opened, capsys):
    store.close()
    assert verify(opened, capsys) == (0, "the ledger is whole and signed\n")


@pytest.mark.parametrize("text", [NOTE, REASON, END])
def test_a_text_that_was_changed_is_found(store, call, opened, capsys, text):
    store.close()
    change(opened, "UPDATE typed SET text = 'nothing' WHERE text = ?", text)
    code, out = verify(opened, capsys)
    assert code == 1
    assert "what was typed at the" in out
    assert "was changed" in out
    wrong = [found.what for found in deep.examine(opened, None) if found.level == "wrong"]
    assert any("was changed" in what for what in wrong)


def test_a_text_of_another_call_is_found(store, call, opened, capsys):
    store.close()
    change(opened, "UPDATE typed SET call_id = '01M82V7M003NFWJAZE4A29PBS0' WHERE text = ?", NOTE)
    assert verify(opened, capsys)[0] == 1


def test_a_text_that_was_taken_away_is_found(store, call, opened, capsys):
    store.close()
    change(opened, "DELETE FROM typed WHERE text = ?", NOTE)
    code, out = verify(opened, capsys)
    assert code == 1
    assert "what was typed at the listen of its call is gone" in out


def test_another_reason_in_the_row_is_found(store, call, parts, opened, capsys):
    row = parts.index.get(call.id)
    other = replace(Hold.from_text(row.hold), reason="nothing")
    parts.index.put(replace(row, hold=other.to_text()))
    store.close()
    code, out = verify(opened, capsys)
    assert code == 1
    assert f"call {call.id} shows another reason" in out


def test_a_text_without_its_entry_gives_way_to_the_next(store, call, parts):
    stale = typed.new(call.id, "a power cut came before its entry")
    parts.index.put_typed(max(parts.index.typed()) + 1, stale)
    store.release(call.id, "p2", END)
    assert stale not in parts.index.typed().values()


@pytest.fixture
def left(opened):
    """What the recorder left: a call that was heard and is held; its id."""
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        (call,) = recorded(store, call_of(START))
        store.open_key(call.id, "p1", "listen", "r1 紛争", NOTE)
        store.hold(call.id, new_hold(GOSHO, "p2", REASON, UNTIL, START))
        store.close()
    return call.id


def test_of_an_index_that_is_lost_the_hold_stays_with_its_reason(left, opened, capsys):
    opened.index.unlink()
    with open_parts(opened) as parts:
        assert ("index_rebuilt", "") in parts.troubles
        hold = Hold.from_text(parts.index.get(left).hold)
        assert (hold.until, hold.reason) == (UNTIL.isoformat(), REASON)
        assert parts.index.hearings(left)[0][1:4] == ("p1", "listen", "r1 紛争")
        assert sorted(said.text for said in parts.index.typed().values()) == sorted((REASON, NOTE))
    assert verify(opened, capsys)[0] == 0


def test_without_the_copy_too_the_hold_stays_without_its_reason(left, opened, capsys):
    opened.index.unlink()
    (opened.data / "spare" / "typed.json").unlink()
    with open_parts(opened) as parts:
        hold = Hold.from_text(parts.index.get(left).hold)
        assert (hold.until, hold.reason) == (UNTIL.isoformat(), "")
        assert parts.index.typed() == {}
    assert verify(opened, capsys)[0] == 0  # the start has entered that the index was lost
    said = [found for found in deep.examine(opened, None) if "is gone" in found.what]
    assert {found.level for found in said} == {"note"}


def test_a_copy_that_somebody_wrote_is_not_believed(left, opened):
    opened.index.unlink()
    copy = opened.data / "spare" / "typed.json"
    copy.write_text(copy.read_text().replace(REASON, "없음"))
    with open_parts(opened) as parts:
        assert Hold.from_text(parts.index.get(left).hold).reason == ""


def test_of_a_damaged_index_what_can_be_read_and_is_true_stays(left, opened):
    change(opened, "UPDATE typed SET text = 'nothing' WHERE text = ?", NOTE)
    (opened.data / "spare" / "typed.json").unlink()
    content = opened.index.read_bytes()
    assert b"0173352111" in content
    opened.index.write_bytes(content.replace(b"0173352111", b"0173352112"))  # no row is sound now
    with open_parts(opened) as parts:
        assert ("index_rebuilt", "") in parts.troubles
        assert Hold.from_text(parts.index.get(left).hold).reason == REASON
        assert [said.text for said in parts.index.typed().values()] == [REASON]

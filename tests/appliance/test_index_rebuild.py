"""Whatever happens to calls.db: the next start makes it again, with no hand."""

import shutil
import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from appliance.disk_failure import remedy
from appliance.engine import open_parts
from appliance.index import CallIndex
from appliance.index_rebuild import ask_for_a_check, open_index
from appliance.ledger_walk import read_entry, read_lines
from appliance.replay import replay
from appliance.vault.day_secrets import DaySecrets

NOW = datetime(2026, 11, 24, tzinfo=UTC)
#: What the ledger does not hold, or not to the millisecond.
UNTOLD = ("number", "number_source", "digits", "keys", "line_name", "department", "answer")


def rows_of(trial):
    with CallIndex.open_readonly(trial.index) as index:
        return {row.id: row for row in index.since_row(0)}


@pytest.fixture
def was(trial, replayed):
    return rows_of(trial)


@contextmanager
def opened(trial):
    with open_parts(trial) as parts:
        yield parts


def start(trial):
    with opened(trial) as parts:
        return list(parts.troubles)


def test_that_it_was_made_again_is_told_though_the_power_went_before(trial, was):
    trial.index.unlink()
    index, made = open_index(trial, DaySecrets(trial.secrets))
    index.close()
    assert made
    assert ("index_rebuilt", "") in start(trial)  # it is whole now, and nobody was told
    assert start(trial) == []
    acts = [read_entry(line[:-1]).act for _, line in read_lines(trial.ledger / "entries.log")]
    assert acts.count("index_rebuilt") == 1


def told_again(row):
    names = ("id", "line", "direction", "start", "end", "audio_samples", "reel", "last_offset")
    names += ("stretches",)
    return tuple(getattr(row, name) for name in (*names, "chain", "proof", "day", "due", "entry"))


@pytest.mark.parametrize("content", [None, b"", b"x" * 9000, bytes(9000)])
def test_a_lost_index_is_told_again_by_the_ledger(trial, was, content):
    trial.index.unlink() if content is None else trial.index.write_bytes(content)
    assert ("index_rebuilt", "") in start(trial)
    now = rows_of(trial)
    assert {i: told_again(r) for i, r in now.items()} == {i: told_again(r) for i, r in was.items()}
    aside = [
        p for p in trial.data.glob("calls.db.damaged-*") if p.name[-4:] not in ("-wal", "-shm")
    ]
    assert [path.read_bytes() for path in aside] == ([] if content is None else [content])
    assert start(trial) == []


@pytest.mark.parametrize("how", ["removed", "moved", "replaced"])
def test_an_index_that_loses_its_name_under_the_recorder_takes_no_more(trial, was, how):
    with pytest.raises(FileNotFoundError) as ended, opened(trial) as parts:
        with parts.index.transaction():
            parts.index.set_proof(next(iter(was)), "pending", "", NOW)
        aside = trial.index.with_name("aside")
        trial.index.unlink() if how == "removed" else trial.index.rename(aside)
        if how == "replaced":
            shutil.copy(aside, trial.index)
        with parts.index.transaction():
            parts.index.set_proof(next(iter(was)), "failed", "", NOW)
    assert "a file or folder is gone" in remedy(ended.value)
    start(trial)
    assert rows_of(trial).keys() == was.keys()


def test_of_a_damaged_index_the_sound_rows_stay_as_they_were(trial, was):
    content = trial.index.read_bytes()
    (hurt,) = [r for r in was.values() if r.digits]
    assert hurt.digits.encode() in content
    trial.index.write_bytes(content.replace(hurt.digits.encode(), b"9" + hurt.digits[1:].encode()))
    ask_for_a_check(trial.index)
    assert ("index_rebuilt", "") in start(trial)
    now = rows_of(trial)
    assert {i: r for i, r in now.items() if i != hurt.id} == {
        i: r for i, r in was.items() if i != hurt.id
    }
    assert told_again(now[hurt.id]) == told_again(hurt)
    assert now[hurt.id].digits == ""


def test_a_write_ahead_log_that_was_taken_away_costs_no_call(trial, here, capture, was, tmp_path):
    before = tmp_path / "calls.db"
    shutil.copy(trial.index, before)
    replay(trial, here, capture[0])
    after = rows_of(trial)
    shutil.copy(before, trial.index)  # as SQLite has it when the log is gone
    start(trial)  # what it tells of is in test_rollback
    assert {i: told_again(r) for i, r in rows_of(trial).items()} == {
        i: told_again(r) for i, r in after.items()
    }


def test_a_call_that_had_ended_is_not_taken_for_one_that_was_cut_off(trial, was):
    (row,) = [r for r in was.values() if r.digits]
    db = sqlite3.connect(trial.index)
    db.executescript("DROP TRIGGER calls_sum_new; DROP TRIGGER calls_sum_changed;")
    db.execute(
        "UPDATE calls SET ended_ms = NULL, last_offset = NULL, chain = NULL, proof = 'none',"
        " proved_ms = NULL, entry = NULL, audio_samples = 0, ended_by = '' WHERE id = ?",
        (row.id,),
    )
    db.execute("PRAGMA application_id = 0")
    db.commit()
    db.close()
    assert start(trial) == []  # a kill between entry and row leaves it so: nothing was damaged
    now = rows_of(trial)[row.id]
    assert told_again(now) == told_again(row)
    assert (now.digits, now.ended_by) == (row.digits, row.ended_by)


def test_a_call_that_was_going_on_is_finished_from_the_vault(trial, here, was):
    """Its row and its entry are lost, its key and its sound are there."""
    (row,) = [r for r in was.values() if r.digits]
    entries = trial.ledger / "entries.log"
    lines = entries.read_bytes().splitlines(keepends=True)
    entries.write_bytes(b"".join(line for line in lines if row.id.encode() not in line))
    trial.index.unlink()
    index, made = open_index(trial, DaySecrets(trial.secrets))
    with index:
        (found,) = [r for r in index.unfinished() if r.id == row.id]
    assert made
    assert (found.line, found.reel, found.direction) == (0, row.reel, "unknown")


def test_a_cut_while_it_is_made_again_is_made_up_for(trial, was, monkeypatch):
    import os

    trial.index.write_bytes(b"x" * 9000)
    real = os.rename

    def rename(src, dst):
        if str(dst) == str(trial.index):
            raise OSError("power")
        real(src, dst)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(OSError, match="power"):
        open_index(trial, DaySecrets(trial.secrets))
    monkeypatch.undo()
    assert ("index_rebuilt", "") in start(trial)
    assert rows_of(trial).keys() == was.keys()


def test_a_sound_index_is_left_alone(trial, was):
    assert start(trial) == []
    assert rows_of(trial) == was

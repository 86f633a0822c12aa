"""An earlier calls.db and keys.db put back, and all that must not be taken for it."""

import shutil
from dataclasses import replace
from datetime import date, timedelta

import pytest

from appliance import alarm_file, box, doctor, policy, site
from appliance.box import Plan
from appliance.call_row import FixedClock
from appliance.engine import Engine, open_parts
from appliance.hold import new_hold
from appliance.index_rebuild import open_index
from appliance.kept_audio import Heard
from appliance.ledger_walk import ENTRIES, HEAD, RESUME
from appliance.replay import replay
from appliance.rollback import facts, in_words, leave_note, missing, read_note, remove_note
from appliance.store import Store
from appliance.tombstone import certificate
from appliance.vault.day_secrets import DaySecrets
from tests.appliance.scene import START
from tests.appliance.test_eraser import DUE, GOSHO, call_of, recorded, sweep
from tests.appliance.test_index_rebuild import rows_of, told_again
from tests.damage import copied


@pytest.fixture
def earlier(trial, replayed, tmp_path):
    """Return what puts calls.db and keys.db back as they are after the first replay."""
    kept = [trial.index, *trial.vault.glob("*/keys.db")]
    copies = {path: tmp_path / f"{n}.copy" for n, path in enumerate(kept)}
    for path, copy in copies.items():
        shutil.copy(path, copy)

    def put_back(*names):
        for path, copy in copies.items():
            if not names or path.name in names:
                shutil.copy(copy, path)

    return put_back


@pytest.fixture
def again(trial, here, capture, earlier):
    """Return the rows of a second replay."""
    return replay(trial, here, capture[0])


def started(trial):
    """Start the recorder, stop it, and return the alarms of a rollback that are left."""
    with Engine(trial, site.load(trial.site_file), FixedClock(START), wait=True) as engine:
        alarms = rollbacks(engine.alarms.all())
    assert rollbacks(alarm_file.read(trial.alarms)) == alarms
    return alarms


def rollbacks(alarms):
    return [alarm for alarm in alarms if alarm.what == "rolled_back"]


def test_both_put_back_to_an_earlier_state_are_an_alarm_that_counts(trial, again, earlier):
    was, day = rows_of(trial), again[0].day
    earlier()
    recorded = sum(row.recorded for row in again)
    assert doctor_says(trial) == [f"{len(again)} calls of {day}"]
    (alarm,) = started(trial)
    assert alarm.facts == {"calls": str(len(again)), "days": day, "keyless": str(recorded)}
    now = rows_of(trial)
    assert {i: told_again(r) for i, r in now.items()} == {i: told_again(r) for i, r in was.items()}
    # It stands until somebody has seen to it, and is not raised a second time.
    assert started(trial) == [alarm]
    assert doctor_says(trial) == []
    assert read_note(trial.index) == {}


def doctor_says(trial):
    found = doctor.examine(None, trial.data)
    return [
        one.what.split(" are in the ledger")[0].removeprefix("calls.db: ")
        for one in found
        if "are in the ledger" in one.what
    ]


def test_the_list_alone_put_back_costs_no_key(trial, again, earlier):
    earlier("calls.db")
    (alarm,) = started(trial)
    assert (alarm.facts["calls"], alarm.facts["keyless"]) == (str(len(again)), "0")


def test_the_alarm_is_raised_though_a_command_came_first(trial, again, earlier):
    earlier()
    with open_parts(trial) as parts:
        assert ("index_rebuilt", "") not in parts.troubles
    assert len(started(trial)) == 1


@pytest.fixture
def opened(tmp_path):
    plan = Plan(policy.profile_text("goshogawara"), None, trial=True)
    box.create(tmp_path / "data", plan, START)
    return box.open_box(tmp_path / "data")


def test_what_was_done_to_earlier_calls_since_is_done_again(opened, tmp_path):
    """A held call would have been erased, and the number of an erased one would be back."""
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        numbers = ("0173352111", "0173352222", "0173352111")
        held, due, heard = recorded(store, *(call_of(START, number=each) for each in numbers))
        store.open_key(heard.id, "p2", "listen", "fair")
        earlier = [
            shutil.copy(opened.index.with_name(f"calls.db{end}"), tmp_path) for end in ("", "-wal")
        ]
        store.close()
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        store.hold(held.id, new_hold(GOSHO, "p1", "裁判", date(2027, 3, 31), START))
        store.hold(heard.id, new_hold(GOSHO, "p1", "調査", date(2027, 3, 31), START))
        store.open_key(heard.id, "p1", "listen", "complaint", "メモ")
        sweep(store, DUE)
        recorded(store, call_of(DUE))
        store.close()
    was = rows_of(opened)
    for path in earlier:
        shutil.copy(path, opened.data)
    assert due.number.encode() in opened.index.with_name("calls.db-wal").read_bytes()
    with open_parts(opened) as parts:
        now = {row.id: row for row in parts.index.since_row(0)}
        for call in (held, due, heard):
            assert now[call.id] == was[call.id]
        assert now.keys() == was.keys()
        assert [each[1:4] for each in parts.index.hearings(heard.id)] == [
            ("p2", "listen", "fair"),
            ("p1", "listen", "complaint"),
        ]
        assert [said.text for said in parts.index.typed().values()].count("メモ") == 1
        raw = b"".join(path.read_bytes() for path in opened.data.glob("calls.db*"))
        assert b"0173352222" not in raw
    assert was[due.id].erased
    assert (now[due.id].number, now[held.id].number) == (None, held.number)


def test_an_earlier_ledger_put_back_with_the_list_is_told_by_the_vault(
    trial, here, capture, replayed, tmp_path
):
    """As where the vault is on another disk, and not in the copy."""
    copies = [(trial.index, tmp_path / "calls.db"), (trial.ledger, tmp_path / "ledger")]
    shutil.copy(*copies[0])
    shutil.copytree(*copies[1])
    again = replay(trial, here, capture[0])
    shutil.copy(*copies[0][::-1])
    shutil.rmtree(trial.ledger)
    shutil.copytree(*copies[1][::-1])
    index, made = open_index(trial, DaySecrets(trial.secrets))
    index.close()  # the power goes, and nobody was told
    assert made
    with open_parts(trial) as parts:
        assert parts.troubles == [("index_rebuilt", "")]
    assert {row.id for row in again} <= rows_of(trial).keys()
    with open_parts(trial) as parts:
        assert parts.troubles == []


@pytest.mark.parametrize("holds", [1, 2])
def test_a_hold_is_not_lost_where_no_call_is_missing(opened, tmp_path, holds):
    """One that is entered and not in its row is what a power cut leaves: it is no alarm."""
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        calls = recorded(store, *(call_of(START) for _ in range(2)))[:holds]
        store.close()
    earlier = shutil.copy(opened.index, tmp_path / "earlier.db")
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        for call in calls:
            store.hold(call.id, new_hold(GOSHO, "p1", "裁判", date(2027, 3, 31), START))
        store.close()
    was = rows_of(opened)
    shutil.copy(earlier, opened.index)
    with open_parts(opened) as parts:
        assert parts.troubles == [("index_rebuilt", "")] * (holds > 1)
        assert {row.id: row for row in parts.index.since_row(0)} == was
        assert {said.text for said in parts.index.typed().values()} == {"裁判"}
        assert read_note(opened.index) == {}
    with open_parts(opened) as parts:
        assert parts.troubles == []


def test_an_erasure_that_the_index_does_not_know_is_done_again(opened, tmp_path):
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        calls = recorded(store, *(call_of(START) for _ in range(2)))
        store.close()
    earlier = shutil.copy(opened.index, tmp_path / "earlier.db")
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        sweep(store, DUE)
        store.close()
    shutil.copy(earlier, opened.index)
    with open_parts(opened) as parts:
        assert ("index_rebuilt", "") in parts.troubles
        assert all(parts.index.get(call.id).erased for call in calls)


# ---------------------------------------------------------------- what is none


def test_an_erasure_that_the_power_cut_between_certificate_and_tombstone_is_none(opened):
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        call, _ = recorded(store, *(call_of(START) for _ in range(2)))
        # The keys are gone and it is certified; nothing is entombed yet.
        parts.index.begin_erasing([each.id for each in parts.index.kept_on(call.day)], "expired")
        for row in parts.index.since_row(0):
            facts = certificate(row, opened.policy, "expired", DUE)
            parts.ledger.append("erased", **facts)
        store.close()
    with open_parts(opened) as parts:
        assert parts.troubles == []
        assert parts.index.being_erased()


def test_a_new_box_and_a_whole_one_say_nothing(trial, here, capture):
    assert started(trial) == started(trial) == []
    replay(trial, here, capture[0])
    assert started(trial) == started(trial) == []


def test_a_person_that_is_recovered_is_no_call(trial, replayed):
    with open_parts(trial) as parts:
        parts.ledger.append("recovered", person="p1", who="p1", before="", after="operator")
    assert started(trial) == doctor_says(trial) == []
    trial.index.unlink()
    assert started(trial) == []
    assert rows_of(trial).keys() == {row.id for row in replayed}


def test_an_earlier_state_of_the_whole_folder_is_none(trial, again, earlier, full_folder):
    copied(full_folder[0], trial.data)
    assert started(trial) == []


def test_calls_that_were_erased_since_are_not_missing(opened):
    with open_parts(opened) as parts:
        store = Store(parts, lambda call: None)
        recorded(store, call_of(START), call_of(START))
        sweep(store, DUE)
        store.close()
    with open_parts(opened) as parts:
        assert missing(opened.ledger / ENTRIES, parts.index) == {}
        assert parts.troubles == []


def test_a_ledger_that_lost_its_last_seconds_is_no_rollback(trial, replayed, tmp_path):
    """The power takes the log's end at any byte, and the heads that were not on the disk."""
    log = trial.ledger / ENTRIES
    lines = log.read_bytes().splitlines(keepends=True)
    whole = copied(trial.data, tmp_path / "whole")
    for left in range(0, len(lines), 3):
        for torn in (b"", lines[left][:20]):
            copied(whole, trial.data)
            log.write_bytes(b"".join(lines[:left]) + torn)
            (trial.ledger / HEAD).unlink()
            (trial.ledger / RESUME).unlink()
            with open_parts(trial):
                assert read_note(trial.index) == {}


def test_a_call_that_the_power_cut_before_its_entry_is_no_rollback(opened):
    """Killed at each step of a call: what the ledger knows, the index knows."""
    for steps in range(4):
        with open_parts(opened) as parts:
            store, call = Store(parts, lambda call: None), call_of(START)
            store.begin(call)
            over = replace(call, end=call.start + timedelta(seconds=9), ended_by="on_hook")
            if steps > 0:
                store.tick()
            if steps > 1:
                store.end(over, Heard(0, 52, ()))
            if steps > 2:
                store.tick()
            # No close(): the process is gone.
        with open_parts(opened):
            assert read_note(opened.index) == {}


def test_a_clock_that_jumped_is_no_rollback(opened):
    for days in (0, 3650, -3650, 1, -1):
        with open_parts(opened) as parts:
            store = Store(parts, lambda call: None)
            recorded(store, call_of(START + timedelta(days=days)))
            store.close()
        with open_parts(opened):
            assert read_note(opened.index) == {}


def test_a_note_that_cannot_be_read_still_says_that_there_was_one(tmp_path):
    index = tmp_path / "calls.db"
    leave_note(index, {"calls": "2", "days": "2026-11-23", "keyless": "1"})
    assert read_note(index) == {"calls": "2", "days": "2026-11-23", "keyless": "1"}
    (tmp_path / "calls.db-rolled-back").write_bytes(b"\xff")
    assert read_note(index).keys() == {"calls", "days", "keyless"}
    remove_note(index)
    remove_note(index)
    assert read_note(index) == {}


def test_many_days_are_named_by_the_first_and_the_last():
    assert in_words({"2026-11-24", "2026-11-23"}) == "2026-11-23, 2026-11-24"
    days = [f"2026-11-{day:02}" for day in range(1, 30)]
    assert in_words(days) == "2026-11-01 … 2026-11-29"
    assert facts((), ()) == {"calls": "0", "days": "", "keyless": "0"}

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.engine import open_parts
from appliance.ledger_duty import EVERY_S, FIRST_S, LOOK_S, MISSING_DAYS, LedgerDuty
from appliance.witness import Stick, last_taken
from tests.appliance.scene import START

#: What the duty takes for now.
NOW = [START]


class FakeAlarms:
    def __init__(self):
        self.raised = []

    def set(self, what, where, holds, **facts):
        self.raised.append((what, where, holds))


class FakeWriter:
    def __init__(self):
        self.noted = []

    def note(self, act, facts):
        self.noted.append((act, facts))


@pytest.fixture
def folder():
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def duty(trial, folder):
    stick = Stick(folder, trial.data, trial.id)
    return LedgerDuty(trial, stick, FakeWriter(), FakeAlarms(), lambda: NOW[0])


@pytest.fixture(autouse=True)
def _now():
    NOW[0] = START


def checked(duty, now_s):
    duty.turn(now_s)
    duty.wait(20)
    raised, duty._alarms.raised = duty._alarms.raised, []
    return [what for what, _, holds in raised if holds]


def spoil(trial):
    log = trial.ledger / "entries.log"
    log.write_bytes(log.read_bytes().replace(b'"init"', b'"tini"', 1))


def test_a_minute_after_the_start_all_is_looked_through(duty, trial):
    spoil(trial)
    assert checked(duty, 0.0) == []
    assert checked(duty, FIRST_S) == ["ledger_damaged"]
    (act, facts) = duty._writer.noted[0]
    assert act == "ledger_check"
    assert "entry 0" in facts["found"][0]


def test_a_sound_ledger_raises_nothing_and_its_head_goes_onto_the_stick(duty, trial, folder):
    duty.turn(0.0)
    assert checked(duty, FIRST_S) == []
    (head,) = folder.glob("kirok-*.head")
    assert head.read_text() == (trial.ledger / "head").read_text()
    assert last_taken(trial.data).size == 1
    assert duty._writer.noted == [("witnessed", {"size": 1})]


def test_it_is_done_once_a_day_and_when_a_stick_is_put_in(duty, trial, folder):
    duty.turn(0.0)
    checked(duty, FIRST_S)
    spoil(trial)
    assert checked(duty, FIRST_S + 600) == []
    folder.rename(folder.with_name(f"{folder.name}.out"))
    assert checked(duty, FIRST_S + 700) == []
    folder.with_name(f"{folder.name}.out").rename(folder)
    assert checked(duty, FIRST_S + 800) == ["ledger_damaged"]
    assert checked(duty, FIRST_S + 800 + LOOK_S) == []
    assert checked(duty, FIRST_S + 801 + EVERY_S) == ["ledger_damaged"]


def test_a_stick_that_knows_better_raises_an_alarm_and_is_left_as_it_is(duty, trial, folder):
    old = {path: path.read_bytes() for path in trial.ledger.iterdir()}
    with open_parts(trial) as parts:
        parts.ledger.append("listen", call="01JD")
    duty.turn(0.0)
    assert checked(duty, FIRST_S) == []
    for path, content in old.items():
        path.write_bytes(content)
    assert checked(duty, FIRST_S + EVERY_S + 1) == ["witness_disagrees"]
    assert len(list(folder.glob("kirok-*.head"))) == 1


def test_what_the_ledger_says_of_people_is_known_then_and_what_is_odd_an_alarm(duty, trial):
    duty.people.heard("person_removed", "p9")
    with open_parts(trial) as parts:
        parts.ledger.append("person_removed", person="p1", who="p2")
    duty.turn(0.0)
    assert checked(duty, FIRST_S) == []
    assert duty.people.gone == {"p2", "p9"}
    with open_parts(trial) as parts:
        parts.ledger.append("listen", person="p2", call="01JD")
    assert checked(duty, FIRST_S + EVERY_S + 1) == ["registry_behind"]


def test_without_a_stick_the_ledger_is_looked_through_all_the_same(trial):
    spoil(trial)
    duty = LedgerDuty(trial, None, FakeWriter(), FakeAlarms())
    duty.turn(0.0)
    assert checked(duty, FIRST_S) == ["ledger_damaged"]


def test_a_ledger_that_cannot_be_read_stops_nothing(trial, caplog):
    (trial.ledger / "entries.log").unlink()
    duty = LedgerDuty(trial, None, FakeWriter(), FakeAlarms())
    duty.turn(0.0)
    assert checked(duty, FIRST_S) == []
    assert "could not be looked through" in caplog.text


def test_a_witness_who_has_not_come_for_too_long_is_an_alarm_until_one_comes(duty, folder):
    aside = folder.with_name(folder.name + "-away")
    folder.rename(aside)
    NOW[0] = START + timedelta(days=MISSING_DAYS)
    assert checked(duty, 0.0) == []
    NOW[0] += timedelta(seconds=1)
    assert checked(duty, LOOK_S) == ["witness_missing"]
    aside.rename(folder)
    checked(duty, FIRST_S)
    assert checked(duty, FIRST_S + LOOK_S) == []
    NOW[0] += timedelta(days=MISSING_DAYS, seconds=1)
    assert checked(duty, FIRST_S + 2 * LOOK_S) == ["witness_missing"]

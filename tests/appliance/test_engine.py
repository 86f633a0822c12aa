import errno
import os

import numpy as np
import pytest

from appliance import disk_failure
from appliance.call_row import FixedClock
from appliance.engine import BoxInUse, Engine
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.proof import Proof
from firmware_bridge.block import Block, Epoch
from tests.appliance.scene import START


def blocks(volts, seconds, at=0):
    for n in range(round(seconds * 100)):
        audio = np.full((1, 80), 500, np.int16) * (-1) ** np.arange(80, dtype=np.int16)
        yield Block(at + n * 80, audio, np.full((1, 10), volts, np.int16))


@pytest.fixture
def engine_of(trial, here):
    def engine_of():
        return Engine(trial, here, FixedClock(START), wait=True)

    return engine_of


def test_a_call_goes_from_blocks_to_a_proved_row(engine_of, trial):
    with engine_of() as engine:
        engine.recorder.push([Epoch(1, 1, 0), *blocks(4800, 1), *blocks(800, 2, 8000)])
        engine.recorder.push(blocks(4800, 2, 24_000))
    with CallIndex.open_readonly(trial.index) as index:
        (row,) = index.search(CallQuery())
    assert (row.reason, row.proof) == ("full", "verified")
    assert row.audio_s == pytest.approx(2, abs=0.02)


def test_a_second_recorder_is_told_who_has_the_folder(engine_of):
    with engine_of(), pytest.raises(BoxInUse, match=f"process {os.getpid()}"):
        engine_of()
    with engine_of():
        pass


def test_the_pid_file_is_there_while_it_runs(engine_of, trial):
    with engine_of():
        assert (trial.run / "record.pid").read_text() == f"{os.getpid()}\n"
    assert not (trial.run / "record.pid").exists()


def test_a_failed_proof_is_an_alarm(engine_of):
    with engine_of() as engine:
        engine._note_proof("01JD", Proof(True))
        engine._note_proof("01JE", Proof(False, "second 3: quiet"))
        engine.show_troubles()
        alarms = engine.recorder.status().alarms
    assert [(a.what, a.where) for a in alarms] == [("proof_failed", "01JE")]


def test_what_cannot_start_gives_the_folder_back(engine_of, trial):
    spare = trial.data / "spare" / "box.key"
    key = spare.read_bytes()
    trial.signing_key.unlink()
    spare.unlink()
    with pytest.raises(FileNotFoundError):
        engine_of()
    spare.write_bytes(key)
    with engine_of():
        pass


def test_a_start_and_a_stop_are_in_the_ledger(engine_of, trial):
    with engine_of():
        pass
    entries = (trial.ledger / "entries.log").read_text()
    assert [act for act in ("init", "start", "stop") if f'"act":"{act}"' in entries] == [
        "init",
        "start",
        "stop",
    ]


def test_audio_that_the_disk_did_not_take_is_an_alarm(engine_of):
    with engine_of() as engine:
        engine.show_troubles()
        assert engine.recorder.status().alarms == []
        engine.writer.lost_pieces += 1
        engine.show_troubles()
        engine.show_troubles()
        assert [a.what for a in engine.recorder.status().alarms] == ["disk_slow"]


def test_an_alarm_outlives_a_restart_with_its_time(engine_of):
    with engine_of() as engine:
        engine.recorder.set_alarm("proof_failed", "01JD", True)
        engine.recorder.set_alarm("line_unproved", 3, True)
        before = engine.alarms.all()
    with engine_of() as engine:
        assert engine.recorder.status().alarms == before
        assert engine.recorder.lamp == "attention"
        engine.alarms.acknowledge("proof_failed", "01JD", "anna")
    with engine_of() as engine:
        assert [alarm.what for alarm in engine.alarms.all()] == ["line_unproved"]


def test_every_change_of_an_alarm_is_in_the_ledger(engine_of, trial):
    with engine_of() as engine:
        engine.recorder.set_alarm("line_down", 3, True)
        engine.alarms.acknowledge("line_down", "line 3", "anna")
        engine.recorder.set_alarm("line_down", 3, False)
    entries = (trial.ledger / "entries.log").read_text()
    at = [entries.index(f'"act":"{act}"') for act in ("alarm", "alarm_seen", "alarm_over")]
    assert at == sorted(at)


def test_a_list_of_alarms_that_was_lost_is_an_alarm(engine_of, trial):
    trial.alarms.write_bytes(b"{}")
    with engine_of() as engine:
        assert [alarm.what for alarm in engine.alarms.all()] == ["alarms_lost"]


def test_audio_that_is_lost_again_after_the_alarm_was_acknowledged_is_an_alarm_again(engine_of):
    with engine_of() as engine:
        engine.writer.lost_pieces = 1
        engine.show_troubles()
        engine.alarms.acknowledge("disk_slow", "", "anna")
        engine.show_troubles()
        assert not engine.alarms.all()
        engine.writer.lost_pieces = 2
        engine.show_troubles()
        assert [alarm.what for alarm in engine.alarms.all()] == ["disk_slow"]


def test_why_the_last_recorder_ended_is_an_alarm_once(engine_of, trial):
    disk_failure.leave_note(trial.run, OSError(errno.EIO, "broken"))
    with engine_of() as engine:
        (alarm,) = engine.alarms.all()
        assert alarm.what == "disk_failed" and "replace the memory card" in alarm.facts["wrong"]
        engine.alarms.acknowledge("disk_failed", "", "anna")
    with engine_of() as engine:
        assert not engine.alarms.all()

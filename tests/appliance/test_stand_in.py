import pytest

from appliance import keys, ledger_audit
from appliance.api import RecorderAway
from appliance.control import METHODS, ControlServer
from appliance.engine import open_parts
from appliance.stand_in import StandIn
from tests.web_min.rig import FakeRecorder


def test_a_recorder_that_runs_is_asked(trial):
    recorder = FakeRecorder()
    with ControlServer(trial.socket, recorder, lambda _: METHODS):
        StandIn(trial).note("person_added", "p1", who="p2")
    assert recorder.notes() == [("person_added", "p1", {"who": "p2"})]
    assert "person_added" not in (trial.ledger / "entries.log").read_text()


def test_while_none_runs_the_note_is_in_the_ledger_at_once(trial):
    StandIn(trial).note("person_added", "p1", who="p2")
    assert '"person":"p1","who":"p2"' in (trial.ledger / "entries.log").read_text()
    assert ledger_audit.verify(trial.ledger, keys.public_key_from_text(trial.public_key)) == []


def test_a_folder_that_is_in_use_and_does_not_answer_is_a_recorder_away(trial):
    with open_parts(trial), pytest.raises(RecorderAway):
        StandIn(trial).note("person_added", "p1", who="p2")


def test_where_the_signing_key_is_the_recorders_alone_the_note_must_wait(trial):
    for key in (*trial.data.rglob("box.key"), *trial.data.rglob("*box.key.spare")):
        key.unlink()
    with pytest.raises(RecorderAway):
        StandIn(trial).note("person_added", "p1", who="p2")

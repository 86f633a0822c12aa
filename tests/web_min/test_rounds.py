from threading import Event

from appliance.office.documents import Request, Restriction
from appliance.registry_storage import as_file
from tests.web_min.rig import call, speechlike
from web_min.rounds import Rounds

DAY_S = 86_400


def state(rig):
    return rig.parts.cabinet.get(Request, "r1").state


def test_a_request_lapses_once_its_recording_is_erased_and_the_ledger_has_it(inside):
    row = inside.add(call(), speechlike(2.0))
    inside.parts.rounds.make()
    assert state(inside) == "pledged"
    inside.index.put(call(erased=inside.clock.now()))
    inside.parts.rounds.make()
    assert (state(inside), row.recorded) == ("lapsed", True)
    assert [act for act, _, _ in inside.recorder.notes()] == ["request_lapse"]


def test_a_restriction_is_proposed_on_the_day_after_the_report_was_due(inside):
    inside.permit(inside.add(call()), state="provided", due="2026-12-23")
    inside.clock.passed_s = 30 * DAY_S
    inside.parts.rounds.make()
    assert inside.parts.cabinet.all(Restriction) == []
    inside.clock.passed_s = 31 * DAY_S
    inside.parts.rounds.make()
    inside.parts.rounds.make()
    assert [each.state for each in inside.parts.cabinet.all(Restriction)] == ["proposed"]


def test_while_the_recorder_is_away_the_note_waits(inside):
    inside.add(call(erased=inside.clock.now()), speechlike(2.0))
    inside.recorder.away = True
    inside.parts.rounds.make()
    assert (state(inside), inside.recorder.notes()) == ("lapsed", [])
    inside.recorder.away = False
    inside.parts.rounds.make()
    assert [act for act, _, _ in inside.recorder.notes()] == ["request_lapse"]


def test_without_the_list_of_calls_nothing_is_done_and_what_waits_is_sent(inside, caplog):
    inside.add(call(erased=inside.clock.now()), speechlike(2.0))
    inside.break_index()
    inside.recorder.away = True
    inside.parts.notebook.note("login", "p1")
    inside.recorder.away = False
    inside.parts.rounds.make()
    assert (state(inside), [act for act, _, _ in inside.recorder.notes()]) == ("pledged", ["login"])
    assert "nothing is done in the office" in caplog.text


def test_a_registry_that_another_hand_changed_is_told(inside):
    path = inside.registry._storage._path
    inside.parts.rounds.make()
    path.write_bytes(as_file({"people": {}}))
    inside.parts.rounds.make()
    inside.parts.rounds.make()
    (note,) = inside.recorder.notes("registry_behind")
    assert note[2]["acts"] == "registry.json"
    assert inside.registry.people()


class Counted:
    """Chores that fail the first time. `twice` is set at the second."""

    def __init__(self):
        self.rounds, self.twice = 0, Event()

    def do(self, today):
        self.rounds += 1
        if self.rounds == 1:
            raise ValueError("a round that fails")
        self.twice.set()


def test_rounds_go_on_after_one_has_failed_and_end_when_told(inside):
    chores = Counted()
    rounds = Rounds(chores, inside.parts.notebook, lambda: inside.clock.now().date())
    with rounds.going_on(period_s=0.001):
        assert chores.twice.wait(10)
    made = chores.rounds
    assert not chores.twice.wait(0) or chores.rounds == made

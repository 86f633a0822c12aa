import pytest

from appliance import address
from appliance.registry import ROWS_MAX
from tests.web_min.rig import Rig


@pytest.fixture
def rig(tmp_path):
    """The page's own notebook, with a recorder that can be away."""
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def test_a_note_goes_to_the_ledger(rig):
    rig.parts.notebook.note("login", "p1", address="192.0.2.1")
    assert rig.recorder.notes() == [("login", "p1", {"address": "192.0.2.1"})]


def test_notes_wait_for_the_recorder_and_go_in_order_with_their_time(rig):
    rig.recorder.away = True
    rig.parts.notebook.note("login", "p1", address="192.0.2.1")
    rig.clock.passed_s = 61
    rig.parts.notebook.note("search", "p1", fields="line")
    rig.recorder.away = False
    rig.parts.notebook.note("logout", "p1")
    assert rig.recorder.notes() == [
        ("login", "p1", {"address": "192.0.2.1", "at": "2026-11-23T01:30:00.000Z"}),
        ("search", "p1", {"fields": "line", "at": "2026-11-23T01:31:01.000Z"}),
        ("logout", "p1", {}),
    ]
    assert rig.registry.unsent() == []


def test_a_note_that_waited_goes_as_from_where_it_was_made(rig):
    rig.recorder.away = True
    for who in ("192.0.2.7", "192.0.2.8"):
        with address.at(who):
            rig.parts.notebook.note("search", "p1")
    rig.restart()
    rig.recorder.away = False
    with address.at("192.0.2.9"):
        rig.parts.notebook.note("search", "p1")
    assert [act for act, _, _ in rig.recorder.notes()] == ["search"] * 3
    assert rig.recorder.noted_from == ["192.0.2.7", "192.0.2.8", "192.0.2.9"]


def test_notes_that_wait_outlive_a_restart_of_the_page(rig):
    rig.recorder.away = True
    rig.parts.notebook.note("login", "p1")
    rig.restart()
    rig.recorder.away = False
    rig.parts.notebook.note("logout", "p1")
    assert [act for act, _, _ in rig.recorder.notes()] == ["login", "logout"]


def test_a_recorder_that_goes_while_notes_are_sent_gets_each_once(rig):
    rig.recorder.away = True
    for act in ("a", "b", "c"):
        rig.parts.notebook.note(act, "p1")
    rig.recorder.away = False
    real = rig.recorder.note

    def one_then_away(act, person, **facts):
        real(act, person, **facts)
        rig.recorder.away = True

    rig.recorder.note = one_then_away
    rig.parts.notebook.note("d", "p1")
    rig.recorder.note, rig.recorder.away = real, False
    rig.parts.notebook.note("e", "p1")
    assert [act for act, _, _ in rig.recorder.notes()] == ["a", "b", "c", "d", "e"]


def test_a_note_is_written_together_with_the_change_it_is_of(rig):
    with pytest.raises(OSError, match="power"), rig.registry.one_write():
        rig.registry.remove("p1", "2026-11-23T00:00:00Z", last_too=True)
        rig.parts.notebook.keep("person_removed", "p1", who="p1")
        raise OSError("power")
    assert (len(rig.registry.people()), rig.registry.unsent()) == (1, [])
    with rig.registry.one_write():
        rig.registry.remove("p1", "2026-11-23T00:00:00Z", last_too=True)
        rig.parts.notebook.keep("person_removed", "p1", who="p1")
    assert (rig.registry.people(), len(rig.registry.unsent())) == ([], 1)
    rig.recorder.away = True
    rig.parts.notebook.send()
    assert len(rig.registry.unsent()) == 1
    rig.recorder.away = False
    rig.parts.notebook.send()
    at = "2026-11-23T01:30:00.000Z"
    assert rig.recorder.notes() == [("person_removed", "p1", {"who": "p1", "at": at})]
    assert rig.registry.unsent() == []


def test_when_no_more_can_wait_the_log_says_so(rig, caplog, monkeypatch):
    monkeypatch.setattr("appliance.registry.ROWS_MAX", 1)
    rig.recorder.away = True
    rig.parts.notebook.note("login", "p1")
    rig.parts.notebook.note("search", "p1")
    assert "lost search" in caplog.text
    assert len(rig.registry.unsent()) == 1 < ROWS_MAX


def test_other_faults_are_not_swallowed(rig):
    def broken(act, person, **facts):
        raise OSError("disk")

    rig.recorder.note = broken
    with pytest.raises(OSError, match="disk"):
        rig.parts.notebook.note("login", "p1")

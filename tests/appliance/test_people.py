"""Adding and removing people, with an argon2id that tests play."""

from datetime import timedelta

import pytest

from appliance.keys import tidy_setup_code
from appliance.people import CODE_LASTS, Opener, PassphraseTooShort, code_lasts
from appliance.registry import LastPerson, LedgerBehind, NameTaken
from tests.web_min.rig import NOW, PASSPHRASE, SECRET, Rig, unwrap

BY = Opener("p1", SECRET)
AT = "2026-11-23T01:30:00.000Z"


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def people(rig):
    return rig.parts.people


def test_whoever_opens_the_vault_lets_another_in(rig, people):
    person, code = people.invite(BY, "이두리", "operator")
    assert unwrap(person.wrapped, tidy_setup_code(code)) == SECRET
    assert rig.recorder.notes() == [("person_added", "p1", {"who": "p2", "at": AT})]
    assert code_lasts(person, NOW + CODE_LASTS - timedelta(seconds=1))
    assert not code_lasts(person, NOW + CODE_LASTS)
    people.set_passphrase(Opener(person.id, SECRET), "my own long words")
    now = rig.registry.person("p2")
    assert (unwrap(now.wrapped, "my own long words"), now.code_until) == (SECRET, None)
    assert not code_lasts(now, NOW)
    assert rig.recorder.notes("passphrase_set") == [("passphrase_set", "p2", {"at": AT})]


@pytest.mark.parametrize("length", [0, 9, 1001])
def test_a_passphrase_too_short_or_too_long_changes_nothing(rig, people, length):
    with pytest.raises(PassphraseTooShort, match=f"got a passphrase of {length} characters"):
        people.set_passphrase(BY, "x" * length)
    with pytest.raises(PassphraseTooShort):
        people.recover(SECRET, "x", "operator", "x" * length)
    assert unwrap(rig.registry.person("p1").wrapped, PASSPHRASE) == SECRET
    assert rig.recorder.notes() == []


def test_a_refused_change_leaves_no_note(rig, people):
    with pytest.raises(NameTaken):
        people.invite(BY, "김하나", "operator")
    with pytest.raises(LastPerson):
        people.remove("p1", "p1")
    assert (rig.recorder.notes(), rig.registry.unsent()) == ([], [])


def test_a_change_while_the_recorder_is_away_is_told_when_it_is_back(rig, people):
    rig.recorder.away = True
    people.invite(BY, "이두리", "operator")
    people.remove("p1", "p2")
    rig.recorder.away = False
    people.set_passphrase(BY, "another long one")
    acts = [act for act, _, _ in rig.recorder.notes()]
    assert acts == ["person_added", "person_removed", "passphrase_set"]


def test_without_its_note_there_is_no_act(rig, people, monkeypatch):
    monkeypatch.setattr("appliance.registry.ROWS_MAX", 0)
    with pytest.raises(LedgerBehind):
        people.invite(BY, "이두리", "operator")
    assert len(rig.registry.people()) == 1


def test_whoever_has_the_sheet_comes_in_anew_or_as_who_they_were(rig, people):
    assert people.recover(SECRET, "김하나", "operator", "another long one").id == "p1"
    assert unwrap(rig.registry.person("p1").wrapped, "another long one") == SECRET
    assert people.recover(SECRET, "새 사람", "operator", "another long one").id == "p2"
    assert [person for _, person, _ in rig.recorder.notes("recovered")] == ["p1", "p2"]

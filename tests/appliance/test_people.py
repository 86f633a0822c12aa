"""Adding and removing people, with an argon2id that tests play."""

from datetime import timedelta

import pytest

from appliance.keyring import vault_secret
from appliance.keys import tidy_setup_code
from appliance.people import (
    CODE_LASTS,
    LastGranter,
    NoSecret,
    Opener,
    PassphraseTooShort,
    Post,
    code_lasts,
    may_manage,
)
from appliance.registry import LastPerson, LedgerBehind, NameTaken
from tests.web_min.rig import NOW, PASSPHRASE, SECRET, Rig, unwrap

BY = Opener("p1", SECRET)
OPERATOR, HEAD, USER = Post("operator"), Post("head", "민원봉사과", "과장"), Post("user")
MINE = "my own long words"
AT = "2026-11-23T01:30:00.000Z"


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def people(rig):
    return rig.parts.people


def opened(rig, person_id, passphrase):
    """Return what somebody's passphrase opens: their own identity, and the vault's secret."""
    person = rig.registry.person(person_id)
    own = unwrap(person.wrapped, passphrase)
    return own, vault_secret(person.recipient, person.vault, own)


def joined(rig, people, name, post):
    """Let somebody in who chooses MINE; return them with their keys."""
    person, code = people.invite(BY, name, post)
    own, secret = opened(rig, person.id, tidy_setup_code(code))
    people.set_passphrase(Opener(person.id, secret, own), MINE)
    return rig.registry.person(person.id), Opener(person.id, secret, own)


def test_whoever_opens_the_vault_lets_another_in(rig, people):
    person, code = people.invite(BY, "이두리", OPERATOR)
    own, secret = opened(rig, "p2", tidy_setup_code(code))
    assert secret == SECRET
    facts = {"who": "p2", "before": "", "after": "operator", "at": AT}
    assert rig.recorder.notes() == [("person_added", "p1", facts)]
    assert code_lasts(person, NOW + CODE_LASTS - timedelta(seconds=1))
    assert not code_lasts(person, NOW + CODE_LASTS)
    people.set_passphrase(Opener(person.id, secret, own), MINE)
    now = rig.registry.person("p2")
    assert (opened(rig, "p2", MINE), now.code_until) == ((own, SECRET), None)
    assert not code_lasts(now, NOW)
    assert rig.recorder.notes("passphrase_set") == [("passphrase_set", "p2", {"at": AT})]


def test_who_opens_no_recording_never_has_the_vaults_secret(rig, people):
    person, opener = joined(rig, people, "이두리", USER)
    assert (person.opens, person.vault, opener.secret) == (False, "", b"")
    assert SECRET.hex() not in str(person.wrapped)


def test_a_role_that_opens_recordings_is_given_and_taken_without_a_passphrase(rig, people):
    person, _ = joined(rig, people, "이두리", USER)
    assert people.place(BY, person.id, Post("user operator")) == ""
    assert opened(rig, person.id, MINE)[1] == SECRET
    assert people.place(BY, person.id, Post("user", "세정과", "주무관")) == ""
    assert opened(rig, person.id, MINE)[1] == b""
    row = rig.registry.person(person.id)
    assert (row.role, row.department, row.rank, row.vault) == ("user", "세정과", "주무관", "")
    history = [(one.act, one.by, one.before, one.after) for one in rig.registry.rights_changes()]
    assert history == [
        ("person_added", "p1", "", "user"),
        ("rights_changed", "p1", "user", "user operator"),
        ("rights_changed", "p1", "user operator", "user"),
    ]


def test_taking_it_from_somebody_whose_passphrase_opens_the_secret_itself_needs_a_code(rig, people):
    joined(rig, people, "이두리", OPERATOR)
    code = people.place(BY, "p1", USER)  # p1 is as `kirok init` makes them
    assert opened(rig, "p1", tidy_setup_code(code))[1] == b""
    assert rig.registry.person("p1").code_until


def test_who_has_not_the_secret_cannot_give_it(rig, people):
    before = rig.registry.people()
    without = Opener("p1", b"")
    with pytest.raises(NoSecret):
        people.invite(without, "이두리", OPERATOR)
    person, _ = people.invite(without, "박세리", USER)
    with pytest.raises(NoSecret):
        people.place(without, person.id, OPERATOR)
    with pytest.raises(NoSecret):
        people.renew(without, "p1")
    assert rig.registry.people()[:1] == before


def test_nobody_takes_away_the_last_right_to_let_people_in(rig, people):
    head, _ = joined(rig, people, "이두리", HEAD)
    for act in (
        lambda: people.place(BY, head.id, OPERATOR),
        lambda: people.remove(head.id, head.id),
        lambda: people.renew(BY, head.id),
    ):
        with pytest.raises(LastGranter):
            act()
    other, _ = people.invite(BY, "박세리", HEAD)
    with pytest.raises(LastGranter):  # a code that nobody has used counts for nothing
        people.remove(head.id, head.id)
    people.remove(head.id, other.id)
    joined(rig, people, "최네모", HEAD)
    people.place(BY, head.id, OPERATOR)
    assert rig.registry.person(head.id).role == "operator"


def test_the_first_administrator_lets_people_in_until_somebody_has_the_right(rig, people):
    def may(person_id):
        registry = rig.registry
        return may_manage(
            rig.profile, registry.people(), registry.person(person_id), rig.site.first_role
        )

    head, _ = people.invite(BY, "이두리", HEAD)
    assert (may("p1"), may(head.id)) == (True, False)  # the code may get lost
    joined(rig, people, "박세리", HEAD)
    assert (may("p1"), may(head.id)) == (False, True)


def test_a_new_code_lets_somebody_choose_again_and_the_old_passphrase_opens_nothing(rig, people):
    person, _ = joined(rig, people, "이두리", OPERATOR)
    rig.registry.change(person.id, factor="x", factor_step=7)
    code = people.renew(BY, person.id)
    assert opened(rig, person.id, tidy_setup_code(code))[1] == SECRET
    row = rig.registry.person(person.id)
    assert (row.factor, row.factor_step, row.recipient == person.recipient) == ("", 0, False)
    assert code_lasts(row, NOW)


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
        people.invite(BY, "김하나", OPERATOR)
    with pytest.raises(LastPerson):
        people.remove("p1", "p1")
    assert (rig.recorder.notes(), rig.registry.unsent()) == ([], [])


def test_a_change_while_the_recorder_is_away_is_told_when_it_is_back(rig, people):
    rig.recorder.away = True
    people.invite(BY, "이두리", OPERATOR)
    people.remove("p1", "p2")
    rig.recorder.away = False
    people.set_passphrase(BY, "another long one")
    acts = [act for act, _, _ in rig.recorder.notes()]
    assert acts == ["person_added", "person_removed", "passphrase_set"]


def test_without_its_note_there_is_no_act(rig, people, monkeypatch):
    monkeypatch.setattr("appliance.registry.ROWS_MAX", 0)
    with pytest.raises(LedgerBehind):
        people.invite(BY, "이두리", OPERATOR)
    assert len(rig.registry.people()) == 1


def test_whoever_has_the_sheet_comes_in_anew_or_as_who_they_were(rig, people):
    assert people.recover(SECRET, "김하나", "operator", "another long one").id == "p1"
    assert opened(rig, "p1", "another long one")[1] == SECRET
    assert people.recover(SECRET, "새 사람", "operator", "another long one").id == "p2"
    assert [person for _, person, _ in rig.recorder.notes("recovered")] == ["p1", "p2"]

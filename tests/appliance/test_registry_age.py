"""Both copies of the registry put back to an earlier state, and what must not pass for it."""

import shutil
from contextlib import ExitStack, closing
from datetime import timedelta

import pytest

from appliance import doctor, registry_age
from appliance.api import RecorderAway
from appliance.ledger_people import FEW
from appliance.ledger_walk import ENTRIES
from appliance.notebook import Notebook
from appliance.people import Opener, People, Post, Wrapping
from appliance.registry import TOLD_MAX, Registry
from appliance.registry_age import BEHIND, in_words, settle, undone, undone_in
from appliance.registry_storage import spare_of
from appliance.stand_in import StandIn
from tests.appliance.scene import START
from tests.web_min.rig import unwrap, wrap

LISTENER = Post("operator", "민원봉사과", "주무관")


class Desk:
    """The page's people and ledger, without the page."""

    def __init__(self, box, at=START):
        self.box, self.at, self.away = box, at, False
        self.registry = Registry(box.registry)
        self.notebook = Notebook(self, self.registry, self.now)
        self.people = People(
            self.registry, self.notebook, Wrapping(wrap, unwrap), self.now, box.policy.profile
        )
        self.by = Opener("p1", b"secret")

    def now(self):
        self.at += timedelta(seconds=1)
        return self.at

    def note(self, act, person, **facts):
        if self.away:
            raise RecorderAway
        StandIn(self.box).note(act, person, **facts)

    def add(self, name):
        return self.people.invite(self.by, name, LISTENER)[0].id

    def settle(self):
        return [each.act for each in settle(self.registry, self.notebook, self.box)]

    def ids(self):
        return [person.id for person in self.registry.people()]


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def desk(trial, stack):
    desk = Desk(trial)
    stack.callback(desk.registry.close)
    return desk


@pytest.fixture
def saved(tmp_path, stack):
    """Return what keeps a copy of both files, and what puts it back; the page is stopped."""

    def paths(desk):
        return [desk.box.registry, spare_of(desk.box.registry)]

    def save(desk):
        for path in paths(desk):
            shutil.copy(path, tmp_path / path.name)

    def put_back(desk):
        desk.registry.close()
        for path in paths(desk):
            shutil.copy(tmp_path / path.name, path)
        desk = Desk(desk.box, desk.at)
        stack.callback(desk.registry.close)
        return desk

    return save, put_back


def test_who_was_removed_is_not_let_in_again(desk, saved):
    save, put_back = saved
    gone, stays = desk.add("이두리"), desk.add("박세리")
    save(desk)
    desk.people.remove("p1", gone)
    desk = put_back(desk)
    assert gone in desk.ids()
    assert desk.settle() == ["person_removed"]
    assert desk.ids() == ["p1", stays]
    assert [each.act for each in desk.registry.rights_changes()][-1] == "person_removed"
    # It is told once, and the next start finds nothing.
    assert desk.settle() == []
    (note,) = desk.registry.unsent()
    assert (note["act"], note["person"]) == (BEHIND, "")
    assert note["acts"].startswith(f"person_removed {gone} 2026-")
    desk.notebook.send()
    assert desk.settle() == []


def test_rights_that_were_taken_away_stay_so(desk, saved):
    save, put_back = saved
    who = desk.add("이두리")
    save(desk)
    desk.people.place(desk.by, who, Post("user"))
    desk = put_back(desk)
    assert desk.registry.person(who).vault
    assert desk.settle() == ["rights_changed"]
    person = desk.registry.person(who)
    assert (person.role, person.vault) == ("user", "")


def test_a_passphrase_that_was_called_back_opens_nothing(desk, saved):
    save, put_back = saved
    who = desk.add("이두리")
    desk.people.set_passphrase(Opener(who, b"", b"own"), "my own long words")
    save(desk)
    desk.people.renew(desk.by, who)
    desk = put_back(desk)
    assert desk.registry.person(who).code_until is None
    assert desk.settle() == ["code_renewed"]
    assert desk.registry.person(who).code_until < desk.at.isoformat()


def test_an_account_that_is_lost_gives_its_id_to_nobody(desk, saved):
    save, put_back = saved
    save(desk)
    lost = desk.add("이두리")
    desk = put_back(desk)
    assert desk.settle() == ["person_added"]
    assert desk.add("박세리") != lost
    assert desk.registry.name_of(lost) == lost


def test_a_changed_passphrase_and_a_document_are_named(desk, saved):
    save, put_back = saved
    who = desk.add("이두리")
    save(desk)
    desk.people.set_passphrase(Opener(who, b"", b"own"), "my own long words")
    desk.registry.put_row("requests", {"id": "r1"}, [note_of(desk, "request_file", of="r1")])
    desk.notebook.send()
    desk = put_back(desk)
    assert desk.settle() == ["passphrase_set", "request_file"]
    assert "passphrase_set p2" in desk.registry.unsent()[0]["acts"]


def note_of(desk, act, **facts):
    return {"act": act, "person": "p1", "at": desk.now().isoformat(), "from": "", **facts}


def test_the_doctor_says_it_and_changes_nothing(desk, saved):
    save, put_back = saved
    gone = desk.add("이두리")
    save(desk)
    desk.people.remove("p1", gone)
    assert doctor_says(desk) == []
    desk = put_back(desk)
    before = desk.box.registry.read_bytes()
    says = doctor_says(desk)
    assert len(says) == 2
    assert "person_removed p2" in says[0]
    assert "이두리 (p2) has an account, and was removed by the ledger" in says[1]
    assert desk.box.registry.read_bytes() == before


def doctor_says(desk):
    found = doctor.examine(None, desk.box.data)
    return [one.what for one in found if one.check == "people" and one.level == "wrong"]


# ---------------------------------------------------------------- what is none


def test_a_new_registry_and_one_of_an_older_version_say_nothing(desk):
    assert desk.settle() == []
    desk.add("이두리")
    assert desk.settle() == []
    desk.registry._db.drop_table("told")
    assert desk.registry.told() is None
    assert (desk.settle(), undone_in(desk.box.registry, desk.box.ledger / ENTRIES)) == ([], [])
    assert [note["act"] for note in desk.registry.told()] == ["person_added"]


def test_notes_that_wait_or_were_sent_and_not_dropped_are_not_undone(desk, monkeypatch):
    desk.add("이두리")
    desk.away = True
    who = desk.add("박세리")
    assert desk.settle() == []
    desk.away = False
    # Power goes after the recorder has the note, and before the registry has dropped it.
    desk.notebook._send(desk.registry.unsent()[0])
    assert desk.settle() == []
    desk.notebook.send()  # so it is sent twice
    assert desk.settle() == []
    assert who in desk.ids()


@pytest.mark.parametrize("lost", range(1, 6))
def test_a_ledger_that_lost_its_last_entries_is_no_rollback(desk, lost):
    """A note counts as told before the entry is on the disk: the power may take that."""
    for n in range(4):
        desk.add(f"사람 {n}")
    log = desk.box.ledger / ENTRIES
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:-lost]))
    assert desk.settle() == []
    assert len(desk.ids()) == 5


def test_a_ledger_that_has_none_of_what_it_was_told_is_no_rollback(desk):
    """More notes were lost than are remembered."""
    who = desk.add("이두리")
    desk.registry.put_told([note_of(desk, "request_file", of="r1")])
    assert desk.settle() == []
    assert who in desk.ids()


def test_an_earlier_state_of_the_whole_folder_is_none(desk, tmp_path):
    whole = shutil.copytree(desk.box.data, tmp_path / "whole")
    desk.add("이두리")
    desk.registry.close()
    shutil.copytree(whole, desk.box.data, dirs_exist_ok=True)
    desk = Desk(desk.box)
    with closing(desk.registry):
        assert desk.settle() == []


def test_acts_that_are_not_kept_in_the_registry_do_not_count(desk, saved):
    save, put_back = saved
    save(desk)
    desk.notebook.note("login", "p1")
    assert put_back(desk).settle() == []


def test_the_newest_notes_alone_are_kept_and_a_long_ledger_is_read_from_its_end(desk):
    for n in range(TOLD_MAX + 3):
        desk.add(f"사람 {n}")
    told = desk.registry.told()
    assert len(told) == TOLD_MAX
    log = desk.box.ledger / ENTRIES
    with open(log, "ab") as file:
        file.write(b"x" * 99 + b"\n" + (b"y" * 999 + b"\n") * 300)
    assert undone(log, told, []) == []
    found = undone(log, told[:4], [])
    assert [each.facts["who"] for each in found] == [note["who"] for note in told[4:]]
    assert in_words(found).endswith(f"; + {len(found) - FEW}") is (len(found) > FEW)


def test_no_ledger_is_nothing_to_compare_with(desk):
    (desk.box.ledger / ENTRIES).unlink()
    assert registry_age.settle(desk.registry, desk.notebook, desk.box) == []

"""Letting people in and removing them, on the page."""

import re

import pytest

from appliance.people import CODE_LASTS
from tests.web_min.rig import NAME, PASSPHRASE, call, speechlike

MINE = "my own long words"


def code_of(page):
    return re.search(r"\w{4}-\w{4}-\w{4}", page)[0]


def let_in(rig, name="이두리"):
    answer = rig.post("/people", name=name)
    assert answer.status_code == 200
    return code_of(answer.text)


def join(rig, code, client, name="이두리", passphrase=MINE):
    form = {"name": name, "code": code, "passphrase": passphrase, "again": passphrase}
    return rig.post("/join", client, **form)


def test_a_new_person_comes_in_with_a_code_that_is_shown_once(inside):
    code = let_in(inside)
    page = inside.get("/people").text
    assert code not in page
    assert "One-time code not used yet" in page
    theirs = inside.app.test_client()
    assert join(inside, code.lower(), theirs).headers["Location"] == "/"
    assert "이두리" in inside.get("/", theirs).text
    assert inside.get("/people").text.count("Has a passphrase") == 2
    notes = [(act, person, facts.get("who")) for act, person, facts in inside.recorder.notes()]
    assert notes == [
        ("person_added", "p1", "p2"),
        ("passphrase_set", "p2", None),
        ("login", "p2", None),
    ]
    assert inside.sign_in("이두리", MINE, inside.app.test_client()).status_code == 303


def test_what_they_hear_opens_with_the_same_secret(inside):
    row = inside.add(call(), speechlike(2.0))
    theirs = inside.app.test_client()
    join(inside, let_in(inside), theirs)
    answer = inside.post(f"/calls/{row.id}/listen", theirs, purpose="dispute")
    assert answer.status_code == 303
    assert inside.opened == [row.id]


def test_a_code_is_no_passphrase_and_serves_once_and_not_for_ever(inside):
    code = let_in(inside)
    assert inside.sign_in("이두리", code, inside.app.test_client()).status_code == 403
    assert join(inside, code, inside.app.test_client(), name="박세리").status_code == 403
    assert join(inside, code, inside.app.test_client()).status_code == 303
    assert join(inside, code, inside.app.test_client()).status_code == 403
    late = let_in(inside, "박세리")
    inside.clock.passed_s += CODE_LASTS.total_seconds()
    answer = join(inside, late, inside.app.test_client(), name="박세리")
    assert (answer.status_code, "too old" in answer.text) == (403, True)
    inside.sign_in()
    assert "too old: remove and let in again" in inside.get("/people").text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "Enter your name."),
        ({"code": ""}, "Enter the code that the administrator gave you."),
        ({"passphrase": "short", "again": "short"}, "at least 10 characters"),
        ({"again": "another"}, "not the same"),
        ({"code": "7K3M-Q0ZD-92XC"}, "do not belong together"),
    ],
)
def test_each_refusal_to_join_says_why_and_changes_nothing(inside, change, says):
    form = {"name": "이두리", "code": let_in(inside), "passphrase": MINE, "again": MINE}
    answer = inside.post("/join", inside.app.test_client(), **{**form, **change})
    assert answer.status_code in (400, 403)
    assert answer.text.count(says) == 2
    assert MINE not in answer.text
    assert inside.registry.person("p2").code_until


def test_wrong_codes_are_counted_noted_and_barred(inside):
    code = let_in(inside)
    theirs = inside.app.test_client()
    for _ in range(5):
        assert join(inside, "7K3M-Q0ZD-92XC", theirs).status_code == 403
    assert join(inside, code, theirs).status_code == 429
    assert len(inside.recorder.notes("join_refused")) == 5


def test_somebody_removed_is_signed_out_at_once(inside):
    row = inside.add(call(), speechlike(2.0))
    theirs = inside.app.test_client()
    join(inside, let_in(inside), theirs)
    inside.post(f"/calls/{row.id}/listen", theirs, purpose="dispute")
    assert inside.get(f"/calls/{row.id}/audio.opus", theirs).status_code == 200
    asked = inside.get("/people/p2/remove").text
    assert "Remove 이두리?" in asked
    assert inside.registry.person("p2")
    assert inside.post("/people/p2/remove").headers["Location"] == "/people"
    assert inside.get(f"/calls/{row.id}/audio.opus", theirs).status_code == 401
    assert inside.get("/", theirs).headers["Location"].startswith("/sign-in")
    assert inside.sign_in("이두리", MINE, theirs).status_code == 403
    assert inside.recorder.notes("person_removed")[0][2]["who"] == "p2"
    assert "이두리" in inside.get(f"/calls/{row.id}").text  # who has heard it, still by name


def test_the_last_one_with_a_passphrase_stays(inside):
    let_in(inside)
    answer = inside.post("/people/p1/remove")
    assert (answer.status_code, "Let somebody in first" in answer.text) == (409, True)
    assert inside.get("/people").status_code == 200


def test_whoever_removes_themselves_is_out(inside):
    join(inside, let_in(inside), inside.app.test_client())
    inside.post("/people/p1/remove")
    assert inside.get("/people").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [("", 400, "Enter the name"), (NAME, 409, "is here already"), (f" {NAME} ", 409, "already")],
)
def test_a_name_that_cannot_be_let_in_is_told(inside, name, status, says):
    answer = inside.post("/people", name=name)
    assert (answer.status_code, answer.text.count(says)) == (status, 2)
    assert len(inside.registry.people()) == 1


def test_only_an_administrator_sees_or_does_any_of_it(rig):
    rig.registry.add("이두리", "user", rig.parts.wrapping.wrap(b"s", PASSPHRASE), "2026-11-23")
    rig.sign_in("이두리")
    assert "/people" not in rig.get("/").text
    for ask in (
        lambda: rig.get("/people"),
        lambda: rig.post("/people", name="x"),
        lambda: rig.get("/people/p1/remove"),
        lambda: rig.post("/people/p1/remove"),
    ):
        assert ask().status_code == 404
    assert len(rig.registry.people()) == 2


def test_nobody_of_this_id_is_no_page(inside):
    assert inside.get("/people/p9/remove").status_code == 404
    assert inside.post("/people/p9/remove").status_code == 404

"""Letting people in and removing them, on the page."""

import re

import pytest

from appliance.people import CODE_LASTS
from tests.web_min.rig import NAME, PASSPHRASE, call, speechlike

MINE = "my own long words"


def code_of(page):
    return re.search(r"\w{4}-\w{4}-\w{4}", page)[0]


def let_in(rig, name="이두리", role="operator"):
    answer = rig.post("/people", name=name, role=role)
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
    assert "too old: give a new one" in inside.get("/people").text


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
    answer = inside.post("/people", name=name, role="user")
    assert (answer.status_code, answer.text.count(says)) == (status, 2)
    assert len(inside.registry.people()) == 1


def test_only_an_administrator_sees_or_does_any_of_it(rig):
    rig.registry.add("이두리", "user", rig.parts.wrapping.wrap(b"s", PASSPHRASE), "2026-11-23")
    rig.sign_in("이두리")
    assert "/people" not in rig.get("/").text
    for ask in (
        lambda: rig.get("/people"),
        lambda: rig.post("/people", name="x"),
        lambda: rig.get("/people/p1"),
        lambda: rig.post("/people/p1", role="user"),
        lambda: rig.post("/people/p1/code"),
        lambda: rig.get("/people/p1/remove"),
        lambda: rig.post("/people/p1/remove"),
    ):
        assert ask().status_code == 404
    assert len(rig.registry.people()) == 2


def test_the_rules_own_titles_are_offered_each_with_its_article(inside):
    page = inside.get("/people").text
    assert page.count('name="role"') == 6  # no account for bodies outside
    for title in ("녹취시스템 정책임자", "사용부서(기관)의 장", "감사부서", "시 소속 공무원"):
        assert title in page
    assert "article 9(2)" in page


def test_who_is_let_in_has_the_roles_and_the_post_that_were_given(inside):
    form = {"role": ["user", "unit_head"], "department": "세정과", "rank": "과장"}
    assert inside.post("/people", name="이두리", **form).status_code == 200
    person = inside.registry.person("p2")
    assert (person.roles, person.department, person.rank, person.opens) == (
        {"user", "unit_head"},
        "세정과",
        "과장",
        False,
    )
    page = inside.get("/people").text
    assert "세정과 과장" in page
    assert "Let in" in page.partition("Changes of rights")[2]


def test_without_a_role_nobody_is_let_in_or_changed(inside):
    for address, form in (("/people", {"name": "이두리"}), ("/people/p1", {"role": "outside"})):
        answer = inside.post(address, **form)
        assert (answer.status_code, answer.text.count("Choose at least one role.")) == (400, 2)
    assert [person.role for person in inside.registry.people()] == ["operator"]


def test_whoever_loses_a_role_is_signed_out_at_once_and_hears_nothing(inside):
    row = inside.add(call(), speechlike(2.0))
    theirs = inside.app.test_client()
    join(inside, let_in(inside), theirs)
    inside.post(f"/calls/{row.id}/listen", theirs)
    assert inside.get(f"/calls/{row.id}/audio.opus", theirs).status_code == 200
    assert inside.post("/people/p2", role="user").headers["Location"] == "/people"
    assert inside.get(f"/calls/{row.id}/audio.opus", theirs).status_code == 401
    assert inside.sign_in("이두리", MINE, theirs).status_code == 303  # with the same passphrase
    assert inside.post(f"/calls/{row.id}/listen", theirs).status_code == 404  # nor knows of it
    inside.post("/people/p2", role="operator")
    assert inside.get("/", theirs).headers["Location"].startswith("/sign-in")
    inside.sign_in("이두리", MINE, theirs)
    assert inside.post(f"/calls/{row.id}/listen", theirs).status_code == 303


def test_a_changed_department_signs_nobody_out(inside):
    theirs = inside.app.test_client()
    join(inside, let_in(inside), theirs)
    inside.post("/people/p2", role="operator", department="세정과")
    assert inside.get("/", theirs).status_code == 200
    assert inside.registry.person("p2").department == "세정과"


def test_a_second_holder_of_a_role_that_the_rule_gives_to_one_is_pointed_out(inside):
    warning = "The rule gives the role “녹취시스템 부책임자” to one person"
    let_in(inside, "이두리", "deputy")
    assert warning not in inside.get("/people").text
    let_in(inside, "박세리", "deputy")
    assert warning in inside.get("/people").text


def test_the_last_who_grants_cannot_give_it_up(inside):
    theirs = inside.app.test_client()
    join(inside, let_in(inside, "정책임", "head"), theirs, name="정책임")
    assert inside.get("/people").status_code == 404  # the operator grants no more
    assert inside.get("/people", theirs).status_code == 200
    for address, form in (("/people/p2", {"role": "operator"}), ("/people/p2/remove", {})):
        answer = inside.post(address, theirs, **form)
        assert (answer.status_code, "Nobody else could let people in" in answer.text) == (409, True)
    assert inside.registry.person("p2").role == "head"


def test_a_forgotten_passphrase_is_replaced_by_a_code(inside):
    theirs = inside.app.test_client()
    join(inside, let_in(inside), theirs)
    answer = inside.post("/people/p2/code")
    assert answer.status_code == 200
    assert inside.get("/", theirs).headers["Location"].startswith("/sign-in")
    assert inside.sign_in("이두리", MINE, theirs).status_code == 403
    assert join(inside, code_of(answer.text), theirs, passphrase=MINE + "!").status_code == 303
    assert inside.post("/people/p1/code").status_code == 409  # one's own


def test_nobody_of_this_id_is_no_page(inside):
    assert inside.get("/people/p9/remove").status_code == 404
    assert inside.post("/people/p9/remove").status_code == 404

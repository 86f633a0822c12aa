import pytest

from tests.web_min.rig import CODE, SECRET

FORM = {
    "code": CODE,
    "name": "山田花子",
    "passphrase": "ながい合言葉です、本当に",
    "again": "ながい合言葉です、本当に",
}


def test_the_first_administrator_is_made_and_signed_in(fresh):
    answer = fresh.post("/setup", **FORM)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "山田花子" in fresh.get("/").text
    (person,) = fresh.registry.people()
    assert (person.name, person.role) == ("山田花子", "operator")
    assert fresh.opens("p1", FORM["passphrase"]) == SECRET
    assert fresh.recorder.notes() == [("setup", "p1", {"address": "127.0.0.1"})]


def test_the_codes_copy_of_the_secret_is_gone_from_the_disk(fresh):
    code_wrap = fresh.registry.setup_wrap()
    fresh.post("/setup", **FORM)
    assert fresh.registry.setup_wrap() is None
    assert code_wrap["of"] not in fresh.path.read_text()


def test_the_page_is_gone_once_somebody_has_set_up(rig):
    assert rig.get("/setup").headers["Location"] == "/sign-in"
    assert rig.post("/setup", **FORM).headers["Location"] == "/sign-in"
    assert len(rig.registry.people()) == 1


@pytest.mark.parametrize(
    "change, says",
    [
        ({"code": ""}, "Enter the code that the box shows."),
        ({"code": "  "}, "Enter the code that the box shows."),
        ({"name": ""}, "Enter your name."),
        ({"name": "\u200b"}, "Enter your name."),
        ({"passphrase": "", "again": ""}, "at least 10 characters"),
        ({"passphrase": "x" * 9, "again": "x" * 9}, "at least 10 characters"),
        ({"passphrase": "x" * 1001, "again": "x" * 1001}, "too long"),
        ({"again": "something else"}, "not the same"),
        ({"again": ""}, "not the same"),
        ({"code": "7K3M-Q0ZD-92XC"}, "not the code that the box shows"),
    ],
)
def test_each_refusal_says_why_and_changes_nothing(fresh, change, says):
    answer = fresh.post("/setup", **{**FORM, **change})
    assert answer.status_code in (400, 403)
    assert answer.text.count(says) == 2  # above the form, and beside the field
    assert "<title>Error: " in answer.text
    assert fresh.registry.people() == []
    assert fresh.registry.setup_wrap() is not None
    assert FORM["passphrase"] not in answer.text
    assert fresh.get("/").headers["Location"] == "/setup"


def test_ten_characters_are_enough_whatever_they_are(fresh):
    form = {**FORM, "passphrase": "가나다라마바사아자차", "again": "가나다라마바사아자차"}
    assert fresh.post("/setup", **form).status_code == 303


def test_what_was_typed_is_kept_but_for_the_passphrase(fresh):
    page = fresh.post("/setup", **{**FORM, "code": "wrong code"}).text
    assert 'value="山田花子"' in page
    assert 'value="wrong code"' in page
    assert 'type="password" value=""' in page


def test_wrong_codes_are_counted_noted_and_barred_over_a_restart(fresh):
    for _ in range(5):
        assert fresh.post("/setup", **{**FORM, "code": "wrong"}).status_code == 403
    assert [note[0] for note in fresh.recorder.notes()] == ["setup_refused"] * 5
    fresh.restart()
    answer = fresh.post("/setup", **FORM)
    assert answer.status_code == 429
    assert "Wait 1 minute, then" in answer.text
    assert fresh.registry.people() == []
    fresh.clock.passed_s += 60
    assert fresh.post("/setup", **FORM).status_code == 303


def test_a_form_that_is_not_filled_in_costs_no_try(fresh):
    for _ in range(9):
        fresh.post("/setup", **{**FORM, "name": ""})
    assert fresh.post("/setup", **FORM).status_code == 303


def test_it_can_be_pasted_and_filled_in_by_a_password_manager(fresh):
    page = fresh.get("/setup").text
    assert page.count('autocomplete="new-password"') == 2
    assert 'autocomplete="one-time-code"' in page
    assert "onpaste" not in page

import pytest

from tests.web_min.rig import NAME, PASSPHRASE, SECRET

MINE = "another long passphrase"
FORM = {"current": PASSPHRASE, "passphrase": MINE, "again": MINE}


def test_ones_own_passphrase_is_changed_and_others_are_signed_out(inside):
    elsewhere = inside.app.test_client()
    inside.sign_in(client=elsewhere)
    answer = inside.post("/passphrase", **FORM)
    assert (answer.status_code, "is changed" in answer.text) == (200, True)
    assert inside.opens("p1", MINE) == SECRET
    assert inside.get("/").status_code == 200
    assert inside.get("/", elsewhere).headers["Location"].startswith("/sign-in")
    assert inside.sign_in(NAME, PASSPHRASE, elsewhere).status_code == 403
    assert inside.sign_in(NAME, MINE, elsewhere).status_code == 303
    assert [act for act, _, _ in inside.recorder.notes()][:2] == ["login", "passphrase_set"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"current": ""}, "Enter your passphrase."),
        ({"current": "wrong one"}, "This is not your passphrase."),
        ({"passphrase": "short", "again": "short"}, "at least 10 characters"),
        ({"again": "not the same"}, "not the same"),
    ],
)
def test_each_refusal_says_why_and_changes_nothing(inside, change, says):
    answer = inside.post("/passphrase", **{**FORM, **change})
    assert answer.status_code in (400, 403)
    assert answer.text.count(says) == 2
    assert inside.opens("p1", PASSPHRASE) == SECRET


def test_guessing_at_it_from_an_open_session_is_barred(inside):
    for _ in range(5):
        inside.post("/passphrase", **{**FORM, "current": "a guess at it"})
    assert inside.post("/passphrase", **FORM).status_code == 429
    assert len(inside.recorder.notes("login_refused")) == 5

import pytest

from tests.web_min.rig import NAME, PASSPHRASE
from web_min.sessions import IDLE_S, LIFETIME_S

WRONG = "Name and passphrase do not belong together."


def test_signing_in(rig):
    answer = rig.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert NAME in rig.get("/").text
    assert rig.recorder.notes() == [("login", "p1", {"address": "127.0.0.1"})]


def test_a_session_begins_under_a_fresh_id(rig):
    rig.get("/sign-in")
    before = rig.client.get_cookie("kirok").value
    rig.sign_in()
    after = rig.client.get_cookie("kirok").value
    assert after != before
    planted = rig.app.test_client()
    planted.set_cookie("kirok", before)
    assert rig.get("/", planted).status_code == 303


@pytest.mark.parametrize(
    "name, passphrase, person",
    [(NAME, "wrong", "p1"), ("이두리", PASSPHRASE, ""), ("이두리", "wrong", "")],
)
def test_a_refusal_does_not_say_what_was_wrong(rig, name, passphrase, person):
    answer = rig.sign_in(name, passphrase)
    assert answer.status_code == 403
    assert answer.text.count(WRONG) == 2
    assert rig.get("/").status_code == 303
    assert rig.recorder.notes() == [("login_refused", person, {"address": "127.0.0.1"})]
    assert "wrong" not in str(rig.recorder.done)


def test_pages_of_refusals_for_a_known_and_an_unknown_name_are_the_same(rig):
    pages = [rig.sign_in(name, "wrong").text.replace(name, "") for name in (NAME, "이두리")]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    "form, says",
    [
        ({"name": "", "passphrase": PASSPHRASE}, "Enter your name."),
        ({"name": NAME, "passphrase": ""}, "Enter your passphrase."),
        ({"name": " ", "passphrase": ""}, "Enter your name."),
    ],
)
def test_an_empty_field_is_said_and_costs_no_try(rig, form, says):
    answer = rig.post("/sign-in", **form)
    assert answer.status_code == 400
    assert says in answer.text
    assert rig.recorder.done == []
    assert rig.registry.failures(f"name:{NAME}").count == 0


@pytest.mark.parametrize("name", [NAME, "이두리"])
def test_after_five_failures_one_waits_even_over_a_restart(rig, name):
    for _ in range(5):
        assert rig.sign_in(name, "wrong").status_code == 403
    rig.restart()
    answer = rig.sign_in(name, PASSPHRASE)
    assert answer.status_code == 429
    assert "Too many failed tries. Wait 1 minute, then try again." in answer.text
    assert rig.get("/").status_code == 303


def test_the_name_is_kept_in_the_form_the_passphrase_is_not(rig):
    page = rig.sign_in("<b>이두리", "my secret").text
    assert 'value="&lt;b&gt;이두리"' in page
    assert "my secret" not in page


def test_the_error_is_above_the_form_beside_the_field_and_in_the_title(rig):
    page = rig.sign_in(NAME, "wrong").text
    assert "<title>Error: Sign in" in page
    assert 'class="error-summary" role="alert" tabindex="-1" autofocus' in page
    assert '<a href="#name">' in page
    assert 'aria-describedby=" name-error" aria-invalid="true"' in page


def test_one_who_is_signed_in_needs_no_form(inside):
    assert inside.get("/sign-in?next=/health").headers["Location"] == "/health"


def test_signing_out_ends_the_session_at_once(inside):
    copy = inside.app.test_client()
    copy.set_cookie("kirok", inside.client.get_cookie("kirok").value)
    assert inside.get("/", copy).status_code == 200
    answer = inside.post("/sign-out")
    assert answer.headers["Location"] == "/sign-in"
    assert inside.client.get_cookie("kirok") is None
    assert inside.get("/", copy).status_code == 303
    assert inside.recorder.notes() == [("logout", "p1", {"address": "127.0.0.1"})]


def test_a_session_ends_after_ten_idle_minutes(inside):
    inside.clock.passed_s = IDLE_S - 1
    assert inside.get("/calls").status_code == 200
    inside.clock.passed_s += IDLE_S
    assert inside.get("/calls").headers["Location"] == "/sign-in?next=/calls"


def test_it_can_be_made_longer_but_not_for_ever(inside):
    inside.clock.passed_s = IDLE_S - 100
    assert inside.get("/session").json == {"left_s": 100}
    assert inside.get("/session").json == {"left_s": 100}
    assert inside.post("/session").json == {"left_s": IDLE_S}
    while inside.clock.passed_s < LIFETIME_S - 300:
        inside.clock.passed_s += 300
        inside.post("/session")
    assert inside.get("/session").json["left_s"] <= 300
    inside.clock.passed_s = LIFETIME_S
    assert inside.post("/session").status_code == 401


def test_a_restart_of_the_page_ends_every_session(inside):
    cookie = inside.client.get_cookie("kirok").value
    inside.restart()
    inside.client.set_cookie("kirok", cookie)
    assert inside.get("/").status_code == 303


def test_while_the_recorder_is_away_one_may_sign_in_and_it_is_noted_later(rig):
    rig.recorder.away = True
    assert rig.sign_in().status_code == 303
    assert rig.registry.unsent()[0]["act"] == "login"
    rig.recorder.away = False
    rig.post("/sign-out")
    assert [act for act, _, _ in rig.recorder.notes()] == ["login", "logout"]


@pytest.mark.parametrize("code", ["ko", "ja", "en"])
def test_the_language_can_be_switched_before_and_after(rig, code):
    answer = rig.get(f"/language/{code}?next=/sign-in?next%3D/calls")
    assert answer.headers["Location"] == "/sign-in?next=/calls"
    assert f'<html lang="{code}">' in rig.get("/sign-in").text
    rig.sign_in()
    assert f'<html lang="{code}">' in rig.get("/").text


def test_a_language_we_do_not_have_is_not_found(inside):
    assert inside.get("/language/xx").status_code == 404

"""The second factor on the page: set up, asked for, exchanged, taken off."""

import re

import pyotp
import pytest

from tests.web_min.rig import NAME, NOW, PASSPHRASE, SECRET, Rig, call, iso, speechlike, wrap
from web_min.lockout import FREE_TRIES


@pytest.fixture
def real(tmp_path):
    """A page of a real folder, its first administrator signed in."""
    rig = Rig(tmp_path, second_factor=True)
    rig.sign_in()
    yield rig
    rig.close()


def key_on(page):
    return "".join(re.search(r'key" translate="no">([A-Z2-7 ]+)<', page)[1].split())


def now(rig, key):
    return pyotp.TOTP(key).at(rig.clock.now())


def set_up(rig, client=None):
    """Set a factor up as the page asks; return its key and the recovery codes."""
    key = key_on(rig.get("/second-factor", client).text)
    answer = rig.post("/second-factor", client, code=now(rig, key))
    assert answer.status_code == 200
    rig.clock.passed_s += 30
    return key, re.findall(r"<li>(\w{4}-\w{4})</li>", answer.text)


def halfway(rig, client=None):
    client = client or rig.app.test_client()
    assert rig.sign_in(client=client).headers["Location"] == "/sign-in/code"
    return client


def test_until_it_is_set_up_there_is_nothing_else(real):
    row = real.add(call(), speechlike(2.0))
    for address in ("/", "/calls", f"/calls/{row.id}", "/people", "/passphrase"):
        assert real.get(address).headers["Location"] == "/second-factor"
    assert real.post(f"/calls/{row.id}/listen").headers["Location"] == "/second-factor"
    assert real.get("/board").status_code == 401
    assert real.opened == []
    key, papers = set_up(real)
    assert (len(key), len(papers)) == (32, 10)
    assert real.get("/").status_code == 200
    assert papers[0] not in real.get("/second-factor").text


def test_the_qr_code_is_a_file_of_the_page_and_says_the_key(real):
    assert real.get("/second-factor/qr.svg").status_code == 404
    page = real.get("/second-factor")
    image = real.get("/second-factor/qr.svg")
    assert (image.status_code, image.mimetype) == (200, "image/svg+xml")
    assert image.headers["Cache-Control"] == "no-store"
    assert "/second-factor/qr.svg" in page.text
    set_up(real)
    assert real.get("/second-factor/qr.svg").status_code == 404


def test_signing_in_asks_for_a_code_and_only_then_is_somebody_in(real):
    key, _ = set_up(real)
    real.recorder.done.clear()
    theirs = halfway(real)
    assert real.get("/", theirs).headers["Location"].startswith("/sign-in")
    page = real.get("/sign-in/code", theirs).text
    assert 'autocomplete="one-time-code"' in page
    assert NAME not in page
    assert real.recorder.notes() == []
    assert real.post("/sign-in/code", theirs, code=now(real, key)).headers["Location"] == "/"
    assert real.get("/", theirs).status_code == 200
    assert [act for act, _, _ in real.recorder.notes()] == ["login"]
    assert real.get("/sign-in/code", theirs).headers["Location"] == "/sign-in"


def test_they_come_where_they_were_going(real):
    key, _ = set_up(real)
    theirs = real.app.test_client()
    real.sign_in(client=theirs, next="/calls?line=3")
    answer = real.post("/sign-in/code", theirs, code=now(real, key))
    assert answer.headers["Location"] == "/calls?line=3"


def test_a_recovery_code_lets_in_once(real):
    _, papers = set_up(real)
    assert real.post("/sign-in/code", halfway(real), code=papers[2]).status_code == 303
    answer = real.post("/sign-in/code", halfway(real), code=papers[2])
    assert (answer.status_code, answer.text.count("has been used")) == (403, 2)
    assert "9 recovery codes are left" in real.get("/second-factor").text


def test_wrong_codes_are_entered_counted_and_barred_over_a_restart(real):
    key, papers = set_up(real)
    theirs = halfway(real)
    for _ in range(FREE_TRIES):
        assert real.post("/sign-in/code", theirs, code="not it").status_code == 403
    notes = real.recorder.notes("code_refused")
    assert [note[2] for note in notes] == [{"address": "127.0.0.1"}] * FREE_TRIES
    assert real.post("/sign-in/code", theirs, code=now(real, key)).status_code == 429
    theirs = halfway(real)  # the right passphrase forgives no wrong code
    assert real.post("/sign-in/code", theirs, code=papers[0]).status_code == 429
    real.restart()
    theirs = halfway(real)
    assert real.post("/sign-in/code", theirs, code=now(real, key)).status_code == 429
    real.clock.passed_s += 60
    assert real.post("/sign-in/code", theirs, code=now(real, key)).status_code == 303


def test_a_minute_is_enough_and_six_are_too_many(real):
    key, _ = set_up(real)
    theirs = halfway(real)
    real.clock.passed_s += 301
    answer = real.post("/sign-in/code", theirs, code=now(real, key))
    assert answer.headers["Location"] == "/sign-in"
    assert real.get("/", theirs).headers["Location"].startswith("/sign-in")


def test_without_the_token_no_code_is_looked_at(real):
    key, _ = set_up(real)
    theirs = halfway(real)
    assert real.post("/sign-in/code", theirs, code=now(real, key), token="").status_code == 400
    assert real.post("/sign-in/code", theirs, code=now(real, key)).status_code == 303


def test_while_the_clock_is_not_trusted_none_is_set_up(real):
    real.show(clock_trusted=False)
    page = real.get("/second-factor").text
    assert "not sure of the time" in page
    assert 'name="code"' not in page
    assert real.post("/second-factor", code="123456").status_code == 409
    assert real.get("/health").status_code == 200  # where the clock is confirmed
    real.recorder.away = True
    real.clock.passed_s += 1
    assert 'name="code"' not in real.get("/second-factor").text
    assert real.registry.person("p1").factor == ""


def test_while_the_clock_is_not_trusted_a_recovery_code_is_advised_and_taken(real):
    _, papers = set_up(real)
    real.show(clock_trusted=False)
    theirs = halfway(real)
    assert "A recovery code works" in real.get("/sign-in/code", theirs).text
    assert real.post("/sign-in/code", theirs, code=papers[0]).status_code == 303


def test_a_new_phone_takes_the_place_of_the_old_after_a_code_of_it(real):
    key, papers = set_up(real)
    elsewhere = halfway(real)
    real.post("/sign-in/code", elsewhere, code=papers[1])
    answer = real.post("/second-factor/replace", code="wrong")
    assert (answer.status_code, answer.text.count("has been used")) == (403, 2)
    assert real.post("/second-factor/replace", code=papers[0]).status_code == 303
    again, fresh = set_up(real)
    assert again != key
    assert not set(fresh) & set(papers)
    assert real.get("/", elsewhere).headers["Location"].startswith("/sign-in")
    for old in (now(real, key), papers[5]):
        assert real.post("/sign-in/code", halfway(real), code=old).status_code == 403


def test_somebody_else_takes_it_off_and_another_is_set_up(real):
    set_up(real)
    head = real.registry.add("정책임", "head", wrap(SECRET, PASSPHRASE), iso(NOW))
    theirs = real.app.test_client()
    real.sign_in("정책임", client=theirs)
    set_up(real, theirs)
    waiting = halfway(real)
    answer = real.post("/people/p1/factor", theirs)
    assert answer.headers["Location"] == "/people/p1"
    assert real.get("/").headers["Location"].startswith("/sign-in")
    assert real.get("/sign-in/code", waiting).headers["Location"] == "/sign-in"
    assert real.sign_in().headers["Location"] == "/"
    assert real.get("/").headers["Location"] == "/second-factor"
    assert real.post(f"/people/{head.id}/factor", theirs).status_code == 409  # one's own
    assert real.recorder.notes("factor_reset")[0][:2] == ("factor_reset", head.id)


def test_whose_roles_open_nothing_is_not_asked(real):
    real.registry.add("이두리", "user", wrap(b"x", PASSPHRASE), iso(NOW))
    theirs = real.app.test_client()
    real.sign_in("이두리", client=theirs)
    assert real.get("/", theirs).status_code == 200
    assert real.get("/second-factor", theirs).status_code == 200  # but may have one


def test_in_a_trial_folder_nobody_is(rig):
    rig.sign_in()
    assert rig.get("/").status_code == 200

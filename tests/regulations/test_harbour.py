"""A third city is a file: `tests/harbour.toml`, without a line of code of its own."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from appliance import cli
from appliance.office.forms import Forms
from appliance.policy import parse, profile_text
from tests.regulations.hall import Hall, words_of
from tests.web_min.rig import NOW

FILE = Path(__file__).parents[1] / "harbour.toml"


@pytest.fixture
def hall(tmp_path):
    hall = Hall(
        tmp_path,
        str(FILE),
        {"keeper": ("Ana Reis", "keeper", "Registry"), "chief": ("Rui Sá", "chief", "Water")},
        "Registry",
        "keeper",
    )
    yield hall
    hall.close()


def asked(hall, **more):
    return hall.do(
        "chief",
        "/requests/new",
        kind="provide",
        ground="complaint",
        purpose="service",
        reason="A caller says that he was told another price.",
        applicant="Rui Sá",
        unit="Water",
        **more,
    )


def test_the_check_finds_nothing_missing(capsys):
    assert cli.main(["policy", "check", str(FILE)]) == 0
    assert "LACKS" not in capsys.readouterr().out


def test_a_copy_goes_the_way_that_the_file_names(hall):
    assert asked(hall, call=hall.recorded.id) == 303
    assert hall.act("chief", "approve") == 400
    assert hall.act("keeper", "approve") == 303
    assert hall.do("keeper", "/requests/r1/provide") == 303
    assert hall.state() == "provided"
    closing = hall.page("keeper", "/requests/r1").partition("What you can do")[2]
    assert "Remarks" in closing and "(optional)" not in closing
    assert hall.act("keeper", "close") == 400
    assert hall.act("keeper", "close", reason="answered") == 303
    assert hall.state() == "closed"


def test_every_page_that_somebody_is_shown_is_there(hall):
    asked(hall, call=hall.recorded.id)
    for who in ("keeper", "chief"):
        for path in ("/", "/requests", "/requests/r1", "/lines/1", "/rule"):
            assert hall.status(who, path) == 200, (who, path)
    for path in ("/calls", f"/calls/{hall.recorded.id}", "/register", "/log", "/people"):
        assert hall.status("keeper", path) == 200, path


def test_its_form_is_printed_though_nobody_has_drawn_it(hall):
    asked(hall, wanted="2026-11-23 about ten, 7103")
    printed = hall.paper("chief", "/requests/r1/harbour-a.pdf")
    for words in (
        *("Form A", "Request for a Recording", "Keeper", "Rui Sá", "The Town Clerk", "kept.until"),
        *("2026-11-23 about ten, 7103", "A caller says that he was told another price."),
        *("□√ A complaint has to be answered", "Water", "(signature)"),
    ):
        assert words.replace(" ", "") in printed, words


def test_its_page_asks_what_its_form_asks(hall):
    page = hall.get("/requests/new", hall.people["chief"]).text
    named = set(re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"', page.split("<main")[1]))
    usual = {"kind", "ground", "wanted", "reason", "applicant", "unit", "rank"}
    assert named == {*usual, "token", "form_kept_until", "form_answer_to", "form_sent"}
    for label in ("kept.until", "Answer to be sent to", "How", "By letter"):
        assert f">{label}</span>" in page
    typed = {"form_kept_until": "the 5th of May", "form_answer_to": "Rua 1", "form_sent": "post"}
    assert asked(hall, call=hall.recorded.id, **typed) == 303
    printed = hall.paper("chief", "/requests/r1/harbour-a.pdf")
    for words in ("the 5th of May", "Answer to be sent to", "Rua 1", "□√ By letter", "□ mail"):
        assert words.replace(" ", "") in printed, words
    shown = hall.page("keeper", "/requests/r1")
    for words in ("the 5th of May", "Answer to be sent to", "By letter"):
        assert words in shown


def test_the_notice_says_what_it_publishes(hall):
    notice = hall.page("chief", "/notice")
    for words in ("Harbour City", "10 days", "Every call is recorded", "Town Hall"):
        assert words in notice
    assert "the oldest is erased sooner" in notice


def test_a_call_is_kept_for_ten_days_of_its_own_and_the_oldest_makes_room():
    policy = parse(FILE.read_text())
    assert policy.due(NOW) - NOW > timedelta(days=10)
    assert policy.due(NOW).astimezone(ZoneInfo("Europe/Lisbon")).isoformat()[:16] == (
        "2026-12-04T00:00"
    )
    assert policy.overwrites


@pytest.mark.parametrize("city", ["osan", "goshogawara"])
def test_any_form_of_the_two_cities_can_be_printed_without_its_drawing(city):
    """As for a city that copies their profile, and is another."""
    known = parse(profile_text(city)).profile
    other = replace(known, city=replace(known.city, id="xx-other"))
    for form_id, form in other.forms.items():
        made = Forms(other, {}, {}).printed(form_id, {}, NOW)
        assert "".join(form.title.split()) in words_of(made)

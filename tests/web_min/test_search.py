from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.index_query import CallQuery
from tests.web_min.rig import ulid
from web_min.search import PAGE_LEN, read

SEOUL = ZoneInfo("Asia/Seoul")
ALL = CallQuery(limit=PAGE_LEN + 1)


@pytest.fixture(autouse=True)
def words(rig):
    with rig.app.test_request_context("/calls"):
        rig.app.preprocess_request()
        yield


def query(**args):
    found = read({name.rstrip("_"): value for name, value in args.items()}, SEOUL)
    assert not found.errors
    return found.query


def test_nothing_asked_is_everything():
    assert query() == ALL
    assert query(from_="", line=" ", number="", proof="") == ALL


def test_days_are_the_sites_and_both_included():
    found = query(from_="2026-11-22", to="2026-11-23")
    assert found.from_utc == datetime(2026, 11, 21, 15, tzinfo=UTC)
    assert found.to_utc == datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed, digits",
    [
        ("0313701234", "0313701234"),
        ("031-370-1234", "0313701234"),
        (" 1234 ", "1234"),
        ("*1#", "*1#"),
        ("(031) 370.12", "03137012"),
        ("+82 31", "8231"),
    ],
)
def test_a_number_is_what_is_typed_without_what_stands_between(typed, digits):
    assert query(number=typed).number == digits


@pytest.mark.parametrize(
    "name, value, attribute, want",
    [
        ("line", "3", "line", 3),
        ("direction", "in", "direction", "in"),
        ("recorded", "yes", "recorded", True),
        ("recorded", "no", "recorded", False),
        ("proof", "failed", "proof", "failed"),
        ("before", ulid(5), "before_id", ulid(5)),
    ],
)
def test_a_field_is_one_of_the_query(name, value, attribute, want):
    assert getattr(query(**{name: value}), attribute) == want


@pytest.mark.parametrize(
    "name, value",
    [
        ("direction", "up"),
        ("recorded", "maybe"),
        ("proof", "none' OR 1=1"),
        ("before", "../etc"),
        ("before", "0" * 25 + "U"),
        ("before", "0" * 27),
    ],
)
def test_what_no_form_of_ours_sends_is_passed_over(name, value):
    assert query(**{name: value}) == ALL


@pytest.mark.parametrize(
    "name, value",
    [
        ("from", "yesterday"),
        ("from", "23/11/2026"),
        ("from", "2026-02-30"),
        ("to", "0001-01-01"),
        ("to", "9999-12-31"),
        ("line", "three"),
        ("line", "0"),
        ("line", "-1"),
        ("line", "1000"),
        ("line", "٣"),
        ("number", "kim"),
        ("number", "%"),
        ("number", "--"),
        ("number", "1' OR '1'='1"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(name, value):
    found = read({name: value}, SEOUL)
    assert list(found.errors) == [name]
    assert found.typed[name] == value


def test_days_the_wrong_way_round_are_said():
    assert list(read({"from": "2026-11-23", "to": "2026-11-22"}, SEOUL).errors) == ["to"]


def test_filters_are_the_fields_in_use():
    assert read({"line": "3", "to": "", "x": "y"}, SEOUL).filters == {"line": "3"}

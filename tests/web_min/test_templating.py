from datetime import timedelta

import pytest
from flask import g

from appliance.index_row import iso
from tests.web_min.rig import NOW
from web_min.templating import ago, in_days, meter


@pytest.mark.parametrize("level, width", [(-96, 0), (-50, 0), (-37.5, 25), (0, 100), (3.14, 100)])
def test_the_meter_goes_from_a_quiet_line_to_full_level(level, width):
    assert meter(level) == width


def test_how_long_something_has_been_so():
    assert ago(iso(NOW - timedelta(seconds=75)), NOW) == "1:15"
    assert ago(iso(NOW + timedelta(seconds=2)), NOW) == "0:00"  # a clock that was put right


def test_the_language_switch_comes_back_to_the_same_search(inside):
    page = inside.get("/calls?line=3&number=031").text
    assert "/language/ja?next=/calls?line%3D3%26number%3D031" in page


def test_the_language_switch_of_a_form_that_was_refused_comes_back_to_the_form(rig):
    assert "/language/ja?next=/sign-in" in rig.sign_in("a", "b").text


def test_the_city_is_named_in_its_own_language_once_signed_in(rig):
    assert "오산시" not in rig.get("/sign-in").text
    rig.sign_in()
    assert '<span class="city" lang="ko">오산시</span>' in rig.get("/").text


@pytest.mark.parametrize(
    "count, says", [(-1, "오늘"), (0, "오늘"), (1, "내일"), (2, "2일 후"), (91, "91일 후")]
)
def test_a_day_is_named_by_how_far_it_is(rig, count, says):
    with rig.app.test_request_context(headers={"Accept-Language": "ko"}):
        g.language = "ko"
        assert in_days(count) == says

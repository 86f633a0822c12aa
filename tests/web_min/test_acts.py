import pytest

from appliance.office.cycles import request_cycle
from appliance.policy import profile_text
from appliance.profile_reader import parse
from web_min.acts import REQUEST_ACTS

#: Acts of requests that have a page of their own, or that the box does.
ELSEWHERE = {
    "file",
    "attach",
    "provide",
    "provide_again",
    "view",
    "lapse",
    "all_back",
    "all_destroyed",
}


@pytest.mark.parametrize("city", ["osan", "goshogawara"])
def test_every_act_of_the_table_is_offered(city):
    cycle = request_cycle(parse(profile_text(city)))
    assert {act for _, act in cycle} - ELSEWHERE <= set(REQUEST_ACTS)


@pytest.mark.parametrize("city", ["osan", "goshogawara"])
def test_a_form_asks_for_what_its_act_cannot_do_without(city):
    cycle = request_cycle(parse(profile_text(city)))
    for (_, act), step in cycle.items():
        if act in REQUEST_ACTS:
            asked = {ask.name for ask in REQUEST_ACTS[act].asks}
            assert set(step.asks) <= asked, act

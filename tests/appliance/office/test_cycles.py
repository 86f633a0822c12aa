import pytest

from appliance.office import cycles
from appliance.policy import profile_text
from appliance.profile import RIGHTS
from appliance.profile_reader import parse

CITIES = {name: parse(profile_text(name)) for name in ("osan", "goshogawara")}
CYCLES = {
    "line": (cycles.line_cycle, "off"),
    "request": (cycles.request_cycle, cycles.NEW),
    "medium": (cycles.medium_cycle, cycles.NEW),
    "restriction": (cycles.restriction_cycle, cycles.NEW),
}


def reachable(cycle, start):
    found, new = set(), {start}
    while new:
        found |= new
        new = {step.next for (state, _), step in cycle.items() if state in found} - found
    return found


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("name", CYCLES)
def test_no_state_is_a_dead_end(city, name):
    make, start = CYCLES[name]
    cycle = make(CITIES[city])
    for state in reachable(cycle, start) - cycles.ENDED - {cycles.NEW}:
        assert reachable(cycle, state) & cycles.ENDED, state


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("name", CYCLES)
def test_every_row_asks_for_a_right_that_there_is_and_somebody_has(city, name):
    for step in CYCLES[name][0](CITIES[city]).values():
        assert step.right == "" or step.right in RIGHTS
        assert step.right == "" or CITIES[city].who_may(step.right), step


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("name", CYCLES)
def test_who_asked_never_decides(city, name):
    for (_, act), step in CYCLES[name][0](CITIES[city]).items():
        decides = act in (
            "approve",
            "refuse",
            "grant",
            "deny",
            "accept",
            "grant_recopy",
            "deny_recopy",
        )
        assert (step.who == "other") == decides, act


def test_osan_has_pledge_and_report_and_no_media():
    osan = cycles.request_cycle(CITIES["osan"])
    assert osan["approved", "pledge"].next == "pledged"
    assert ("approved", "provide") not in osan
    assert osan["pledged", "provide"].next == "provided"
    assert osan["provided", "report"].asks == ("outcome",)
    assert cycles.medium_cycle(CITIES["osan"]) == {}
    assert cycles.restriction_cycle(CITIES["osan"])["active", "lift"].next == "lifted"


def test_goshogawara_has_media_and_no_pledge_report_or_restriction():
    city = CITIES["goshogawara"]
    requests = cycles.request_cycle(city)
    assert requests["approved", "provide"].next == "provided"
    assert requests["provided", "all_back"].next == "returned"
    assert not {act for _, act in requests} & {"pledge", "report", "accept", "grant"}
    assert cycles.restriction_cycle(city) == {}
    assert cycles.medium_cycle(city)["erased", "destroy"].asks == ("method", "two_names")
    assert cycles.line_cycle(city)["off", "enable"].asks == ("reason",)

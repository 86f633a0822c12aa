from appliance.people import Opener
from tests.web_min.rig import Clock
from web_min.halfway import LASTS_S, WAITING_MAX, Halfway

WHO = Opener("p1", b"secret", b"own")


def test_somebody_waits_for_five_minutes_under_an_id_that_nobody_knows():
    clock = Clock()
    halfway = Halfway(clock.monotonic)
    browser = halfway.begin(WHO, "/calls")
    assert len(browser) >= 43
    assert halfway.find(browser).onward == "/calls"
    assert halfway.find("another") is None
    assert "own" not in repr(halfway.find(browser)).replace("onward", "")
    clock.passed_s += LASTS_S
    assert halfway.find(browser) is None


def test_the_oldest_gives_way_and_whoever_is_removed_is_forgotten():
    clock = Clock()
    halfway = Halfway(clock.monotonic)
    first = halfway.begin(WHO, "/")
    clock.passed_s += 1
    others = [halfway.begin(Opener("p2", b""), "/") for _ in range(WAITING_MAX)]
    assert halfway.find(first) is None
    halfway.end(others[0])
    halfway.end_person("p2")
    assert not any(halfway.find(each) for each in others)

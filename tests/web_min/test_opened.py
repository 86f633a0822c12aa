import pytest

from tests.web_min.rig import Clock
from web_min.opened import BYTES_MAX, KEEP_S, Opened


class Audio:
    def __init__(self, size=10):
        self.ogg, self.alaw = range(size), range(0)  # these have a length, and cost nothing


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def opened(clock):
    return Opened(clock.monotonic)


def test_what_is_opened_is_there_for_its_session_alone(opened):
    audio = Audio()
    opened.put("s1", "call", audio)
    assert opened.get("s1", "call") is audio
    assert opened.get("s2", "call") is None
    assert opened.get("s1", "other") is None


def test_it_is_put_away_minutes_after_its_last_use(opened, clock):
    opened.put("s1", "call", Audio())
    clock.passed_s = KEEP_S - 1
    assert opened.get("s1", "call")
    clock.passed_s += KEEP_S - 1
    assert opened.get("s1", "call")
    clock.passed_s += KEEP_S
    assert opened.get("s1", "call") is None


def test_it_goes_with_its_session(opened):
    opened.put("s1", "call", Audio())
    opened.put("s2", "call", Audio())
    opened.close_session("s1")
    assert opened.get("s1", "call") is None
    assert opened.get("s2", "call")


def test_the_longest_unused_makes_room(opened, clock):
    for n in range(3):
        clock.passed_s = n
        opened.put("s1", f"call {n}", Audio(BYTES_MAX // 3))
    clock.passed_s = 3
    opened.get("s1", "call 0")
    opened.put("s1", "new", Audio(10))
    assert opened.get("s1", "call 1") is None
    assert all(opened.get("s1", call) for call in ("call 0", "call 2", "new"))


def test_one_that_is_larger_than_all_the_room_is_kept_alone(opened):
    opened.put("s1", "small", Audio())
    opened.put("s1", "huge", Audio(BYTES_MAX + 1))
    assert opened.get("s1", "huge")
    assert opened.get("s1", "small") is None

import threading

import pytest

from tests.web_min.rig import Clock, FakeRecorder
from web_min.status import FRESH_S, Status

LIMIT_S = 10


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def recorder():
    return FakeRecorder()


@pytest.fixture
def status(recorder, clock):
    return Status(recorder, clock.monotonic)


def test_many_who_look_cost_the_recorder_one_request(status, recorder, clock):
    for _ in range(20):
        assert status.get() is recorder.box
    assert recorder.asked == 1
    clock.passed_s = FRESH_S
    status.get()
    assert recorder.asked == 2


def test_a_recorder_that_is_away_is_none_until_it_is_back(status, recorder, clock):
    recorder.away = True
    assert status.get() is None
    recorder.away = False
    clock.passed_s = FRESH_S
    assert status.get() is recorder.box


def test_after_an_act_it_is_asked_again(status, recorder):
    status.get()
    status.forget()
    status.get()
    assert recorder.asked == 2


def test_a_recorder_that_hangs_holds_up_one_thread_only(clock):
    asked, go_on = threading.Event(), threading.Event()

    class Hanging(FakeRecorder):
        def status(self):
            if self.asked:
                asked.set()
                assert go_on.wait(LIMIT_S)
            return super().status()

    recorder = Hanging()
    status = Status(recorder, clock.monotonic)
    assert status.get() is recorder.box
    clock.passed_s = FRESH_S
    held = threading.Thread(target=status.get)
    held.start()
    assert asked.wait(LIMIT_S)
    assert status.get() is recorder.box  # what was known, at once
    go_on.set()
    held.join(LIMIT_S)
    assert not held.is_alive()

import pytest

from appliance.registry import Failures
from web_min.lockout import FREE_TRIES_ADDRESS, LONGEST_WAIT_S, wait_s


@pytest.mark.parametrize(
    "count, wait",
    [(0, 0), (1, 0), (4, 0), (5, 60), (6, 120), (7, 240), (8, 480), (9, 900), (10_000, 900)],
)
def test_the_wait_grows_with_the_failures(count, wait):
    assert wait_s(Failures(count, 1000.0), 1000.0) == wait


def test_the_wait_passes():
    failures = Failures(5, 1000.0)
    assert wait_s(failures, 1059.0) == 1.0
    assert wait_s(failures, 1060.0) == 0.0
    assert wait_s(failures, 99_999.0) == 0.0


def test_a_clock_set_back_makes_no_wait_longer():
    assert wait_s(Failures(5, 1_000_000.0), 0.0) == 60.0
    assert wait_s(Failures(99, 1_000_000.0), 0.0) == LONGEST_WAIT_S


def test_an_address_has_more_free_tries():
    assert wait_s(Failures(19, 0.0), 0.0, FREE_TRIES_ADDRESS) == 0.0
    assert wait_s(Failures(20, 0.0), 0.0, FREE_TRIES_ADDRESS) == 60.0

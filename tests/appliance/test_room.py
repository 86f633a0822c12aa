from datetime import date, timedelta

import pytest

from appliance.room import RESERVE_BYTES, Room, Space, outlook, room

GB = 1_000_000_000
TODAY = date(2026, 11, 23)
R = RESERVE_BYTES


@pytest.mark.parametrize(
    "free, before, after",
    [
        (3 * R, Room.AMPLE, Room.AMPLE),
        (2 * R, Room.AMPLE, Room.AMPLE),
        (2 * R - 1, Room.AMPLE, Room.SHORT),
        (3 * R - 1, Room.SHORT, Room.SHORT),
        (3 * R, Room.SHORT, Room.AMPLE),
        (R, Room.AMPLE, Room.SHORT),
        (R - 1, Room.AMPLE, Room.NONE),
        (R, Room.NONE, Room.SHORT),
        (3 * R, Room.NONE, Room.AMPLE),
        (0, Room.SHORT, Room.NONE),
    ],
)
def test_room_ends_in_steps_and_comes_back_with_some_to_spare(free, before, after):
    assert room(Space(64 * GB, free), before) is after


def test_a_small_disk_keeps_a_twentieth():
    assert Space(100 << 20, 0).reserve == 5 << 20
    assert room(Space(100 << 20, 20 << 20), Room.AMPLE) is Room.AMPLE


def days(*sizes):
    """Days up to yesterday, the newest last."""
    return {TODAY - timedelta(days=len(sizes) - n): size for n, size in enumerate(sizes)}


def test_the_disk_holds_what_is_free_and_what_is_kept_at_the_last_weeks_traffic():
    found = outlook(days(*[GB] * 28), Space(128 * GB, 63 * GB + 2 * R), 90, TODAY)
    assert (found.holds_days, found.asks_days, found.daily_bytes) == (91, 91, GB)
    assert found.short  # it just fits, with nothing to spare
    assert not outlook(days(*[GB] * 28), Space(256 * GB, 80 * GB), 90, TODAY).short


def test_days_without_a_call_count_and_what_is_older_does_not():
    sizes = [50 * GB] * 10 + [7 * GB, 0, 0, 0, 0, 0, 0] * 4
    assert outlook(days(*sizes), Space(999 * GB, 99 * GB), 30, TODAY).daily_bytes == GB


def test_today_is_not_over_and_says_nothing_of_a_day():
    sizes = {**days(*[GB] * 14), TODAY: GB // 100}
    assert outlook(sizes, Space(999 * GB, 99 * GB), 30, TODAY).daily_bytes == GB


@pytest.mark.parametrize("sizes", [{}, {TODAY: GB}, days(*[GB] * 6), days(*[0] * 28)])
def test_before_a_week_is_over_nothing_is_said(sizes):
    assert outlook(sizes, Space(64 * GB, 32 * GB), 90, TODAY) is None

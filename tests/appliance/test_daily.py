from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from appliance.daily import due

SEOUL = ZoneInfo("Asia/Seoul")
AT = time(2, 10)


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=SEOUL).astimezone(UTC)


@pytest.mark.parametrize(
    "last, now, is_due",
    [
        (at(22, 2, 10), at(23, 2, 9), False),
        (at(22, 2, 10), at(23, 2, 10), True),
        (at(23, 2, 10), at(23, 2, 11), False),
        (at(23, 2, 10), at(23, 23, 59), False),
        (at(21, 2, 10), at(23, 1, 0), True),  # it was off yesterday: at once
        (at(22, 12), at(23, 9), True),  # it was off at that time: as soon as it is on
        (at(23, 1), at(23, 2, 9), False),  # begun today, before its time
        (at(23, 3), at(23, 9), False),
        (at(28, 2, 10), at(23, 9), True),  # the clock was set back
    ],
)
def test_it_is_due_once_its_time_has_come(last, now, is_due):
    assert due(AT, SEOUL, last, now) == is_due


def test_over_a_year_it_is_done_each_day_once():
    now = last = at(1, 12)
    done = []
    for _ in range(365 * 24 * 2):
        now += timedelta(minutes=30)
        if due(AT, SEOUL, last, now):
            last = now
            done.append(now.astimezone(SEOUL).date())
    assert len(done) == len(set(done)) == 365


def test_a_time_that_the_clock_skips_in_spring_is_done_all_the_same():
    berlin = ZoneInfo("Europe/Berlin")
    last = datetime(2026, 3, 28, 2, 10, tzinfo=berlin)
    done = 0
    for hour in range(72):
        now = datetime(2026, 3, 28, 3, tzinfo=UTC) + timedelta(hours=hour)
        if due(AT, berlin, last, now):
            last, done = now, done + 1
    assert done == 3

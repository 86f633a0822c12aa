from datetime import UTC, date, datetime, timedelta
from math import exp
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from appliance.silence import CHANCE, Silences

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # Wednesday, 18:00 in Seoul
#: Calls an hour on working days from 9 to 18 o'clock.
OFFICE = {hour: 3.0 for hour in range(9, 18)}


def holiday(day):
    return day == date(2026, 11, 24)


def none(day):
    return False


def calls_of(days, rate=OFFICE, seed=1, closed=none, until=NOW):
    """Return calls by hour since 1970, and when the last one was."""
    rng = np.random.default_rng(seed)
    hours = {}
    first = int((until - timedelta(days=days)).timestamp()) // 3600
    for hour in range(first, int(until.timestamp()) // 3600):
        local = datetime.fromtimestamp(hour * 3600, SEOUL)
        if local.weekday() < 5 and local.hour in rate and not closed(local.date()):
            count = int(rng.poisson(rate[local.hour]))
            if count:
                hours[hour] = count
    return hours, datetime.fromtimestamp(max(hours) * 3600 + 1800, UTC)


def find(hours, last, now=NOW, closed=none):
    return Silences(hours, now, SEOUL, closed).find(last)


def until(*at):
    return datetime(*at, tzinfo=SEOUL).astimezone(UTC)


def test_a_line_with_its_usual_calls_is_not_silent():
    hours, last = calls_of(42)
    assert find({1: hours}, {1: last}) == []


def test_a_line_that_stops_is_found_with_what_was_to_be_expected():
    hours, last = calls_of(42, until=until(2026, 11, 24, 18))
    (silence,) = find({1: hours, 2: calls_of(42, seed=2)[0]}, {1: last})
    assert silence.line == 1
    assert silence.since == last
    assert silence.expected == pytest.approx(27, abs=4)  # nine hours of three calls


def test_it_is_found_when_the_chance_is_one_in_a_million():
    hours, last = calls_of(42, until=until(2026, 11, 25, 9))
    others = calls_of(42, seed=2)[0]
    begun = until(2026, 11, 25, 9)
    for minutes in range(0, 540, 10):
        now = begun + timedelta(minutes=minutes)
        found = find({1: hours, 2: others}, {1: last}, now)
        if found:
            break
    assert exp(-found[0].expected) < CHANCE
    assert exp(-found[0].expected) > CHANCE / 3
    assert minutes / 60 == pytest.approx(4.6, abs=0.6)


def test_nothing_is_said_at_night_or_on_a_weekend():
    hours, last = calls_of(42, until=until(2026, 11, 20, 18))  # Friday
    for hour in range(18, 18 + 63):  # to Monday, 9 o'clock
        now = until(2026, 11, 20, 0) + timedelta(hours=hour)
        assert find({1: hours}, {1: last}, now) == []


def test_nothing_is_said_in_the_first_two_weeks():
    hours, last = calls_of(11, until=until(2026, 11, 23, 9))
    assert find({1: hours}, {1: last}) == []
    hours, last = calls_of(16, until=until(2026, 11, 23, 9))
    assert [silence.line for silence in find({1: hours}, {1: last})] == [1]


def test_a_holiday_is_no_weekday():
    hours, last = calls_of(42, until=until(2026, 11, 23, 18), closed=holiday)
    now = until(2026, 11, 24, 18)
    assert find({1: hours}, {1: last}, now, holiday) == []
    assert [silence.line for silence in find({1: hours}, {1: last}, now)] == [1]


def test_when_the_whole_office_is_silent_nothing_is_said_of_a_line():
    end = until(2026, 11, 23, 18)
    lines = {n: calls_of(42, seed=n, until=end) for n in range(1, 5)}
    hours = {n: calls for n, (calls, _) in lines.items()}
    assert find(hours, {n: last for n, (_, last) in lines.items()}) == []


def test_a_line_that_hardly_ever_rings_is_not_silent():
    hours, last = calls_of(42, {10: 0.1})
    assert find({1: hours}, {1: last}) == []


def test_a_line_without_calls_is_left_alone():
    assert find({1: {}}, {}) == []
    assert find({}, {1: NOW - timedelta(days=30)}) == []


def test_false_alarms_are_as_rare_as_is_said():
    """Half a year of one line, looked at each hour: some 4 000 pauses between calls."""
    rng = np.random.default_rng(7)
    rate = {hour: 4.0 for hour in range(9, 18)}
    hours, _ = calls_of(224, rate, seed=7)
    starts = sorted(
        (hour + float(rng.random())) * 3600 for hour, n in hours.items() for _ in range(n)
    )
    begin = NOW - timedelta(days=180)
    for step in range(180 * 24):
        now = begin + timedelta(hours=step)
        upto = now.timestamp()
        known = {h: n for h, n in hours.items() if upto - 42 * 86400 <= h * 3600 <= upto - 3600}
        last = max(at for at in starts if at <= upto)
        if step % 24 not in (2, 6, 8):  # 11, 15 and 17 o'clock
            continue
        found = find({1: known}, {1: datetime.fromtimestamp(last, UTC)}, now)
        assert found == []

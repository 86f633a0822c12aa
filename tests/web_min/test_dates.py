from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from web_min import dates

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    "language, at, text",
    [
        ("ko", date(2026, 11, 23), "2026. 11. 23.(월)"),
        ("ko", date(2027, 2, 7), "2027. 2. 7.(일)"),
        ("ja", date(2026, 11, 23), "令和8年11月23日(月)"),
        ("ja", date(2019, 5, 1), "令和元年5月1日(水)"),
        ("ja", date(2019, 4, 30), "2019年4月30日(火)"),
        ("en", date(2026, 11, 23), "Mon 23 Nov 2026"),
    ],
)
def test_a_day_as_each_language_writes_it(language, at, text):
    assert dates.day(at, language) == text


def test_a_moment_is_in_the_sites_zone():
    late = datetime(2026, 11, 22, 15, 0, 1, 999_000, tzinfo=UTC)
    assert dates.moment(late, SEOUL, "ko") == "2026. 11. 23.(월) 00:00:01"
    assert dates.clock(late, ZoneInfo("UTC")) == "15:00:01"


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "0:00"),
        (7.9, "0:07"),
        (60, "1:00"),
        (725, "12:05"),
        (3599.99, "59:59"),
        (3723, "1:02:03"),
        (-5, "0:00"),
        (90_000, "25:00:00"),
    ],
)
def test_a_length_as_players_show_it(seconds, text):
    assert dates.length(seconds) == text

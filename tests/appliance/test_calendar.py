from datetime import date

import pytest

from appliance.calendar import is_working_day, report_due
from appliance.profile import Calendar

KOREA = Calendar(False, "report_only", "KR")
JAPAN = Calendar(False, "none", "JP")


@pytest.mark.parametrize(
    "calendar, provided, due",
    [
        (KOREA, date(2026, 3, 6), date(2026, 4, 6)),  # 5 April is a Sunday
        (KOREA, date(2026, 3, 4), date(2026, 4, 3)),
        (KOREA, date(2026, 8, 26), date(2026, 9, 28)),  # Chuseok, 24 to 26, then a week-end
        (JAPAN, date(2026, 3, 6), date(2026, 4, 5)),
        (Calendar(True, "none", "JP"), date(2026, 3, 6), date(2026, 4, 4)),
    ],
)
def test_a_report_is_due_after_whole_days(calendar, provided, due):
    assert report_due(calendar, provided, 30) == due


def test_holidays_are_the_countrys():
    assert not is_working_day(KOREA, date(2026, 3, 2))  # for 1 March, a Sunday
    assert is_working_day(JAPAN, date(2026, 3, 2))
    assert not is_working_day(JAPAN, date(2026, 4, 29))

"""How the rule counts days.

The first day is not counted; a report that is due on a Saturday, a Sunday or a holiday is due on
the next working day where the profile says so. An erasure never moves.

Source: Korea, Civil Act articles 157 and 161; Japan, Civil Code article 140. Holidays are those of
the `holidays` package, which follows each country's law, substitute holidays included.
"""

from datetime import date, timedelta

import holidays

from appliance.profile import Calendar

_SATURDAY = 5


def report_due(calendar: Calendar, provided: date, days: int) -> date:
    """Return the last day on which a report is in time."""
    due = provided + timedelta(days=days if not calendar.count_first_day else days - 1)
    if calendar.roll_forward == "report_only":
        while not is_working_day(calendar, due):
            due += timedelta(days=1)
    return due


def is_working_day(calendar: Calendar, day: date) -> bool:
    if day.weekday() >= _SATURDAY:
        return False
    return day not in holidays.country_holidays(calendar.holidays, years=day.year)

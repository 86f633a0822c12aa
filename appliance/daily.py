"""What is done once a day, at a time of the site's own. Pure.

It is due when its time of day has come since it was last done; so a box that was off at that time
does it as soon as it is on again, and one whose clock jumped does it once.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def due(at: time, zone: ZoneInfo, last: datetime, now: datetime) -> bool:
    """Say whether something is to be done now.

    Args:
        at: of the day, in the site's zone.
        last: when it was done last; for what never was, since when it could have been.
    """
    today = now.astimezone(zone).date()
    # In UTC: in the hours of a zone that is set forward, one time may be before another and after.
    days = (today, today - timedelta(days=1))
    times = (datetime.combine(day, at, zone).astimezone(UTC) for day in days)
    newest = next(time for time in times if time <= now)
    # A last time in the future is of a clock that has been set back since.
    return last < newest or last > now + timedelta(days=1)

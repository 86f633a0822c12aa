"""Times as each language writes them, in the site's zone.

    ko   2026. 11. 23.(월) 09:00:05       as Korean offices write: a full stop for 년, 월 and 일
    ja   令和8年11月23日(月) 09:00:05      era years; before 1 May 2019 the year as it is
    en   Mon 23 Nov 2026 09:00:05

Source: 행정업무의 운영 및 혁신에 관한 규정 art. 7; 元号を改める政令 (Cabinet Order 143 of 2019).
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

_WEEKDAYS: Final = {
    "ko": "월화수목금토일",
    "ja": "月火水木金土日",
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905
_REIWA: Final = date(2019, 5, 1)


def day(at: date, language: str) -> str:
    """Return a day with its weekday."""
    weekday = _WEEKDAYS.get(language, _WEEKDAYS["en"])[at.weekday()]
    if language == "ko":
        return f"{at.year}. {at.month}. {at.day}.({weekday})"
    if language == "ja":
        return f"{_era_year(at)}年{at.month}月{at.day}日({weekday})"
    return f"{weekday} {at.day} {_MONTHS[at.month - 1]} {at.year}"


def local_day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Return the site's day of a moment."""
    return day(at.astimezone(zone).date(), language)


def clock(at: datetime, zone: ZoneInfo) -> str:
    """Return the site's time of day, to the second."""
    return f"{at.astimezone(zone):%H:%M:%S}"


def moment(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Return day and time."""
    return f"{local_day(at, zone, language)} {clock(at, zone)}"


def length(seconds: float) -> str:
    """Return a length of time as players show it: `0:07`, `12:05`, `1:02:03`."""
    whole = int(max(0.0, seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _era_year(at: date) -> str:
    if at < _REIWA:
        return str(at.year)
    year = at.year - 2018
    return f"令和{'元' if year == 1 else year}"

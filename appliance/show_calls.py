"""Calls as a table for people at a terminal."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from appliance.index_row import CallRow

_ARROWS = {"in": "←", "out": "→", "unknown": "?"}
_COLUMNS = "{:19}  {:>4}  {:1} {:16} {:>8}  {:8} {:12} {}"


def table(rows: Iterable[CallRow], zone: ZoneInfo) -> Iterator[str]:
    """Yield the lines of a table, in the site's time."""
    yield _COLUMNS.format("start", "line", "", "number", "audio", "proof", "mode", "reason")
    for row in rows:
        yield _COLUMNS.format(
            local(row.start, zone),
            row.line,
            _ARROWS[row.direction],
            row.number or "-",
            duration(row.audio_s) if row.recorded else "-",
            "erased" if row.erased else row.proof,
            row.mode,
            row.reason,
        )


def local(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment in the site's time, to the second."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float) -> str:
    """Return 0:07, 12:34 or 1:02:03."""
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"

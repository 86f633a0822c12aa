"""The night's count: calls heard against recordings that open.

For each call that began since a moment: should there be audio, is there, did its proof come out,
is the reel whole up to its last segment, is there a key. It runs as a process of its own at the
lowest priority (`kirok reconcile`): following the chains of a busy day takes minutes, and the
recorder's thread must not feel it.

A bit may flip, or a hand exchange keys, long after that. So each night a share of the earlier days
is read again, chains and keys, such that each recording is read at least twice while it is kept:
its day has its turn every `cycle` nights, and turns that were missed are made up for.

Keys and reels change under it when calls are erased. So what looks wrong is looked at once more
with the row as it is then, and said only if it still does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

from appliance.agreement import Agreement, unproved
from appliance.api import NoSuchCall
from appliance.box import Box
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.index_row import CallRow

#: A share of three days in ninety: see docs/measurements.md for what it costs.
MOST_NIGHTS: Final = 30


@dataclass(frozen=True)
class Wrong:
    """A call that does not agree."""

    call: str
    wrong: str


@dataclass(frozen=True)
class Count:
    """What was found.

    Attributes:
        heard: calls that are over.
        recorded: those with audio; erased ones are in it.
        proved, pending: of the recorded ones.
        wrong: the calls that do not agree.
        reread: recordings of earlier days that were read again.
    """

    heard: int
    recorded: int
    proved: int
    pending: int
    wrong: tuple[Wrong, ...]
    reread: int = 0

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def cycle(kept_days: int) -> int:
    """Return in how many nights each recording is read again, of those that are kept so long."""
    return max(1, min(MOST_NIGHTS, kept_days // 3))


def share(days: Iterable[str], tonight: date, nights: int, every: int) -> list[str]:
    """Return the days whose turn it is tonight, or was in the nights before.

    Args:
        nights: those since the last time, this one included.
        every: a day's turn comes after so many.
    """
    turns = {(tonight.toordinal() - back) % every for back in range(min(nights, every))}
    return [day for day in days if _ordinal(day) % every in turns]


def _ordinal(day: str) -> int:
    try:
        return date.fromisoformat(day[: len("2026-11-23")]).toordinal()
    except ValueError:  # of a date that is not known yet
        return 0


def reconcile(box: Box, index: CallIndex, since: datetime, reread: Iterable[str] = ()) -> Count:
    """Compare the calls that began since then with what is on the disk.

    Args:
        reread: earlier days, of which each recording is read again.

    Raises:
        sqlite3.DatabaseError: the index cannot be read.
    """
    query = CallQuery(from_utc=since, limit=None)
    rows = [row for row in index.search(query) if row.end is not None]
    doubtful = [row.id for row in rows if unproved(row)]
    wrong, number = _disagreeing(box, rows), 0
    for day in reread:
        earlier = [row for row in index.kept_on(day) if row.start < since and row.recorded]
        number += len(earlier)
        wrong += _disagreeing(box, earlier)
    return Count(
        heard=len(rows),
        recorded=sum(row.recorded for row in rows),
        proved=sum(row.proof == "verified" for row in rows),
        pending=sum(row.proof == "pending" for row in rows),
        wrong=tuple(_still_wrong(box, index, dict.fromkeys([*doubtful, *wrong]))),
        reread=number,
    )


def _disagreeing(box: Box, rows: list[CallRow]) -> list[str]:
    agreement = Agreement(box)
    return [row.id for row in rows if agreement.wrong(row)]


def _still_wrong(box: Box, index: CallIndex, doubtful: Iterable[str]) -> Iterator[Wrong]:
    again = Agreement(box)
    for call_id in doubtful:
        try:
            row = index.get(call_id)
        except NoSuchCall:
            continue
        wrong = unproved(row) or again.wrong(row)
        if wrong:
            yield Wrong(call_id, wrong)

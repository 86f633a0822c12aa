"""The night's count: calls heard against recordings that open.

For each call that began since a moment: should there be audio, is there, did its proof come out,
is the reel whole up to its last segment, is there a key. It runs as a process of its own at the
lowest priority (`kirok reconcile`): following the chains of a busy day takes minutes, and the
recorder's thread must not feel it.

Keys and reels change under it when calls are erased. So what looks wrong is looked at once more
with the row as it is then, and said only if it still does.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from appliance.agreement import Agreement, unproved
from appliance.api import NoSuchCall
from appliance.box import Box
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.index_row import CallRow


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
    """

    heard: int
    recorded: int
    proved: int
    pending: int
    wrong: tuple[Wrong, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def reconcile(box: Box, index: CallIndex, since: datetime) -> Count:
    """Compare the calls that began since then with what is on the disk.

    Raises:
        sqlite3.DatabaseError: the index cannot be read.
    """
    query = CallQuery(from_utc=since, limit=None)
    rows = [row for row in index.search(query) if row.end is not None]
    return Count(
        heard=len(rows),
        recorded=sum(row.recorded for row in rows),
        proved=sum(row.proof == "verified" for row in rows),
        pending=sum(row.proof == "pending" for row in rows),
        wrong=tuple(_wrong(box, index, rows)),
    )


def _wrong(box: Box, index: CallIndex, rows: list[CallRow]) -> Iterator[Wrong]:
    first = Agreement(box)
    doubtful = [row.id for row in rows if unproved(row) or first.wrong(row)]
    again = Agreement(box)
    for call_id in doubtful:
        try:
            row = index.get(call_id)
        except NoSuchCall:
            continue
        wrong = unproved(row) or again.wrong(row)
        if wrong:
            yield Wrong(call_id, wrong)

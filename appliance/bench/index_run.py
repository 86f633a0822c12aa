"""The call index at a million calls: searches as the page makes them, inserts, and a start.

Everything runs on one core, through `CallIndex`, on the disk of the folder that is given. Searches
read beside the connection that writes, as the page does; an insert is a transaction of its own,
with its flush. The pages that SQLite asks for have mostly been read before, by the kernel at least.
"""

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Final

from appliance import policy
from appliance.bench.index_rows import LINES, rows
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.index_row import CallRow
from appliance.progress import Progress

#: As on the page (web_min/search.py): fifty and one more, to know whether there are any.
_PAGE: Final = 51
_SEARCH_MS, _INSERT_MS, _START_MS = 20.0, 10.0, 2000.0
_SEARCHES: Final = 200
_INSERTS: Final = 300
_STARTS: Final = 5
#: One in so many of the rows is searched for.
_SAMPLE: Final = 997


_Make = Callable[[CallRow], CallQuery]


@dataclass(frozen=True)
class Timed:
    """Attributes: what was done; p50_ms, p95_ms, of so many times; target_ms, of the p95."""

    what: str
    times: int
    p50_ms: float
    p95_ms: float
    target_ms: float | None = None


@dataclass(frozen=True)
class IndexFigures:
    """Attributes: file_bytes, of the whole database; fill_s, that it took to write it."""

    rows: int
    file_bytes: int
    fill_s: float
    timed: list[Timed]


def measure(folder: Path, count: int, seed: int) -> IndexFigures:
    """Fill an index with so many calls in a folder of its own, and measure."""
    work = Path(tempfile.mkdtemp(prefix="kirok-bench-", dir=folder))
    try:
        return _measure(work / "calls.db", count, seed)
    finally:
        shutil.rmtree(work)


def _measure(path: Path, count: int, seed: int) -> IndexFigures:
    rule = policy.load("osan")
    began = perf_counter()
    with CallIndex.open(path) as index:
        sample = _fill(index, rows(count, rule, seed), count)
        fill_s = perf_counter() - began
    timed = [_time("start", [lambda: _start(path)] * _STARTS, _START_MS)]
    with CallIndex.open(path) as index, CallIndex.open_readonly(path) as reader:
        rng = random.Random(seed)
        for what, queries in _searches(sample, rng).items():
            timed.append(_time(what, [_search(reader, query) for query in queries], _SEARCH_MS))
        newest = sample[-1].start + timedelta(hours=1)
        more = islice(rows(_INSERTS, rule, seed + 1), _INSERTS)
        late = [replace(row, start=newest, end=None) for row in more]
        timed.append(_time("insert a call", [_insert(index, row) for row in late], _INSERT_MS))
        ended = [replace(row, end=row.start, proof="pending") for row in late]
        timed.append(_time("end a call", [_insert(index, row) for row in ended]))
        today = sample[-1].start.replace(hour=0)
        timed.append(_time("today's counts", [lambda: reader.counts_since(today)] * 50))
        timed.append(
            _time("lines' last proofs", [lambda: reader.last_proved(range(1, LINES + 1))] * 50)
        )
    return IndexFigures(count, path.stat().st_size, fill_s, timed)


def _fill(index: CallIndex, calls: Iterator[CallRow], count: int) -> list[CallRow]:
    sample: list[CallRow] = []

    def sampled() -> Iterator[CallRow]:
        with Progress("calls", count) as progress:
            for number, row in enumerate(calls):
                if number % _SAMPLE == 0:
                    sample.append(row)
                    progress.at(number)
                yield row

    index.fill(sampled())
    return sample


def _start(path: Path) -> None:
    """Open it and look for what an earlier stop has left, as `kirok record` does."""
    with CallIndex.open(path) as index:
        index.unfinished()
        index.entered_from(1)
        index.being_erased()
        index.unsure()


def _searches(sample: list[CallRow], rng: random.Random) -> dict[str, list[CallQuery]]:
    """Return what somebody at the page may look for, by kind; each of a call that there is."""
    known = [row for row in sample if row.number]
    day, some = timedelta(days=1), CallQuery(limit=_PAGE)
    kinds: dict[str, _Make] = {
        "newest": lambda row: some,
        "a day": lambda row: _days(some, row.start, row.start + day),
        "an older page": lambda row: replace(some, before_id=row.id),
        "a line": lambda row: replace(some, line=row.line),
        "a line on a day": lambda row: _days(
            replace(some, line=row.line), row.start, row.start + day
        ),
        "a whole number": lambda row: replace(some, number=row.number),
        "its last 4 digits": lambda row: replace(some, number=_digits(row)[-4:]),
        "its first 6 digits": lambda row: replace(some, number=_digits(row)[:6]),
        **{f"any {n} of its digits": _part(some, n, rng) for n in (1, 2, 3, 5, 7)},
        "a number that never called": lambda row: replace(some, number="0499" + _digits(row)[3:]),
        "a number on a line": lambda row: replace(some, number=_digits(row)[-4:], line=row.line),
        "a number in a week": lambda row: _days(
            replace(some, number=_digits(row)[-4:]), row.start - 7 * day, row.start
        ),
    }
    return {
        kind: [make(rng.choice(known)) for _ in range(_SEARCHES)] for kind, make in kinds.items()
    }


def _digits(row: CallRow) -> str:
    return row.number or ""


def _days(query: CallQuery, first: datetime, last: datetime) -> CallQuery:
    return replace(query, from_utc=first, to_utc=last)


def _part(some: CallQuery, digits: int, rng: random.Random) -> "_Make":
    def make(row: CallRow) -> CallQuery:
        at = rng.randrange(len(_digits(row)) - digits + 1)
        return replace(some, number=_digits(row)[at : at + digits])

    return make


def _search(reader: CallIndex, query: CallQuery) -> Callable[[], object]:
    return lambda: reader.search(query)


def _insert(index: CallIndex, row: CallRow) -> Callable[[], None]:
    def insert() -> None:
        with index.transaction():
            index.put(row)

    return insert


def _time(
    what: str, things: Sequence[Callable[[], object]], target_ms: float | None = None
) -> Timed:
    times = []
    for thing in things:
        began = perf_counter()
        thing()
        times.append((perf_counter() - began) * 1000)
    cuts = quantiles(times, n=20, method="inclusive")
    return Timed(what, len(times), cuts[9], cuts[18], target_ms)

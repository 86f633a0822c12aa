import random
from dataclasses import replace
from datetime import timedelta

import pytest

from appliance import index as index_module
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from tests.appliance.test_index import NOON, row


@pytest.fixture
def index(tmp_path):
    with CallIndex.open(tmp_path / "calls.db") as index:
        yield index


@pytest.mark.parametrize(
    "query, found",
    [
        (CallQuery(), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (CallQuery(limit=2), [9, 8]),
        (CallQuery(from_utc=NOON + timedelta(minutes=8)), [9, 8]),
        (CallQuery(to_utc=NOON + timedelta(minutes=2)), [1, 0]),
        (CallQuery(line=1), [8, 0]),
        (CallQuery(number="031-8036-0003"), [3]),
        (CallQuery(number="%"), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (CallQuery(number="0_003"), [3]),
        (CallQuery(number="7114"), [5]),
        (CallQuery(direction="out"), [5]),
        (CallQuery(recorded=True), [4]),
        (CallQuery(proof="failed"), [4]),
        (CallQuery(before_id=row(3).id), [2, 1, 0]),
        (CallQuery(line=1, number="0008"), [8]),
    ],
)
def test_search(index, query, found):
    with index.transaction():
        for n in range(10):
            index.put(row(n))
        index.put(row(4, audio_samples=8, proof="failed"))
        index.put(row(5, direction="out", digits="03180367114"))
    assert [call.id for call in index.search(query)] == [row(n).id for n in found]


def fits(call, query):
    part = query.number or ""
    return (
        (query.from_utc is None or call.start >= query.from_utc)
        and (query.to_utc is None or call.start < query.to_utc)
        and query.line in (None, call.line)
        and (part in (call.number or "") or part in call.digits)
        and query.direction in (None, call.direction)
        and query.recorded in (None, call.recorded)
        and query.proof in (None, call.proof)
    )


def some_call(rng, n):
    number = "".join(rng.choice("0123") for _ in range(rng.choice((3, 7, 10))))
    out = rng.random() < 0.4
    return row(
        n,
        id=f"01JD{rng.randrange(10**22):022d}",  # not in the order of their times
        line=rng.randrange(1, 5),
        start=NOON + timedelta(minutes=rng.randrange(200)),
        number=number if rng.random() < 0.8 else None,
        digits=number if out else "",
        direction="out" if out else "in",
        audio_samples=rng.choice((0, 8000)),
        proof=rng.choice(("none", "pending", "verified", "failed")),
    )


def some_query(rng):
    chance = rng.random
    first = NOON + timedelta(minutes=rng.randrange(200))
    return CallQuery(
        from_utc=first if chance() < 0.3 else None,
        to_utc=first + timedelta(minutes=rng.randrange(90)) if chance() < 0.3 else None,
        line=rng.randrange(1, 5) if chance() < 0.3 else None,
        number="".join(rng.choice("0123") for _ in range(rng.randrange(1, 6))),
        direction=rng.choice((None, None, "in", "out")),
        recorded=rng.choice((None, None, True, False)),
        proof=rng.choice((None, None, "pending", "verified", "failed")),
        limit=7,
    )


@pytest.mark.parametrize("few", [0, 20, 2000])
def test_every_way_of_searching_finds_the_same_calls_page_by_page(index, monkeypatch, few):
    monkeypatch.setattr(index_module, "FEW_CALLS", few)
    rng = random.Random(few)
    calls = [some_call(rng, n) for n in range(400)]
    with index.transaction():
        for call in calls:
            index.put(call)
    newest_first = sorted(calls, key=lambda call: (call.start, call.id), reverse=True)
    for number in range(300):
        query = some_query(rng)
        query = query if number % 3 else replace(query, number=None)
        wanted = [call.id for call in newest_first if fits(call, query)]
        found = []
        while page := index.search(query):
            found += [call.id for call in page]
            query = replace(query, before_id=page[-1].id)
        assert found == wanted, query


def test_a_call_that_was_put_right_is_where_it_belongs(index):
    index.put(row(1))
    index.put(row(2, start=NOON - timedelta(days=3652), dated="unsure"))
    assert [c.id for c in index.search(CallQuery())] == [row(1).id, row(2).id]
    index.put(row(2, start=NOON + timedelta(hours=1), dated="corrected"))
    assert [c.id for c in index.search(CallQuery())] == [row(2).id, row(1).id]
    assert [c.id for c in index.search(CallQuery(before_id=row(2).id))] == [row(1).id]


def test_the_page_after_a_call_that_is_gone_begins_where_it_was(index):
    index.put(row(1))
    assert index.search(CallQuery(before_id="7ZZZZZZZZZ0000000000000000"))
    assert not index.search(CallQuery(before_id="00000000000000000000000000"))

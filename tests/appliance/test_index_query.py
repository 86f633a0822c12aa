from datetime import timedelta

import pytest

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

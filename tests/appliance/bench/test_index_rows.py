from collections import Counter

from appliance import policy
from appliance.bench.index_rows import DAYS, LINES, rows

OSAN = policy.load("osan")


def test_the_calls_are_a_city_halls_and_the_same_for_the_same_seed():
    calls = list(rows(2000, OSAN, 1))
    assert calls == list(rows(2000, OSAN, 1))
    assert [call.start for call in calls] == sorted(call.start for call in calls)
    assert {call.line for call in calls} == set(range(1, LINES + 1))
    local = [call.start.astimezone(OSAN.zone) for call in calls]
    assert all(9 <= at.hour < 18 and at.weekday() < 5 for at in local)
    assert (local[-1].date() - local[0].date()).days > DAYS - 7
    numbers = Counter(call.number for call in calls if call.number)
    assert 0.3 < len(numbers) / len(calls) < 0.9
    assert len({call.id for call in calls}) == len(calls)

import json
from datetime import UTC, datetime

import pytest

from appliance.index_row import from_ms, iso, to_ms
from tests.appliance.test_index import NOON, row

CONTRACT = """id line direction number digits start answer end mode recorded reason audio_s notice
proof gaps due hold erased clock"""


def test_json_has_what_the_contract_names():
    call = row(answer=NOON, audio_samples=8000)
    shown = call.as_json()
    assert json.loads(json.dumps(shown)) == shown
    for name in CONTRACT.split():
        assert name in shown
    assert shown["start"] == "2026-11-23T03:00:00.250Z"
    assert (shown["recorded"], shown["audio_s"], shown["end"]) == (True, 1.0, None)


@pytest.mark.parametrize(
    "ended_by, why, reason",
    [
        ("on_hook", "full", "full"),
        ("", "full", "full"),
        ("line_down", "full", "line_down"),
        ("missed", "missed", "missed"),
        ("board_restarted", "key", "board_restarted"),
    ],
)
def test_the_reason_is_an_unusual_end_or_else_why_it_was_kept(ended_by, why, reason):
    assert row(ended_by=ended_by, why=why).reason == reason


def test_times_are_to_the_millisecond():
    assert iso(None) is None
    assert iso(NOON.replace(microsecond=999_999)) == "2026-11-23T03:00:00.999Z"


def test_a_time_reads_the_same_before_and_after_the_database():
    """The ledger is told it before, and is compared with what the database gives back."""
    for micros in (0, 1, 499, 500, 501, 999, 1500, 999_499, 999_500, 999_999):
        at = datetime(2026, 11, 23, 3, 0, 59, micros, tzinfo=UTC)
        assert iso(at) == iso(from_ms(to_ms(at))), micros

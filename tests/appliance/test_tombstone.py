from datetime import UTC, datetime, timedelta

from appliance.policy import load
from appliance.tombstone import certificate, tombstone
from tests.appliance.test_index import NOON, row

DUE = datetime(2027, 2, 21, 15, tzinfo=UTC)
CALL = row(
    number="0311234567",
    digits="0311234567",
    keys="1234",
    answer=NOON + timedelta(seconds=4),
    end=NOON + timedelta(seconds=64),
    audio_samples=480_000,
    rings=2,
    notice="announcement",
    notice_s=5.5,
    proof="verified",
    proved=NOON + timedelta(seconds=66),
    due=DUE,
    hold="{}",
    reel="2026-11-23/000.reel",
    last_offset=64,
    chain="ab" * 32,
    dated="corrected",
    told_start=NOON - timedelta(days=300),
    told_end=NOON - timedelta(days=300),
    boot="b",
    uptime_ms=9000,
)


def test_what_was_heard_in_the_call_goes_in_any_case():
    left = tombstone(CALL, load("osan"), DUE)
    assert (left.id, left.day, left.chain, left.erased) == (CALL.id, CALL.day, CALL.chain, DUE)
    assert (left.keys, left.events, left.stretches, left.gaps) == ("", [], [], [])
    assert (left.reel, left.last_offset, left.hold) == ("", None, None)
    assert (left.number, left.start, left.audio_s) == (CALL.number, CALL.start, 60.0)
    assert left.recorded


def test_where_number_and_time_belong_to_the_recording_they_go_with_it():
    left = tombstone(CALL, load("goshogawara"), DUE)
    assert (left.number, left.number_source, left.digits) == (None, None, "")
    midnight = datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert (left.start, left.answer, left.end, left.audio_s) == (midnight, None, midnight, 0)
    assert (left.told_start, left.told_end, left.boot, left.uptime_ms) == (None, None, "", None)
    assert (left.id, left.day, left.chain) == (CALL.id, CALL.day, CALL.chain)
    assert left.recorded  # there was a recording, says its proof
    assert not tombstone(row(end=NOON), load("goshogawara"), DUE).recorded


def test_the_certificate_says_what_when_how_late_and_by_which_article():
    done = DUE + timedelta(seconds=3.21)
    assert certificate(CALL, load("osan"), "expired", done) == {
        "article": "8①",
        "call": CALL.id,
        "chain": "ab" * 32,
        "day": "2026-11-23",
        "done": "2027-02-21T15:00:03.210Z",
        "due": "2027-02-21T15:00:00.000Z",
        "late_s": 3.2,
        "why": "expired",
    }
    assert certificate(CALL, load("osan"), "self_test", NOON)["late_s"] is None

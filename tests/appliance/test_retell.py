from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appliance import call_entry, policy
from appliance.hold import Hold
from appliance.ledger_walk import pack_line
from appliance.retell import behind, newest, retell
from tests.appliance.test_index import NOON, row

OSAN = policy.load("osan")
HOLD = Hold("p1", "a claim", "2026-12-31", "2026-11-24", "8")


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "entries.log"
    path.touch()
    return path


def enter(log, act, at=NOON, /, **facts):
    index = log.read_bytes().count(b"\n")
    time = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    prev = "A" * 43 + "=" if index else ""
    entry = {"act": act, "clock": "ntp", "facts": facts, "index": index, "prev": prev}
    with open(log, "ab") as file:
        file.write(pack_line({**entry, "time": time}))


def ended(n=1):
    return row(
        n,
        end=NOON + timedelta(minutes=n + 2),
        audio_samples=16_000,
        reel="2026-11-23/000.reel",
        last_offset=9_000,
        chain="ab" * 32,
    )


def test_a_call_is_told_again_but_for_number_and_name(log):
    enter(log, call_entry.CALL, **call_entry.facts(ended()))
    (told,) = retell(log, OSAN).rows.values()
    was = ended()
    for name in ("id", "line", "direction", "start", "end", "mode", "why", "audio_samples"):
        assert getattr(told, name) == getattr(was, name)
    assert (told.reel, told.last_offset, told.chain, told.day) == (
        was.reel,
        was.last_offset,
        was.chain,
        "2026-11-23",
    )
    assert (told.proof, told.due, told.number) == ("pending", OSAN.due(was.start), None)


def test_what_happened_to_a_call_is_told_too(log):
    call = ended().id
    enter(log, call_entry.CALL, **call_entry.facts(ended()))
    enter(log, "proof", call=call, result="verified", note="")
    said = {name: value for name, value in vars(HOLD).items() if name != "reason"}
    enter(log, "hold", call=call, typed="commitment", **said)
    enter(log, "listen", call=call, person="p1", purpose="claim")
    told = retell(log, OSAN)
    assert told.rows[call].proof == "verified"
    assert Hold.from_text(told.rows[call].hold) == replace(HOLD, reason="")
    assert told.hearings[call] == [(NOON, "p1", "listen", "claim", 3)]
    enter(log, "release", call=call, person="p1", reason="")
    assert retell(log, OSAN).rows[call].hold is None
    enter(log, "hold", call=call, **vars(HOLD))  # as it was entered once
    assert Hold.from_text(retell(log, OSAN).rows[call].hold) == HOLD


def test_an_erased_call_is_a_tombstone(log):
    enter(log, call_entry.CALL, **call_entry.facts(ended()))
    enter(log, "erased", call=ended().id, done="2027-02-22T15:00:00.000Z")
    (told,) = retell(log, OSAN).rows.values()
    assert (told.erased, told.reel, told.last_offset) == (
        datetime(2027, 2, 22, 15, tzinfo=UTC),
        "",
        None,
    )


def test_a_call_of_a_day_in_doubt_is_kept_until_its_date_is_known(log):
    facts = {**call_entry.facts(ended()), "reel": "2026-11-23-doubt/000.reel"}
    enter(log, call_entry.CALL, **facts)
    (told,) = retell(log, OSAN).rows.values()
    assert (told.dated, told.due, told.day) == ("unsure", None, "2026-11-23-doubt")


def test_a_damaged_line_costs_itself_alone(log):
    for n in range(3):
        enter(log, call_entry.CALL, **call_entry.facts(ended(n)))
    log.write_bytes(log.read_bytes().replace(ended(1).id.encode(), b"x" * 26))
    assert sorted(retell(log, OSAN).rows) == [ended(0).id, ended(2).id]


def test_the_end_of_a_long_log_is_read_alone(log):
    for n in range(3000):
        enter(log, "note", NOON + timedelta(seconds=n), filler="x" * 800) if n % 10 == 0 else None
    line = log.read_bytes()
    log.write_bytes(line * 10)  # the numbers do not matter here
    enter(log, call_entry.CALL, NOON + timedelta(hours=9), **call_entry.facts(ended()))
    assert list(retell(log, OSAN, NOON + timedelta(hours=8)).rows) == [ended().id]


@pytest.mark.parametrize("after", [-1, 0, 1, 57, 300, 598, 599])
def test_what_is_behind_an_entry_is_told_whole_and_nothing_else(log, after):
    for n in range(600):  # some windows of the log's end
        enter(log, "head" if n % 2 else "hold", call=f"c{n}", text="x" * 99)
    assert [each.index for each in behind(log, after)] == list(range(after + 1, 600))
    holds = [n for n in range(after + 1, 600) if n % 2 == 0]
    assert [each.index for each in behind(log, after, ["hold"])] == holds


def test_the_newest_of_an_act_is_behind_another_entry(log):
    for n in range(60):
        enter(log, "erased" if n % 3 else "head", call=f"c{n}")
    found = newest(log, 10, "erased")
    assert (found.index, found.facts) == (59, {"call": "c59"})
    assert newest(log, 59, "erased") is None
    assert newest(log, 5, "hold") is None

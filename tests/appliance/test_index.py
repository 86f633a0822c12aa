import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appliance.api import NoSuchCall
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.index_row import CallRow
from appliance.index_schema import IndexBroken

NOON = datetime(2026, 11, 23, 3, 0, 0, 250000, tzinfo=UTC)


def row(n=0, **changes):
    base = CallRow(
        id=f"01JD{n:022d}",
        line=1 + n % 8,
        line_name="민원실 1",
        department="민원봉사과",
        policy="kr-osan",
        direction="in",
        number="0318036" + f"{n:04d}",
        number_source="caller_id",
        start=NOON + timedelta(minutes=n),
        clock="ntp",
        mode="full",
        why="full",
        stretches=[{"at_s": 4.0, "audio_s": 10.5}],
        events=[{"kind": "dtmf", "at_s": 1.5, "digit": "5"}],
        gaps=[{"at_s": 2.0, "lost_s": 0.01}],
        day="2026-11-23",
    )
    return replace(base, **changes)


@pytest.fixture
def index(tmp_path):
    with CallIndex.open(tmp_path / "calls.db") as index:
        yield index


def test_a_row_reads_back_as_it_was_written(index):
    whole = row(
        answer=NOON + timedelta(seconds=4),
        end=NOON + timedelta(seconds=20),
        audio_samples=84_001,
        ended_by="on_hook",
        proof="verified",
        proved=NOON + timedelta(seconds=21),
        due=NOON + timedelta(days=91),
        reel="2026-11-23/000.reel",
        last_offset=1 << 40,
        chain="ab" * 32,
        drift_ppm=-3.25,
    )
    index.put(whole)
    assert index.get(whole.id) == whole
    index.put(replace(whole, rings=3))
    assert index.get(whole.id).rings == 3


def test_a_call_that_is_not_there_is_no_row(index):
    with pytest.raises(NoSuchCall):
        index.get("01JD0000000000000000000000")


def test_a_transaction_that_fails_leaves_nothing(index):
    with pytest.raises(RuntimeError), index.transaction():
        index.put(row(1))
        raise RuntimeError
    assert index.search(CallQuery()) == []


def test_unfinished_and_unproved_calls_are_found(index):
    index.put(row(1))
    index.put(row(2, end=NOON, proof="pending"))
    index.put(row(3, end=NOON, proof="verified"))
    assert [c.id for c in index.unfinished()] == [row(1).id]
    assert [c.id for c in index.with_proof("pending")] == [row(2).id]
    index.set_proof(row(2).id, "failed", "second 3: heard -20.0 dBm0, kept -60.0", NOON)
    assert index.get(row(2).id).proof_note.startswith("second 3")
    assert index.counts_since(NOON) == {
        "seen": 3, "recorded": 0, "proved": 1, "failed": 1, "pending": 0,
    }  # fmt: skip
    index.set_proof(row(2).id, "verified", "", NOON + timedelta(hours=1))
    assert index.last_proved([row(2).line, 99]) == {row(2).line: NOON + timedelta(hours=1)}


def test_hearings_are_told_oldest_first(index):
    index.add_hearing("a", NOON + timedelta(seconds=1), ("김", "export", "audit"), 9)
    index.add_hearing("a", NOON, ("이", "listen", "dispute"), 7)
    index.add_hearing("b", NOON, ("박", "listen", "dispute"), 8)
    assert [h[1:] for h in index.hearings("a")] == [
        ("이", "listen", "dispute", 7),
        ("김", "export", "audit", 9),
    ]


def test_a_reader_sees_what_was_committed_and_cannot_write(index, tmp_path):
    index.put(row(1))
    with CallIndex.open_readonly(tmp_path / "calls.db") as reader:
        assert reader.get(row(1).id) == row(1)
        index.put(row(2))
        assert len(reader.search(CallQuery())) == 2
        with pytest.raises(sqlite3.OperationalError, match=r"readonly|row_sum"):
            reader.put(row(3))


@pytest.mark.parametrize("content", [b"", b"not a database at all, but some other file" * 200])
def test_a_reader_says_when_there_is_no_index(tmp_path, content):
    (tmp_path / "calls.db").write_bytes(content)
    with pytest.raises(IndexBroken, match=r"calls\.db"):
        CallIndex.open_readonly(tmp_path / "calls.db")


def test_calls_whose_date_is_not_known_are_found_once_they_are_over(index):
    over = row(1, end=NOON, dated="unsure", boot="4f1c", uptime_ms=1_000, due=None)
    for each in (over, replace(over, id=row(2).id, end=None), row(3, end=NOON)):
        index.put(each)
    assert index.unsure() == [over]


def test_check_finds_a_torn_page(tmp_path):
    path = tmp_path / "calls.db"
    with CallIndex.open(path) as index:
        with index.transaction():
            for n in range(500):
                index.put(row(n))
        assert index.check() == []
    data = bytearray(path.read_bytes())
    data[4096 * 5 : 4096 * 6] = bytes(4096)
    path.write_bytes(data)
    with CallIndex.open_readonly(path) as reader:
        assert reader.check()


def test_readers_of_other_processes_see_whole_calls_while_the_recorder_writes(tmp_path):
    path = tmp_path / "calls.db"
    look = (
        "import sys; from pathlib import Path; from appliance.index import CallIndex\n"
        "from appliance.index_query import CallQuery\n"
        "with CallIndex.open_readonly(Path(sys.argv[1])) as index:\n"
        "    while True:\n"
        "        calls = index.search(CallQuery(limit=None))\n"
        "        assert all(call.end is None or call.audio_samples for call in calls)\n"
        "        if len([call for call in calls if call.end]) == 200: break\n"
    )
    with CallIndex.open(path) as index:
        command = [sys.executable, "-c", look, str(path)]
        readers = [subprocess.Popen(command) for _ in range(2)]
        for n in range(200):
            index.put(row(n))
            with index.transaction():
                index.put(row(n, audio_samples=8000))
                index.put(row(n, audio_samples=8000, end=NOON))
        assert [reader.wait(60) for reader in readers] == [0, 0]
        assert index.check() == []


def test_every_call_is_read_without_standing_in_the_way_of_the_log(index, tmp_path):
    with index.transaction():
        for n in range(2500):
            index.put(row(n))
    with CallIndex.open_readonly(tmp_path / "calls.db") as reader:
        found = []
        for call in reader.every():
            found.append(call.id)
            if len(found) == 1500:
                index.put(row(2500))
                assert index.forget_log()
    assert found == [row(n).id for n in range(2501)]

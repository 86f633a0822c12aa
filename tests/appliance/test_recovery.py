"""Kill -9 the recorder at any moment: the next start needs no hand and finds everything sealed."""

import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance import box, policy, site
from appliance.box import Plan
from appliance.call_row import FixedClock
from appliance.engine import Engine
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.ledger_walk import read_entry
from appliance.recovery import Found, finished
from appliance.replay import replay
from dsp.opus import LOOKAHEAD
from firmware_bridge.block import Block, Epoch
from firmware_bridge.line_player import LinePlayer
from tests.appliance.scene import CALLERS, START
from tests.appliance.test_index import row
from tests.damage import copied
from tests.doctored import wrong


def test_a_cut_off_call_ends_where_its_audio_ends():
    going_on = row(1, answer=START, stretches=[{"at_s": 4.0, "audio_s": 0.0, "until_s": None}])
    ended = finished(going_on, Found(samples=16_000 + LOOKAHEAD, last_offset=64, chain="ab"))
    assert ended.end == going_on.start + timedelta(seconds=6)
    assert (ended.audio_samples, ended.proof, ended.reason) == (16_000, "pending", "interrupted")


def test_a_cut_off_call_without_audio_ends_where_it_was_answered():
    ended = finished(row(1, answer=START), Found())
    assert (ended.end, ended.proof, ended.audio_samples) == (START, "none", 0)


def entry_acts(data):
    lines = (data / "ledger" / "entries.log").read_bytes().splitlines()
    return [entry.act for entry in map(read_entry, lines)]


@pytest.fixture
def kept(trial, here, replayed):
    """A folder with four calls, whose ledger can be cut; what it was before the last head."""
    return trial, here, replayed


def forget_entries(box, first):
    """Cut the ledger before an entry, as if that had never come to the disk."""
    log = box.ledger / "entries.log"
    kept = log.read_bytes().splitlines(keepends=True)[:first]
    log.write_bytes(b"".join(kept))
    heads = [entry for line in kept if (entry := read_entry(line[:-1])).act == "head"]
    (box.ledger / "head").write_text(str(heads[-1].facts["note"]))
    (box.ledger / "resume").unlink()


def test_an_entry_that_the_power_took_is_entered_again(kept):
    box, here, rows = kept
    last = max(rows, key=lambda row: row.entry)
    with CallIndex.open(box.index) as index:
        index.put(replace(last, proof="pending"))
    forget_entries(box, last.entry)
    with Engine(box, here, FixedClock(START)) as engine:
        alarms = [alarm.what for alarm in engine.recorder.status().alarms]
    with CallIndex.open_readonly(box.index) as index:
        assert index.get(last.id).entry == last.entry
    assert entry_acts(box.data)[last.entry] == "entered_again"
    assert "ledger_damaged" not in alarms


def test_the_lost_entry_of_a_proved_call_is_an_alarm(kept):
    box, here, rows = kept
    proved = max((row for row in rows if row.proof == "verified"), key=lambda row: row.entry)
    forget_entries(box, proved.entry)
    with Engine(box, here, FixedClock(START)) as engine:
        assert "ledger_damaged" in [alarm.what for alarm in engine.recorder.status().alarms]
    assert entry_acts(box.data).count("entered_again") >= 1


def after_a_cut(trial, here, script, seconds, where):
    """Record a line until the power goes; return the rows that the next start finds."""
    player = LinePlayer(script, 1, seed=6)
    engine = Engine(trial, here, FixedClock(START), wait=True)
    engine.recorder.push([Epoch(1, 1, 0)])
    for at in range(0, round(seconds * 8000), 80):
        audio, volts = player.render(10)
        engine.recorder.push([Block(at, audio[None], volts[None])])
    engine.writer.ask(lambda store: None, 30)
    cut = copied(trial.data, where)
    engine.close()
    opened = box.open_box(cut)
    Engine(opened, here, FixedClock(START)).close()
    assert wrong(cut) == []
    with CallIndex.open_readonly(opened.index) as index:
        return list(index.search(CallQuery()))


#: When somebody lifts in the wake-up ringing of the scene's third line.
LIFTED_S = 3.0


@pytest.mark.parametrize("after_s", [0.9, 1.5, 4.0, 7.5, 9.0])
def test_a_cut_in_a_doubtful_lift_costs_no_more_than_in_any_call(trial, here, tmp_path, after_s):
    (row,) = after_a_cut(trial, here, CALLERS[2], LIFTED_S + after_s, tmp_path / "cut")
    lost_s = LIFTED_S + after_s - (row.end - START).total_seconds()
    assert (row.direction, row.ended_by, row.recorded) == ("in", "interrupted", True)
    assert lost_s < 0.55


@pytest.mark.parametrize("at_s, kept", [(5.2, True), (7.5, False)])
def test_a_cut_after_a_number_display_keeps_nothing_of_it(trial, here, tmp_path, at_s, kept):
    # The set is off the hook from 4.3 to 5.3 s, and rings from 6.8 s on.
    (row,) = after_a_cut(trial, here, CALLERS[0], at_s, tmp_path / "cut")
    assert row.recorded == kept
    assert len(list((tmp_path / "cut" / "vault").glob("*/*.reel"))) == 1 + kept


def replaying(data, capture):
    command = [sys.executable, "-m", "appliance", "replay", str(capture), "--data", str(data)]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=os.getcwd()
    )


@pytest.mark.parametrize("seed", range(6))
def test_after_a_kill_the_next_start_needs_no_hand(tmp_path, capture, seed):
    data = tmp_path / "data"
    box.create(data, Plan(policy.profile_text("osan"), trial=True), START)
    calls_db = data / "calls.db"
    process = replaying(data, capture[0])
    wait_until_written(calls_db.with_name("calls.db-wal"), random.Random(seed).randint(0, 200_000))
    process.send_signal(signal.SIGKILL)
    process.wait()

    opened = box.open_box(data)
    finished_rows = replay(opened, site.load(opened.site_file), capture[0])
    assert len(finished_rows) == len(capture[1])
    with CallIndex.open_readonly(calls_db) as index:
        assert index.unfinished() == []
        assert all(r.end is not None for r in index.search(CallQuery(limit=None)))
    assert wrong(data) == []


def wait_until_written(path: Path, size: int) -> None:
    """Wait until a file has a size: a moment that is the same on a fast and a slow machine."""
    for _ in range(100_000):
        with suppress(FileNotFoundError):  # it goes when its last reader closes
            if path.stat().st_size >= min(size, 60_000):
                return
        os.sched_yield()

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from appliance import cli, keys
from appliance.box import open_box
from appliance.call_machine import Mode
from appliance.clock_anchor import keep_anchor
from appliance.clock_watch import Anchor
from appliance.dating import DOUBT
from appliance.index import CallIndex
from appliance.ledger_walk import read_entry
from appliance.notice_file import shipped
from appliance.registry import Registry
from appliance.replay import NotATrial, Take, replay
from appliance.vault.day_secrets import DaySecrets
from appliance.vault.key_table import open_table
from appliance.vault.reader import read_call
from dsp.opus import decode
from firmware_bridge.capture import Capture, write_capture
from firmware_bridge.host_clock import ClockReading
from firmware_bridge.line_player import ScriptSource
from tests.appliance.scene import CALLERS, NOTICE_SCRIPTS, PASSPHRASE, SCRIPTS, START

REASONS = {"unplugged": "line_down", "on_hook": "full", "ring_end": "missed"}


def audio_of(box, row):
    """Open a call as a supervisor would: passphrase, day secret, data key, reel."""
    registry = Registry(box.registry)
    identity = keys.unwrap_secret(registry.people()[0].wrapped, PASSPHRASE).decode()
    registry.close()
    table = open_table(box.vault / row.day, DaySecrets(box.secrets))
    data_key = keys.open_data_key(table.get(row.id), identity)
    table.close()
    record = read_call(box.vault / row.reel, row.id, data_key, last_offset=row.last_offset)
    assert record.complete
    assert record.facts["digits"] == row.digits
    return decode(record.packets, int(record.facts["lookahead"]), row.audio_samples)


@pytest.fixture(scope="module")
def made(tmp_path_factory, capture):
    """The folder and the rows of one replay."""
    data = tmp_path_factory.mktemp("made") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIROK_PASSPHRASE", PASSPHRASE)
        assert cli.main(["replay", str(capture[0]), "--data", str(data), "--json"]) == 0
    with CallIndex.open_readonly(data / "calls.db") as index:
        return open_box(data), sorted(index.since_row(0), key=lambda row: row.line)


def test_every_call_is_found_as_it_was(made, capture):
    _, rows = made
    assert len(rows) == len(capture[1])
    for row, truth in zip(rows, capture[1], strict=True):
        assert (row.line, row.direction, row.digits) == (truth.line, truth.direction, truth.digits)
        assert row.reason == REASONS[truth.ended_by]
        assert (row.start - START).total_seconds() == pytest.approx(truth.start_s, abs=0.05)
        assert (row.end - START).total_seconds() == pytest.approx(truth.end_s, abs=0.05)
        if truth.direction == "in" and truth.answer_s:
            assert (row.answer - START).total_seconds() == pytest.approx(truth.answer_s, abs=0.05)


def test_every_answered_call_is_recorded_whole_and_proved(made, capture):
    _, rows = made
    for row, truth in zip(rows, capture[1], strict=True):
        lifted_s = truth.answer_s if truth.direction == "in" else truth.start_s
        if lifted_s is None:
            assert (row.recorded, row.proof, row.reason) == (False, "none", "missed")
        else:
            assert row.audio_s == pytest.approx(truth.end_s - lifted_s, abs=0.05)
            assert (row.proof, row.proof_note) == ("verified", "")


def test_what_opens_is_what_was_spoken(made, capture):
    box, rows = made
    with Capture(capture[0]) as lines:
        spoken, _ = lines.read(60_000)
    for row in rows:
        if row.recorded:
            audio = audio_of(box, row)
            at = round(((row.answer or row.start) - START).total_seconds() * 8000)
            was = spoken[row.line - 1, at : at + len(audio)]
            assert np.corrcoef(audio, was)[0, 1] > 0.9


def test_the_folder_holds_no_readable_audio_and_no_number(made, capture):
    box, _ = made
    with Capture(capture[0]) as lines:
        spoken, _ = lines.read(60_000)
    loudest = int(np.abs(spoken[0].astype(int)).argmax())
    piece = spoken[0, loudest : loudest + 32].tobytes()
    for path in [*box.vault.rglob("*"), *box.ledger.rglob("*")]:
        if path.is_file():
            content = path.read_bytes()
            assert piece not in content
            assert b"0318036" not in content
            assert PASSPHRASE.encode() not in content
            assert b"OpusHead" not in content


def test_a_second_replay_adds_its_calls(made, capture, here, trial):
    first = replay(trial, here, capture[0])
    second = replay(trial, here, capture[0])
    assert len(first) == len(second) == len(capture[1])
    assert not {row.id for row in first} & {row.id for row in second}


def test_selective_without_the_key_keeps_nothing(capture, trial, here):
    rows = replay(trial, here, capture[0], Take(mode=Mode.SELECTIVE))
    assert [row.recorded for row in rows] == [False] * len(rows)
    reasons = {row.reason for row in rows}
    assert reasons == {"not_asked", "missed", "line_down"}


def test_a_real_folder_is_refused(capture, trial, here):
    with pytest.raises(NotATrial, match="no trial folder"):
        replay(replace(trial, trial=False), here, capture[0])


def test_audio_alone_is_one_call_a_line(tmp_path, capture, trial, here):
    alone = tmp_path / "alone.wav"
    alone.write_bytes(capture[0].read_bytes())
    rows = replay(trial, here, alone)
    with Capture(alone) as lines:
        assert [row.line for row in rows] == list(range(1, lines.lines + 1))
        for row in rows:
            assert (row.direction, row.ended_by) == ("unknown", "capture_ended")
            assert row.audio_s == pytest.approx(lines.seconds, abs=0.02)


def test_calls_are_listed_as_the_contract_says(made, capsys):
    box, rows = made
    assert cli.main(["calls", "--data", str(box.data), "--json", "--line", "2"]) == 0
    (shown,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (shown["line"], shown["digits"], shown["due"]) == (
        2,
        "0318036",
        "2027-02-21T15:00:00.000Z",  # 90 days after 23 November in Seoul, as the last day ends
    )
    assert cli.main(["calls", "--data", str(box.data)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rows) + 1


def test_a_path_that_is_no_capture_is_misuse(tmp_path, capsys):
    code = cli.main(["replay", str(tmp_path / "no.wav"), "--data", str(tmp_path / "data")])
    assert code == 2
    assert "no.wav" in capsys.readouterr().err


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    path = tmp_path_factory.mktemp("told") / "told.wav"
    write_capture(path, ScriptSource(NOTICE_SCRIPTS, seed=6), start=START)
    return path


def test_how_both_parties_of_each_call_were_told_is_in_its_row(told, trial, here):
    rows = {row.line: row for row in replay(trial, here, told)}
    assert {line: row.notice for line, row in rows.items()} == {
        1: "announcement",
        2: "announcement",
        3: "beep",
        4: "announcement",
        5: "missing",  # another announcement is not the one that was to be played
        6: None,
        7: None,  # it was going on when the capture began
    }
    times = {line: row.notice_s for line, row in rows.items() if row.notice_s is not None}
    assert times == pytest.approx({1: 2.3, 2: 0.5, 3: 3.0, 4: 1.5}, abs=0.05)
    heard = {e["kind"]: e for e in rows[4].events if e["kind"] in ("notice", "record_beep")}
    assert heard["notice"]["score"] > 0.8
    assert heard["record_beep"]["at_s"] == pytest.approx(0.0, abs=0.05)


def test_what_is_not_recorded_needs_no_notice(told, trial, here):
    rows = replay(trial, here, told, Take(mode=Mode.SELECTIVE))
    assert {row.notice for row in rows} == {None}


def test_where_the_rule_asks_for_no_notice_none_is_missing(told, trial, here):
    rule = replace(trial.policy, notice_required=False)
    rows = replay(trial, here, told, Take(rule))
    assert {row.line: row.notice for row in rows if row.line in (1, 5)} == {
        1: "announcement",
        5: None,
    }


def test_another_announcement_may_be_named_in_site_toml(told, trial, here):
    (trial.data / "ours.wav").write_bytes(shipped("ja"))
    rows = replay(trial, replace(here, notice="ours.wav"), told)
    assert {row.line: row.notice for row in rows}[5] == "announcement"


def test_without_the_file_calls_are_recorded_and_record_tones_heard(told, trial, here):
    (trial.data / "notice.wav").unlink()
    rows = replay(trial, here, told)
    assert {row.line: row.notice for row in rows}[3] == "beep"
    assert {row.proof for row in rows if row.recorded} == {"verified"}


def test_who_called_is_found_and_a_number_displays_own_answer_is_no_call(tmp_path, trial, here):
    path = tmp_path / "callers.wav"
    calls = write_capture(path, ScriptSource(CALLERS, seed=6), start=START)
    rows = {row.line: row for row in replay(trial, here, path)}
    assert len(rows) == len(calls) == len(CALLERS)
    told = {line: (row.number, row.number_source) for line, row in rows.items()}
    assert told == {
        1: ("0312345678", "caller_id"),
        2: (None, "public_phone"),
        3: (None, None),
        4: ("0313708114", "caller_id"),
        5: (None, "private"),
    }
    for truth in calls:
        row = rows[truth.line]
        assert row.number == truth.number
        assert (row.start - START).total_seconds() == pytest.approx(truth.start_s, abs=0.05)
        assert (row.end - START).total_seconds() == pytest.approx(truth.end_s, abs=0.05)
        if truth.answer_s is None:
            assert (row.recorded, row.reason) == (False, "missed")
        else:
            assert (row.answer - START).total_seconds() == pytest.approx(truth.answer_s, abs=0.05)
            assert row.audio_s == pytest.approx(truth.end_s - truth.answer_s, abs=0.05)
            assert row.proof == "verified"


@pytest.fixture(scope="module")
def undated(tmp_path_factory):
    path = tmp_path_factory.mktemp("undated") / "four.wav"
    write_capture(path, ScriptSource(SCRIPTS, seed=5))
    return path


ZERO = timedelta()


def reading(at, uptime_s):
    return ClockReading(at.timestamp(), uptime_s, boot="b1", kernel_utc_s=at.timestamp())


@pytest.mark.parametrize("jump", [timedelta(days=d) for d in (1, -1, 3652, -3652)], ids=str)
def test_a_capture_without_a_time_is_not_dated_by_a_clock_that_is_not_believed(
    trial, here, undated, jump
):
    """The clock was right, then it jumps; later it is right again: nothing is ever due early."""
    keep_anchor(trial.data, Anchor(START.timestamp(), 100.0, "b1", "trial"))
    wrong, right = (reading(START + timedelta(seconds=60) + by, 160.0) for by in (jump, ZERO))
    made = replay(trial, here, undated, look=lambda: wrong)
    assert {(row.dated, row.due, row.clock) for row in made} == {("unsure", None, "stepped")}
    replay(trial, here, undated, look=lambda: right)
    with CallIndex.open_readonly(trial.index) as index:
        rows = {row.id: row for row in index.since_row(0)}
    for row in made:
        found = rows[row.id]
        assert (found.dated, found.told_start) == ("corrected", row.start)
        assert found.start == row.start - jump
        assert found.due == trial.policy.due(found.start + DOUBT)
    log = (trial.ledger / "entries.log").read_bytes()
    steps = [e.facts["by_s"] for e in map(read_entry, log.splitlines()) if e.act == "clock_step"]
    assert steps == [jump.total_seconds()]

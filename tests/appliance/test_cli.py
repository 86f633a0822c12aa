import io
import json
import os
import subprocess
import sys

import pytest

from appliance import cli
from appliance.notice_file import shipped
from appliance.policy import PolicyError
from firmware_bridge.capture import write_capture
from firmware_bridge.line_player import ScriptSource
from tests.appliance.scene import NOTICE_SCRIPTS, PASSPHRASE


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


@pytest.mark.parametrize(
    "command", ["demo", "init", "record", "web", "analyse", "replay", "calls", "doctor", "bench"]
)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as stop:
        run(command, "--help")
    assert stop.value.code == 0
    assert "usage: kirok " + command in capsys.readouterr().out


def test_a_command_that_is_none_is_misuse():
    with pytest.raises(SystemExit) as stop:
        run("delete")
    assert stop.value.code == 2


def test_init_makes_a_folder_and_prints_the_sheet_once(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KIROK_PASSPHRASE", PASSPHRASE)
    assert run("init", "--data", tmp_path / "data", "--admin", "김관리", "--trial") == 0
    said = capsys.readouterr().out
    assert "RECOVERY SHEET" in said
    assert "asks once" not in said
    assert run("init", "--data", tmp_path / "data") == 2
    assert "has something in it" in capsys.readouterr().err


def test_init_without_an_administrator_shows_the_one_time_code(tmp_path, capsys):
    assert run("init", "--data", tmp_path / "data", "--policy", "goshogawara") == 0
    assert "The page asks once for this code: " in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, code, says",
    [
        (["init", "--data", "{}/new", "--policy", "seoul"], 2, "give one of goshogawara, osan"),
        (["calls", "--data", "{}"], 2, "kirok init --data"),
        (["record", "--config", "{}/site.toml"], 2, "kirok init"),
        (["analyse", "{}/no.wav"], 2, "no.wav"),
        (["analyse", "{}/x.wav", "--notice", "{}/notice.wav"], 2, "notice.wav: No such file"),
    ],
)
def test_misuse_says_what_to_do(tmp_path, capsys, arguments, code, says):
    assert run(*[a.format(tmp_path) for a in arguments]) == code
    assert says in capsys.readouterr().err


def test_analyse_reads_paths_from_standard_input(capture, capsys, monkeypatch):
    path = str(capture[0])
    monkeypatch.setattr("sys.stdin", io.StringIO(path + "\n"))
    assert run("analyse", "--json", "-") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event["file"] for event in events} == {path}
    assert [event["at_s"] for event in events] == sorted(event["at_s"] for event in events)


def test_analyse_of_one_file_prints_objects_or_a_table(capture, capsys):
    assert run("analyse", "--json", capture[0]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert {"line", "at_s", "event"} <= set(first)
    assert "file" not in first
    assert run("analyse", capture[0]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["time", "line", "event", "details"]


def test_analyse_looks_for_the_announcement_that_is_given(tmp_path, capsys):
    path, notice = tmp_path / "told.wav", tmp_path / "notice.wav"
    write_capture(path, ScriptSource(NOTICE_SCRIPTS[1:2], seed=6))
    notice.write_bytes(shipped("ko"))
    assert run("analyse", "--json", "--notice", notice, path) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = [event for event in events if event["event"] == "notice"]
    assert told["at_s"] == pytest.approx(1.5, abs=0.01)
    assert told["score"] > 0.8


@pytest.mark.parametrize(
    "arguments, count",
    [
        ([], 4),
        (["--line", "2"], 1),
        (["--from", "2026-11-23"], 4),
        (["--to", "2026-11-23"], 4),
        (["--to", "2026-11-22"], 0),
        (["--from", "2026-11-23T09:00:01.4"], 2),
        (["--from", "2026-11-23T00:00:01.4+00:00"], 2),
    ],
)
def test_calls_are_found_by_the_sites_days_and_times(trial, capture, capsys, arguments, count):
    assert run("replay", capture[0], "--data", trial.data) == 0
    capsys.readouterr()
    assert run("calls", "--data", trial.data, "--json", *arguments) == 0
    assert len(capsys.readouterr().out.splitlines()) == count


def test_a_day_that_is_none_is_misuse(trial, capsys):
    assert run("calls", "--data", trial.data, "--from", "yesterday") == 2
    assert "no date or time" in capsys.readouterr().err


def test_a_start_without_a_zone_is_the_sites(trial, capture, capsys):
    start = ["--start", "2026-03-04T09:00:00"]
    assert run("replay", capture[0], "--data", trial.data, "--json", *start) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first["start"].startswith("2026-03-04T00:00:01")
    assert first["due"] == "2026-06-02T15:00:00.000Z"


def test_another_policy_may_be_tried(trial, capture, capsys):
    start = ["--start", "2026-03-04T09:00:00", "--policy", "goshogawara"]
    assert run("replay", capture[0], "--data", trial.data, "--json", *start) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["policy"], first["due"]) == ("jp-goshogawara", "2026-04-03T15:00:00.000Z")


def test_without_a_terminal_the_passphrase_comes_from_the_environment(monkeypatch):
    monkeypatch.delenv("KIROK_PASSPHRASE", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(PolicyError, match="set KIROK_PASSPHRASE"):
        cli.ask_passphrase("? ")
    monkeypatch.setenv("KIROK_PASSPHRASE", "")
    with pytest.raises(PolicyError, match="empty"):
        cli.ask_passphrase("? ")
    monkeypatch.setenv("KIROK_PASSPHRASE", PASSPHRASE)
    assert cli.ask_passphrase("? ", new=True) == PASSPHRASE


def test_a_reader_that_has_seen_enough_is_no_error(trial, capture):
    assert run("replay", capture[0], "--data", trial.data) == 0
    command = [sys.executable, "-m", "appliance", "calls", "--data", str(trial.data), "--json"]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")

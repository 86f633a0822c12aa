import io
import json

import pytest

from appliance import cli
from appliance.notice_file import shipped
from firmware_bridge.capture import write_capture
from firmware_bridge.line_player import ScriptSource
from tests.appliance.scene import NOTICE_SCRIPTS


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


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

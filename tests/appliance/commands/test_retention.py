"""The command on a folder with four calls of 23 November 2026, kept to 21 February 2027."""

import json
from datetime import date
from types import SimpleNamespace

import pytest

from appliance import box, cli, policy, site
from appliance.call_row import FixedClock
from appliance.control import METHODS, ControlServer
from appliance.engine import Engine
from appliance.hold import new_hold
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.retention import Moment
from appliance.retention_duty import RetentionDuty
from appliance.service import Service
from tests.appliance.scene import START

DUE = "2027-02-22T00:00:00+09:00"


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


@pytest.fixture
def four(trial, capture, capsys):
    assert run("replay", capture[0], "--data", trial.data) == 0
    capsys.readouterr()
    return trial


def decisions(capsys, *arguments):
    code = run("retention", "--json", *arguments)
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def calls(opened):
    with CallIndex.open_readonly(opened.index) as index:
        return index.search(CallQuery(limit=None))


def test_a_second_before_it_is_due_every_call_is_kept_and_why_is_said(four, capsys):
    code, lines = decisions(capsys, "--data", four.data, "--now", "2027-02-21T23:59:59")
    assert code == 0
    assert {(line["action"], line["due"]) for line in lines} == {
        ("keep", "2027-02-21T15:00:00.000Z")
    }
    assert {line["why"] for line in lines} == {"not due until 2027-02-22 00:00 (art. 8①)"}
    assert len(lines) == 4 and all(row.erased is None for row in calls(four))


def test_a_dry_run_says_what_it_would_do(four, capsys):
    code, lines = decisions(capsys, "--data", four.data, "--now", DUE, "--dry-run")
    assert code == 0
    assert [line["action"] for line in lines] == ["erase"] * 4
    assert all(row.erased is None for row in calls(four))


def test_what_cannot_be_erased_is_told_with_what_to_do(four, capsys, caplog):
    (secret,) = four.secrets.iterdir()
    good = secret.read_bytes()
    hold = new_hold(policy.load("goshogawara"), "a", "b", date(2027, 3, 31), START)
    with CallIndex.open(four.index) as index:
        index.set_hold(calls(four)[0].id, hold.to_text())
    secret.write_bytes(b"x" * 80)
    assert run("retention", "--data", four.data, "--now", DUE) == 1
    assert "could not be erased" in caplog.text
    assert "3 calls that are due could not be erased; `kirok doctor" in capsys.readouterr().err
    secret.write_bytes(good)
    assert run("retention", "--data", four.data, "--now", DUE) == 0


def test_what_is_due_is_erased(four, capsys):
    code, lines = decisions(capsys, "--data", four.data, "--now", DUE)
    assert code == 0
    assert sorted(line["id"] for line in lines) == sorted(row.id for row in calls(four))
    assert all(row.erased is not None for row in calls(four))
    assert list(four.vault.iterdir()) == list(four.secrets.iterdir()) == []
    assert run("ledger", "verify", "--data", four.data) == 0
    assert run("calls", "--data", four.data, "--json") == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert {line["erased"] for line in shown} == {"2027-02-21T15:00:00.000Z"}
    assert decisions(capsys, "--data", four.data, "--now", DUE) == (0, [])


@pytest.mark.parametrize("policy", ["osan", "goshogawara"])
def test_the_deep_doctor_is_content_afterwards(tmp_path, capture, capsys, policy):
    assert run("init", "--data", tmp_path / "d", "--policy", policy, "--trial") == 0
    assert run("replay", capture[0], "--data", tmp_path / "d") == 0
    assert run("retention", "--data", tmp_path / "d", "--now", DUE) == 0
    capsys.readouterr()
    run("doctor", "--data", tmp_path / "d", "--deep", "--json")
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = " ".join(each["what"] for each in found if each["level"] == "wrong")
    assert "call" not in said and "ledger" not in said and "reel" not in said


def test_people_get_a_table(four, capsys):
    assert run("retention", "--data", four.data, "--now", DUE, "--dry-run") == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 4 and "2027-02-22 00:00:00  erase  due since" in out[0]


def test_a_real_folder_goes_by_its_clock_alone(tmp_path, capsys):
    assert run("init", "--data", tmp_path / "real") == 0
    assert run("retention", "--data", tmp_path / "real", "--now", DUE) == 2
    assert "real folder" in capsys.readouterr().err
    assert run("retention", "--data", tmp_path / "real", "--dry-run") == 0


@pytest.mark.parametrize("now", ["soon", "2027-13-01"])
def test_a_time_that_is_none_is_misuse(trial, now, capsys):
    assert run("retention", "--data", trial.data, "--now", now) == 2


def test_what_is_no_folder_is_misuse(tmp_path):
    assert run("retention", "--data", tmp_path) == 2


def test_goshogawara_keeps_neither_number_nor_time(tmp_path, capture, capsys):
    assert run("init", "--data", tmp_path / "g", "--policy", "goshogawara", "--trial") == 0
    assert run("replay", capture[0], "--data", tmp_path / "g") == 0
    assert run("retention", "--data", tmp_path / "g", "--now", "2026-12-24") == 0
    opened = box.open_box(tmp_path / "g")
    for row in calls(opened):
        assert (row.number, row.digits, row.answer) == (None, "", None)
        assert row.erased is not None and row.start == opened.policy.midnight(row.start)
    assert b"0318036" not in opened.index.read_bytes()


@pytest.fixture
def recorder(four):
    """A recorder that runs on the folder, and has its lock and its socket."""
    here = site.load(four.site_file)
    with Engine(four, here, FixedClock(START)) as engine:
        duty = RetentionDuty(engine.writer, engine.alarms, lambda: Moment(START, True), four)
        duties = SimpleNamespace(retention=duty)
        with CallIndex.open_readonly(four.index) as index:
            service = Service(engine.writer, index, four.policy, engine.alarms, duties)
            with ControlServer(four.socket, service, lambda _: METHODS):
                yield engine


def test_a_recorder_that_runs_does_it_when_it_is_asked(four, recorder, capsys):
    code, lines = decisions(capsys, "--data", four.data, "--now", DUE)
    assert code == 0 and [line["action"] for line in lines] == ["erase"] * 4
    assert all(row.erased is not None for row in calls(four))
    assert decisions(capsys, "--data", four.data) == (0, [])

"""The clock jumps by a day and by ten years, at the start and in mid-call: no call is lost, none is
erased early, and each is put right, with both times, once the date is known. `make clock-test`."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance import box, cli, policy
from appliance.box import Plan
from appliance.ledger_walk import ENTRIES
from appliance.site import Line
from firmware_bridge.capture import write_capture
from firmware_bridge.line_player import ScriptSource
from tests.appliance.scene import SCRIPTS
from tests.appliance.test_daemon import LIMIT_S, Processes
from tests.waiting import free_port

pytestmark = pytest.mark.long

DAY_S = 86_400
JUMPS = [DAY_S, -DAY_S, 3652 * DAY_S, -3652 * DAY_S]
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    built = tmp_path_factory.mktemp("clock") / "wrong_clock.so"
    source = str(HERE / "wrong_clock.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", built, source, "-ldl"], check=True)
    return built


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    path = tmp_path_factory.mktemp("capture") / "four.wav"
    return path, write_capture(path, ScriptSource(SCRIPTS, seed=5))


@pytest.fixture
def processes(tmp_path, capture):
    data = tmp_path / "data"
    lines = [Line(n, f"line {n}") for n in range(1, 5)]
    text = box.default_site(lines, port=str(data / "run" / "board.tty"))
    text = text.replace("port = 8077", f"port = {free_port()}")  # for doctor: nobody is there
    plan = Plan(policy.profile_text("osan"), trial=True, site_text=text)
    box.create(data, plan, datetime.now(UTC))
    started = Processes(box.open_box(data), capture[0])
    yield started
    for process in started.running:
        process.kill()
        process.wait()


class Jumping:
    """A recorder that is told another time than the host's."""

    def __init__(self, processes, library, by_file):
        self.processes = processes
        self._by = by_file
        self._environment = {"LD_PRELOAD": str(library), "WRONG_CLOCK": str(by_file)}

    def record(self, by_s):
        self._by.write_text(str(by_s))
        site = str(self.processes.opened.site_file)
        command = [sys.executable, "-m", "appliance", "record", "--config", site]
        process = subprocess.Popen(command, env=self._environment)
        self.processes.running.append(process)
        return process

    def jump(self, by_s):
        self._by.write_text(str(by_s))

    def record_all(self, recorder, calls):
        """Wait until so many calls are over, and stop the recorder."""
        self.processes.wait_for(lambda: len([c for c in self.processes.calls() if c.end]) == calls)
        recorder.terminate()
        assert recorder.wait(LIMIT_S) == 0


@pytest.fixture
def jumping(processes, library, tmp_path):
    return Jumping(processes, library, tmp_path / "by")


def retention(opened):
    site = ["--data", str(opened.data)]
    command = [sys.executable, "-m", "appliance", "retention", *site, "--json"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line)["action"] for line in shown.splitlines()]


def acts(opened):
    lines = (opened.ledger / ENTRIES).read_text().splitlines()
    return [json.loads(line[9:]) for line in lines]


def put_right(jumping, began):
    """Start the recorder by the host's clock; every call is dated by it then."""
    processes = jumping.processes
    recorder = jumping.record(0)
    processes.wait_for(processes.status)
    processes.wait_for(lambda: {c.dated for c in processes.calls()} <= {"sure", "corrected"})
    recorder.terminate()
    assert recorder.wait(LIMIT_S) == 0
    calls = processes.calls()
    assert all(began <= c.start <= c.end <= datetime.now(UTC) for c in calls)
    assert len({c.id for c in calls}) == len(calls)
    assert retention(processes.opened) == ["keep"] * len(calls)
    assert cli.main(["ledger", "verify", "--data", str(processes.opened.data)]) == 0
    return calls


@pytest.mark.parametrize("by_s", JUMPS)
def test_a_recorder_that_starts_on_a_wrong_date_records_and_the_calls_are_put_right(
    jumping, capture, by_s
):
    began = datetime.now(UTC)
    processes = jumping.processes
    processes.board()
    recorder = jumping.record(by_s)
    status = processes.wait_for(processes.status)
    assert (status.clock, status.clock_trusted) == ("stepped", False)
    jumping.record_all(recorder, len(capture[1]))
    told = {call.id: call.start for call in processes.calls()}
    assert all(c.day.endswith("-doubt") and c.due is None for c in processes.calls())
    for call in put_right(jumping, began):
        assert (call.dated, call.told_start) == ("corrected", told[call.id])
        assert abs(call.told_start - call.start - timedelta(seconds=by_s)) < timedelta(seconds=1)
        assert call.proof in ("verified", "none")


@pytest.mark.parametrize("by_s", JUMPS)
def test_a_clock_that_jumps_in_mid_call_moves_neither_end_of_it(jumping, capture, by_s):
    began = datetime.now(UTC)
    processes = jumping.processes
    processes.board()
    recorder = jumping.record(0)
    processes.wait_for(lambda: [c for c in processes.calls() if c.line == 1 and c.answer])
    jumping.jump(by_s)
    jumping.record_all(recorder, len(capture[1]))
    calls = put_right(jumping, began)
    assert [c.proof for c in sorted(calls, key=lambda c: c.line)] == [
        "verified",
        "verified",
        "none",
        "verified",
    ]
    steps = [entry["facts"] for entry in acts(processes.opened) if entry["act"] == "clock_step"]
    assert [round(step["by_s"]) for step in steps if step["seen"] == "running"] == [by_s]

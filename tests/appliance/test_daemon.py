"""`kirok record` as a process, with the board simulator on a pseudo-terminal."""

import signal
import subprocess
import sys

import pytest

from appliance import box, policy
from appliance.api import RecorderAway
from appliance.box import Plan
from appliance.control import ControlClient
from appliance.daemon import record
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.site import Line
from tests import waiting
from tests.appliance.scene import START

#: What waits for a process on a busy machine gives up after this.
LIMIT_S = 60.0


@pytest.fixture
def opened(tmp_path):
    data = tmp_path / "data"
    lines = [Line(n, f"line {n}") for n in range(1, 5)]
    text = box.default_site(lines, port=str(data / "run" / "board.tty"))
    box.create(data, Plan(policy.profile_text("osan"), trial=True, site_text=text), START)
    return box.open_box(data)


class Processes:
    def __init__(self, opened, capture):
        self.opened = opened
        self.capture = capture
        self.running = []

    def start(self, *command, **kinds):
        process = subprocess.Popen([sys.executable, "-m", *command], **kinds)
        self.running.append(process)
        return process

    def board(self, *more, **kinds):
        link = str(self.opened.run / "board.tty")
        script = str(self.capture)
        return self.start(
            "firmware_bridge.fake_board", "--link", link, "--script", script, *more, **kinds
        )

    def recorder(self):
        return self.start("appliance", "record", "--config", str(self.opened.site_file))

    def status(self):
        return ControlClient(self.opened.socket).status()

    def wait_for(self, what):
        """Ask until it is so."""
        return waiting.wait_for(what, LIMIT_S, (RecorderAway, FileNotFoundError))

    def calls(self):
        with CallIndex.open_readonly(self.opened.index) as index:
            return index.search(CallQuery(limit=None))


@pytest.fixture
def processes(opened, capture):
    started = Processes(opened, capture[0])
    yield started
    for process in started.running:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()


def test_calls_from_the_wire_are_recorded_and_proved(processes, capture):
    processes.board("--speed", "4")
    recorder = processes.recorder()
    processes.wait_for(lambda: processes.status().board == "streaming")
    processes.wait_for(lambda: len([c for c in processes.calls() if c.end]) == len(capture[1]))
    recorder.send_signal(signal.SIGTERM)
    assert recorder.wait(LIMIT_S) == 0
    rows = sorted(processes.calls(), key=lambda row: row.line)
    assert [row.proof for row in rows] == ["verified", "verified", "none", "verified"]
    assert [row.direction for row in rows] == ["in", "out", "in", "out"]
    assert not processes.opened.socket.exists()


def test_garbage_on_the_wire_costs_what_it_garbled(processes):
    board = processes.board("--faults", stdin=subprocess.PIPE, text=True)
    recorder = processes.recorder()
    processes.wait_for(lambda: [c for c in processes.calls() if c.line == 2])
    board.stdin.write("garble 40\n")
    board.stdin.flush()
    processes.wait_for(lambda: [c for c in processes.calls() if c.line == 2 and c.end])
    recorder.send_signal(signal.SIGTERM)
    assert recorder.wait(LIMIT_S) == 0
    (row,) = [c for c in processes.calls() if c.line == 2]
    lost_s = sum(gap["lost_s"] for gap in row.gaps)
    assert 0.01 <= lost_s <= 0.02
    assert row.proof == "verified"
    assert row.audio_s == pytest.approx((row.end - row.start).total_seconds(), abs=0.02)


def test_after_a_kill_the_next_start_goes_on(processes):
    processes.board()
    first = processes.recorder()
    processes.wait_for(lambda: [c for c in processes.calls() if c.line == 1 and c.answer])
    first.kill()
    first.wait()
    (cut_off,) = [c for c in processes.calls() if c.line == 1]
    assert cut_off.end is None
    processes.recorder()
    processes.wait_for(lambda: processes.status().board == "streaming")
    first_call = [c for c in processes.calls() if c.id == cut_off.id]
    assert [c.reason for c in first_call] == ["interrupted"]


def test_a_board_that_is_not_there_is_an_alarm_and_no_end(processes):
    processes.recorder()
    status = processes.wait_for(processes.status)
    assert status.board == "connecting"
    processes.wait_for(lambda: [a.what for a in processes.status().alarms] == ["board_lost"])


def test_what_is_wrong_at_the_start_is_raised(tmp_path):
    with pytest.raises(Exception, match="kirok init"):
        record(tmp_path / "site.toml")

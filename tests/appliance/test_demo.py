"""The demo as a person starts it: three real processes."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from appliance import box, cli
from appliance.demo import PortInUse, run_demo
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from tests.waiting import free_port, wait_for

LIMIT_S = 60.0


class Demo:
    def __init__(self, folder, *more):
        self.data = folder / "demo"
        self.port = free_port()
        command = [sys.executable, "-m", "appliance", "demo", "--data", str(self.data)]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pid(self, name):
        path = self.data / "run" / f"{name}.pid"
        return int(path.read_text()) if path.exists() and path.read_text().strip() else None

    def page(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                return answer.status, answer.geturl()
        except urllib.error.HTTPError as error:
            return error.code, error.url
        except OSError:
            return None

    def calls(self):
        if not (self.data / "calls.db").exists():
            return []
        with CallIndex.open_readonly(self.data / "calls.db") as index:
            return index.search(CallQuery(limit=None))

    def line(self, start):
        """Return the next line that starts so; the demo has a limit of its own."""
        return next(line for line in self.process.stdout if line.startswith(start))

    def end(self):
        said, _ = self.process.communicate(timeout=LIMIT_S)
        return said


def test_it_ends_by_itself_and_leaves_calls_that_are_proved(tmp_path, capsys):
    demo = Demo(tmp_path, "--seconds", "26")
    assert f"http://127.0.0.1:{demo.port}/" in demo.line("The page:")
    assert demo.line("One-time code: ")
    status, url = demo.page("/calls")
    assert (status, url.split("/")[-1].split("?")[0]) == (200, "setup")  # nothing before that
    said = demo.end()
    assert demo.process.returncode == 0, said
    last = said.splitlines()[-1]
    seen, recorded, proved = [int(word) for word in last.split() if word.isdigit()]
    assert seen >= recorded == proved >= 2
    assert cli.main(["calls", "--data", str(demo.data), "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == seen
    assert box.open_box(demo.data).trial


def test_what_dies_is_started_again_and_the_code_is_shown_again(tmp_path):
    demo = Demo(tmp_path)
    pids = {}
    for name in ("record", "web", "board"):
        pids[name] = wait_for(lambda name=name: demo.pid(name), LIMIT_S)
    wait_for(demo.calls, LIMIT_S)
    for name, pid in pids.items():
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda name=name, pid=pid: demo.pid(name) not in (None, pid), LIMIT_S)
    wait_for(lambda: demo.page("/"), LIMIT_S)
    wait_for(lambda: [call for call in demo.calls() if call.ended_by == "interrupted"], LIMIT_S)
    demo.process.send_signal(signal.SIGINT)
    said = demo.end()
    assert said.count("starting it again") == 3
    assert demo.process.returncode == 0, said

    code = next(line for line in said.splitlines() if line.startswith("One-time code"))
    again = Demo(tmp_path, "--seconds", "20")
    assert again.line("One-time code").rstrip() == code
    again.process.send_signal(signal.SIGINT)
    again.end()


def test_a_port_that_is_taken_is_said(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortInUse, match="give another with --port"):
            run_demo(tmp_path / "demo", taken.getsockname()[1], None, 1)
    assert not (tmp_path / "demo").exists()


def test_a_real_folder_is_left_alone(tmp_path):
    data = tmp_path / "real"
    assert cli.main(["init", "--data", str(data)]) == 0
    with pytest.raises(box.BoxExists, match="real data folder"):
        run_demo(data, free_port(), None, 1)

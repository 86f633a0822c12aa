"""The README's words for a box, under a live systemd: install, init, enable, and what befalls it.

Run by `make units-test`. No tap board is there: a fake one plays on a pseudo-terminal.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from appliance.install_check import UNITS
from tests import container
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="starts a container: only root may"),
]

REPO = Path(__file__).parents[2]
DATA, KIROK, PYTHON = "/var/lib/kirok", "/opt/kirok/bin/kirok", "/opt/kirok/bin/python"
BOARD = f"{DATA}/run/board.tty"
RECORD, PAGE, WATCH = UNITS
PASSPHRASE = "correct horse battery"
DROP_IN = f"/etc/systemd/system/{RECORD}.d/credential.conf"
#: Until a call of the fake board's has ended and is proved; WatchdogSec of the recorder, twice.
CALL_S, HANG_S, START_S = 120, 70, 60


class Box:
    """A machine on which Kirok is installed, with a board."""

    def __init__(self, root):
        self.machine = container.Machine(root)
        self.run = self.machine.run
        fake = ("-m", "firmware_bridge.fake_board", "--link", BOARD)
        user = ("runuser", "-u", "kirok-record", "--")
        self.board = subprocess.Popen(self.machine.command(*user, PYTHON, *fake))

    def shown(self, unit, name):
        return self.run("systemctl", "show", "--value", "-p", name, unit)

    def all_active(self):
        states = self.run("systemctl", "is-active", *UNITS, check=False).splitlines()
        return states == ["active"] * len(UNITS)

    def starts(self, unit=RECORD):
        return int(self.shown(unit, "NRestarts"))

    def pid(self, unit=RECORD):
        return int(self.shown(unit, "MainPID"))

    def kill(self, how, unit=RECORD):
        self.run("kill", f"-{how.name.removeprefix('SIG')}", self.pid(unit))

    def calls(self):
        lines = self.run(KIROK, "calls", "--data", DATA, "--json").splitlines()
        return [json.loads(line) for line in lines]

    def proved(self):
        return {call["id"] for call in self.calls() if call["proof"] == "verified"}

    def wrong(self, *more):
        """Return what the doctor calls wrong, but for a clock that nobody vouches for here."""
        said = self.run(KIROK, "doctor", "--data", DATA, "--json", *more, check=False)
        found = [json.loads(line) for line in said.splitlines()]
        return [f["what"] for f in found if f["level"] == "wrong" and "clock" not in f["what"]]

    def power_off(self):
        self.board.kill()
        self.board.wait()
        self.machine.power_off()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    assert container.missing() == []
    with container.root_copy(tmp_path_factory.mktemp("box")) as root:
        container.run_in(root, "make", "-s", "-C", REPO, "install", "PYTHON=/usr/bin/python3")
        yield root


@pytest.fixture(scope="module")
def box(root):
    """A box as the README makes one."""
    first = container.Machine(root)
    try:
        init = ("init", "--data", DATA, "--policy", "osan", "--admin", "admin")
        first.run("env", f"KIROK_PASSPHRASE={PASSPHRASE}", KIROK, *init)
        first.run("sed", "-i", f"s#/dev/kirok-board#{BOARD}#", f"{DATA}/site.toml")
        first.run("systemctl", "enable", *UNITS)
    finally:
        first.power_off()
    box = Box(root)
    try:
        wait_for(box.all_active, START_S)
        yield box
    finally:
        box.power_off()


def test_all_three_start_by_themselves_each_as_its_user(box):
    users = [box.run("stat", "-c", "%U", f"/proc/{box.pid(unit)}") for unit in UNITS]
    assert users == ["kirok-record", "kirok-web", "kirok-watch"]


def test_a_call_is_recorded_and_proved(box):
    assert wait_for(box.proved, CALL_S)
    page = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8077/sign-in').status)"
    assert box.run(PYTHON, "-c", page) == "200"


def test_the_recorder_is_shut_in(box):
    status = dict(
        line.split(":", 1) for line in box.run("cat", f"/proc/{box.pid()}/status").splitlines()
    )
    shut = [status[name].strip() for name in ("NoNewPrivs", "Seccomp", "CapEff")]
    assert shut == ["1", "2", "0" * 16]
    inside = ("nsenter", "-t", box.pid(), "-m", "-n")
    assert box.run(*inside, "sh", "-c", "ls /sys/class/net") == "lo"
    assert "Read-only" in box.run(*inside, "sh", "-c", "touch /etc/x 2>&1 || true")
    limits = box.run("cat", f"/proc/{box.pid()}/limits")
    assert "Max core file size        0" in limits
    if "Max locked memory         unlimited" in limits:  # a container may not be let raise it
        assert int(status["VmLck"].split()[0]) > 0
    assert int(box.run("cat", f"/proc/{box.pid()}/stat").split()[18]) == -10


def test_one_that_is_killed_is_back_and_goes_on(box):
    before, proved = box.starts(), box.proved()
    box.kill(signal.SIGKILL)
    wait_for(lambda: box.starts() == before + 1 and box.all_active(), START_S)
    assert wait_for(lambda: box.proved() - proved, CALL_S)


@pytest.mark.parametrize("unit", [RECORD])
def test_one_that_hangs_is_started_again(box, unit):
    before = box.starts(unit)
    box.kill(signal.SIGSTOP, unit)
    wait_for(lambda: box.starts(unit) > before and box.all_active(), HANG_S)


def test_the_signing_key_may_be_a_systemd_credential(box):
    key, kept = f"{DATA}/keys/box.key", "/etc/credstore.encrypted/box.key"
    box.run("systemctl", "stop", RECORD)
    box.run("install", "-d", "-m", "700", "/etc/credstore.encrypted")
    box.run("systemd-creds", "encrypt", "--name=box.key", key, kept)
    box.run("mkdir", "-p", Path(DROP_IN).parent)
    setting = f"[Service]\nLoadCredentialEncrypted=box.key:{kept}\n"
    box.run("sh", "-c", f"printf '{setting}' > {DROP_IN}")
    box.run("rm", key, f"{DATA}/spare/box.key")
    box.run("systemctl", "daemon-reload")
    proved = box.proved()
    box.run("systemctl", "start", RECORD)
    assert wait_for(lambda: box.proved() - proved, CALL_S)
    assert "signed" in box.run(KIROK, "ledger", "verify", "--data", DATA)


def test_after_a_stop_everything_is_in_order(box):
    box.run("systemctl", "stop", *UNITS)
    assert "\n".join(box.wrong("--deep")) == ""
    box.run("systemctl", "start", *UNITS)
    wait_for(box.all_active, START_S)


def test_after_the_plug_was_pulled_it_records_without_a_hand(box, root):
    proved = box.proved()
    box.power_off()
    box.__init__(root)
    wait_for(box.all_active, START_S)
    assert wait_for(lambda: box.proved() - proved, CALL_S)
    assert proved <= box.proved()

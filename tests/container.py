"""This machine once more, in a container with a systemd of its own; what it changes is thrown away.

An overlay over the whole root, started by systemd-nspawn; needs root.
"""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import wait_for

START_S = 120


def missing():
    """Return what a container needs that is not here."""
    return [name for name in ("systemd-nspawn", "nsenter") if shutil.which(name) is None]


@contextmanager
def root_copy(folder):
    """Yield a copy of this machine's root, to be written to."""
    parts = [folder / name for name in ("upper", "work", "root")]
    for part in parts:
        part.mkdir()
    upper, work, root = parts
    options = f"lowerdir=/,upperdir={upper},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, root], check=True)
    try:
        yield root
    finally:
        subprocess.run(["umount", "-l", root], check=True)


def nspawn(root, *arguments):
    return ["systemd-nspawn", "-q", "-D", root, "--register=no", "--keep-unit", *arguments]


def run_in(root, *command):
    """Run a command in a copy that is not started; with this machine's network."""
    settings = [f"--setenv={k}={v}" for k, v in os.environ.items() if k.startswith("PIP_")]
    subprocess.run(nspawn(root, "--pipe", *settings, *command), check=True)


class Machine:
    """A started copy. Power it off."""

    def __init__(self, root):
        self._nspawn = subprocess.Popen(
            nspawn(root, "--private-network", "--boot"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._init = wait_for(self._find_init, START_S, away=(OSError, ValueError))
            wait_for(self._is_up, START_S)
        except BaseException:
            self._nspawn.kill()
            self._nspawn.wait()
            raise

    def _find_init(self):
        pid = self._nspawn.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return next(
            (int(c) for c in children if Path(f"/proc/{c}/comm").read_text() == "systemd\n"), None
        )

    def _is_up(self):
        # Not the whole system: a service of this machine may wait for what is not here.
        return self.run("systemctl", "is-active", "basic.target", check=False) == "active"

    def command(self, *command):
        """Return a command that runs inside."""
        return ["nsenter", "-t", str(self._init), "-a", *map(str, command)]

    def run(self, *command, check=True, env=None):
        """Run a command inside, and return what it says."""
        done = subprocess.run(
            self.command(*command), capture_output=True, text=True, check=False, env=env
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def power_off(self):
        """Pull the plug."""
        os.kill(self._init, 9)
        self._nspawn.kill()
        self._nspawn.wait()

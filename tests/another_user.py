"""Other users of this machine, for tests of what one may not do to another's files."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

#: Owns nothing here.
UID = 61_002
#: For a process that has imported what it needs: the interpreter may lie where only root can read.
BECOME_ANOTHER = f"import os; os.setgroups([]); os.setgid({UID}); os.setuid({UID})"

_ROOT = Path(__file__).parents[1]
_PYTHONS = (sys.executable, "/usr/bin/python3.11")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user: only root may")


def open_to_all(folder):
    """Let everybody read what is in pytest's folder, and nobody else write it."""
    pass_through(folder)
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)


def pass_through(folder):
    """Let everybody come to what is in pytest's folder."""
    for path in (folder, *folder.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(0o711)


@cache
def python_of_all():
    """Return a Python that every user can run, and its environment; None where there is none."""
    for python in _PYTHONS:
        path = [str(_ROOT), *(one for one in sys.path if one.endswith("site-packages"))]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(path)}
        try:
            command = [python, "-c", "import numpy, flask, appliance.cli"]
            subprocess.run(command, env=environment, user=UID, cwd="/", check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return python, environment
    return None

"""Another user of this machine, for tests of what one may not do to another's files."""

import os

import pytest

#: Owns nothing here.
UID = 61_002
#: For a process that has imported what it needs: the interpreter may lie where only root can read.
BECOME_ANOTHER = f"import os; os.setgroups([]); os.setgid({UID}); os.setuid({UID})"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user: only root may")


def open_to_all(folder):
    """Let everybody read what is in pytest's folder, and nobody else write it."""
    folder.chmod(0o755)
    for path in folder.parents:
        if not path.stat().st_mode & 0o001:
            path.chmod(0o711)
    for path in folder.iterdir():
        path.chmod(0o644)

import errno
import fcntl
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from appliance import disk_failure
from appliance.cli import main
from appliance.writer import WriterFailed
from tests.another_user import BECOME_ANOTHER, needs_root, open_to_all


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EIO, "replace the memory card"),
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "fsck"),
        (errno.EACCES, "chown"),
        (errno.EPERM, "chown"),
        (errno.ENOENT, "mount the disk"),
        (errno.EISDIR, "puts it aside"),
        (errno.EMFILE, "too many files"),
    ],
)
def test_each_error_of_a_disk_has_its_remedy(number, says):
    assert says in disk_failure.remedy(OSError(number, os.strerror(number)))


def test_the_remedy_is_that_of_what_failed_underneath():
    failed = WriterFailed("nothing more can be written")
    failed.__cause__ = OSError(errno.ENOSPC, "full")
    assert "make room" in disk_failure.remedy(failed)


def test_the_index_on_a_full_disk_has_the_disks_remedy(tmp_path):
    database = sqlite3.connect(tmp_path / "a.db")
    database.execute("pragma max_page_count = 2")
    database.execute("create table t (x)")
    with pytest.raises(sqlite3.Error) as full:
        database.execute("insert into t values (zeroblob(100000))")
    database.close()
    assert "make room" in disk_failure.remedy(full.value)


def test_an_error_of_another_kind_has_none_and_leaves_no_note(tmp_path):
    disk_failure.leave_note(tmp_path, OSError(errno.EADDRINUSE, "in use"))
    assert disk_failure.read_note(tmp_path) == ""


def test_a_note_is_read_until_it_is_removed(tmp_path):
    disk_failure.leave_note(tmp_path, OSError(errno.EIO, "broken"))
    assert "replace the memory card" in disk_failure.read_note(tmp_path)
    disk_failure.remove_note(tmp_path)
    assert disk_failure.read_note(tmp_path) == ""


def test_no_note_can_be_left_and_nothing_is_said_of_it(tmp_path):
    disk_failure.leave_note(tmp_path / "gone", OSError(errno.EIO, "broken"))
    assert not (tmp_path / "gone").exists()


def test_the_command_says_the_remedy(trial, capsys):
    trial.index.unlink()
    trial.index.mkdir()
    assert main(["calls", "--data", str(trial.data)]) == 1
    assert "puts it aside" in capsys.readouterr().err


#: As SQLite in another process would.
TAKES_THE_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""
#: As the page's user.
ASKS = f"""
import sys
from pathlib import Path
from appliance.disk_failure import cause
{BECOME_ANOTHER}
print(cause([Path(sys.argv[1])]).errno)
"""


def test_to_look_for_the_cause_takes_no_lock_away(tmp_path):
    path = tmp_path / "calls.db-shm"
    with path.open("w+b") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        assert disk_failure.cause([path]) is None
        other = subprocess.run(
            [sys.executable, "-c", TAKES_THE_LOCK, path], capture_output=True, check=False
        )
    assert b"BlockingIOError" in other.stderr


@needs_root
def test_the_cause_is_that_of_a_file_that_another_user_may_not_read(tmp_path):
    path = tmp_path / "calls.db"
    path.touch(0o600)
    open_to_all(tmp_path)
    path.chmod(0o600)
    said = subprocess.check_output([sys.executable, "-c", ASKS, path], text=True)
    assert int(said) == errno.EACCES


def test_the_cause_is_that_of_the_file_that_cannot_be_opened(tmp_path):
    paths = [tmp_path / name for name in ("a", "b", "c")]
    paths[0].touch()
    assert disk_failure.cause(paths) is None
    for left in (Path.mkdir, lambda path: path.symlink_to("gone")):
        left(paths[1])
        found = disk_failure.cause(paths)
        assert (found.errno, found.filename) == (errno.EISDIR, str(paths[1]))
        paths[1].rmdir() if paths[1].is_dir() else paths[1].unlink()

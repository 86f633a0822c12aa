"""Real file systems that are nearly full; with small blocks a process may end by SIGBUS."""

import os
import subprocess
import sys
from contextlib import suppress

import pytest

from appliance.index import CallIndex
from tests.appliance.test_index import row

#: The recorder's, and a command's of root, which could write the map.
OPENS = """
import os, sys
from pathlib import Path
from appliance.index import CallIndex
from tests.appliance.test_index import row
try:
    with getattr(CallIndex, sys.argv[2])(Path(sys.argv[1])) as index:
        print(index.count(), flush=True)
        if sys.argv[3:]:
            input()
        for n in range(2, int(sys.argv[3]) if sys.argv[3:] else 2):
            index.put(row(n))
        if sys.argv[4:]:
            os.kill(os.getpid(), 9)
except OSError as error:
    print(error.strerror)
"""


@pytest.fixture
def disk(tmp_path, block_bytes):
    """A small file system; one of less than 512 MB has blocks of 1 KiB, a part of a page."""
    if os.geteuid():
        pytest.skip("a file system is mounted by root alone")
    file, folder = tmp_path / "disk.img", tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mkfs.ext4", "-q", "-b", str(block_bytes), file, "16M"], check=True)
    if subprocess.run(["mount", "-o", "loop", file, folder], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def path(disk):
    path = disk / "calls.db"
    with CallIndex.open(path) as index:
        index.put(row(1))
    return path


def fill(path, spare_bytes):
    with path.open("wb", buffering=0) as file:
        for piece in (65_536, 1024):
            with suppress(OSError):
                while True:
                    file.write(bytes(piece))
        file.truncate(file.tell() - spare_bytes)


def opened(path, *how, stdin=""):
    done = subprocess.run(
        [sys.executable, "-c", OPENS, path, *how],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


NEARLY_FULL = pytest.mark.parametrize(
    ("block_bytes", "spare_bytes"),
    [(1024, 0), (1024, 8192), (1024, 20_480), (1024, 36_864), (4096, 0)],
)


@NEARLY_FULL
def test_a_disk_that_is_nearly_full_is_said_and_is_nobodys_end(path, spare_bytes):
    fill(path.with_name("full"), spare_bytes)
    assert opened(path, "open") == (0, "No space left on device\n", "")
    assert opened(path, "open_readonly") == (0, "1\n", "")


@NEARLY_FULL
def test_what_a_killed_recorder_left_in_the_log_is_read_from_a_full_disk(path, spare_bytes):
    assert opened(path, "open", "9", "killed", stdin="\n")[:2] == (-9, "1\n")
    path.with_name("calls.db-shm").unlink()  # a power cut leaves none
    fill(path.with_name("full"), spare_bytes)
    assert opened(path, "open") == (0, "No space left on device\n", "")
    assert opened(path, "open_readonly") == (0, "8\n", "")
    path.with_name("full").unlink()
    assert opened(path, "open_readonly") == (0, "8\n", "")
    assert opened(path, "open") == (0, "8\n", "")


@NEARLY_FULL
def test_a_disk_that_fills_up_while_rows_are_written_ends_nobody(path, spare_bytes):
    recorder = subprocess.Popen(
        [sys.executable, "-c", OPENS, path, "open", "3000"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with recorder:
        assert recorder.stdout.readline() == "1\n"
        fill(path.with_name("full"), spare_bytes)
        assert opened(path, "open_readonly") == (0, "1\n", "")
        _, errors = recorder.communicate("\n", 60)
    assert recorder.returncode >= 0, errors
    path.with_name("full").unlink()
    assert opened(path, "open")[0] == 0

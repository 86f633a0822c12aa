"""What a process knows stays in its memory: seen from outside, on real processes."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from appliance import private_memory

NOBODY = 65534
SECRET = "KIROK_TEST=long-passphrase-in-the-environment"

#: As somebody who is not root, and seen by the same somebody.
PLAIN = f"""
import ctypes, os, sys
if os.getuid() == 0:
    os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # setuid has closed it
"""
FORBID = "from appliance import private_memory; private_memory.forbid_dumps()\n"
WAIT = "print('ready', flush=True); sys.stdin.read()\n"
READ = PLAIN + "print(len(open(sys.argv[1], 'rb').read()))\n"


def python(code, *arguments, **more):
    # Imported first: who is not root may not read where Python lies.
    prologue = "import appliance.private_memory\n"
    return subprocess.Popen(
        [sys.executable, "-c", prologue + code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


@contextmanager
def waiting(code):
    """Run a process that waits, with a secret in its environment."""
    name, value = SECRET.split("=")
    process = python(code + WAIT, env={**os.environ, name: value})
    try:
        assert process.stdout.readline() == "ready\n"
        yield process.pid
    finally:
        process.kill()
        process.communicate(timeout=30)


def reads(path):
    """Say whether another process of the same user can read a file of /proc."""
    said, _ = python(READ, path).communicate(timeout=30)
    return bool(said) and int(said) > 0


def test_a_process_of_the_same_user_reads_nothing_of_it():
    with waiting(PLAIN) as pid:
        assert reads(f"/proc/{pid}/environ")  # else the test could not fail
    with waiting(PLAIN + FORBID) as pid:
        assert not reads(f"/proc/{pid}/environ")
        assert not reads(f"/proc/{pid}/maps")
        assert not reads(f"/proc/{pid}/mem")


#: Run Python where a core may be as large as it likes.
SHELL = 'ulimit -c "$(ulimit -Hc)"; cd "$1"; exec "$2" -c "$3"'


def dumps(code, folder):
    """Run a process that aborts; say if it left a core."""
    told = [str(folder), sys.executable, f"{code}\nimport os; os.abort()"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", SHELL, "sh", *told], environment)
    status = os.waitpid(pid, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGABRT
    return os.WCOREDUMP(status)


def test_a_process_that_crashes_leaves_no_core(tmp_path):
    if not dumps("", tmp_path):
        pytest.skip("no process leaves a core here")
    for path in tmp_path.iterdir():
        path.unlink()
    assert not dumps(FORBID, tmp_path)
    assert not list(tmp_path.iterdir())


LOCK = """
import os
from appliance import private_memory
import numpy, threading
done = private_memory.lock()
before = private_memory.locked_kib(os.getpid())
more = numpy.ones(3_000_000)
thread = threading.Thread(target=sum, args=([],)); thread.start(); thread.join()
print(done, before > 0, private_memory.locked_kib(os.getpid()) - before > 20_000)
"""


def test_memory_is_locked_with_all_that_comes_later_or_not_at_all():
    """Where a limit would make later allocations fail, nothing is locked and all goes on."""
    for limited in ("", f"import os, numpy, threading\n{PLAIN}" if os.getuid() == 0 else ""):
        said, wrong = python(limited + LOCK).communicate(timeout=60)
        assert said.split() in (["True"] * 3, ["False"] * 3), wrong


def test_a_process_that_is_gone_has_nothing_locked():
    assert private_memory.locked_kib(2**22 + 1) is None
    with subprocess.Popen(["sleep", "60"]) as other:  # what this process has locked is its own
        assert private_memory.locked_kib(other.pid) == 0
        other.kill()


def test_swap_in_memory_or_encrypted_is_not_a_disk_in_clear(tmp_path):
    table = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    swaps = tmp_path / "swaps"
    swaps.write_text(table)
    assert private_memory.plain_swaps(swaps, tmp_path) == []
    for name, uuid in (("dm-0", "CRYPT-PLAIN-swap"), ("dm-1", "LVM-abc")):
        (tmp_path / name / "dm").mkdir(parents=True)
        (tmp_path / name / "dm" / "uuid").write_text(uuid)
    names = ["/dev/zram0", "/dev/dm-0", "/dev/dm-1", "/var/swap", "/dev/mmcblk0p3"]
    swaps.write_text(table + "".join(f"{name}\tpartition\t1\t0\t-2\n" for name in names))
    in_clear = ["/dev/dm-1", "/var/swap", "/dev/mmcblk0p3"]
    assert private_memory.plain_swaps(swaps, tmp_path) == in_clear
    assert private_memory.plain_swaps(tmp_path / "none", tmp_path) == []

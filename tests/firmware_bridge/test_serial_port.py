import os
import pty
import stat
from contextlib import contextmanager
from random import Random
from select import select

import pytest

from firmware_bridge.serial_port import READ_LIMIT, PortLost, PortUnavailable, SerialPort


@contextmanager
def pseudo_terminal():
    """Give the master's descriptor, not blocking, and the slave's path."""
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    path = os.ttyname(slave)
    os.close(slave)
    try:
        yield master, path
    finally:
        os.close(master)


@pytest.fixture
def ends():
    with pseudo_terminal() as (master, path):
        port = SerialPort(path)
        yield master, port
        port.close()


def wait_for(fd):
    assert select([fd], [], [], 2)[0], "nothing came within 2 s"


def test_bytes_of_every_value_go_both_ways_unchanged(ends):
    master, port = ends
    every = bytes(range(256)) * 4
    os.write(master, every)
    wait_for(port._fd)
    assert port.read() == every
    assert port.write(every) == len(every)
    wait_for(master)
    assert os.read(master, 4096) == every


def test_a_read_never_waits(ends):
    assert ends[1].read() == b""


def test_one_read_takes_more_than_the_terminal_gives_at_once(ends):
    master, port = ends
    sent = Random(1).randbytes(16_000)
    got, left = b"", sent
    pieces = []
    while len(got) < len(sent):
        if left:
            left = left[os.write(master, left) :]
        wait_for(port._fd)
        pieces.append(port.read())
        got += pieces[-1]
    assert got == sent
    assert max(map(len, pieces)) > 4095


def test_a_write_takes_what_there_is_room_for(ends):
    _, port = ends
    taken = [port.write(bytes(65536)) for _ in range(10)]
    assert 0 < sum(taken) < 655_360
    assert taken[-1] == 0


def test_a_closed_other_end_is_a_lost_port():
    master, slave = pty.openpty()
    port = SerialPort(os.ttyname(slave))
    os.close(slave)
    os.close(master)
    with pytest.raises(PortLost, match="is gone"):
        port.read()
    with pytest.raises(PortLost, match="is gone"):
        port.write(b"x")
    port.close()


def test_a_missing_port_says_what_to_do(tmp_path):
    with pytest.raises(PortUnavailable, match="none does not exist: is the board plugged in"):
        SerialPort(str(tmp_path / "none"))


def test_a_port_in_use_says_what_to_do(ends):
    with pytest.raises(PortUnavailable, match="is in use: stop the other program"):
        SerialPort(ends[1]._path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open anything")
def test_a_forbidden_port_says_what_to_do(tmp_path):
    port = tmp_path / "port"
    port.touch()
    port.chmod(stat.S_IRUSR)
    with pytest.raises(PortUnavailable, match="dialout"):
        SerialPort(str(port))


def test_what_is_no_serial_port_is_refused(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(PortUnavailable, match=r"file cannot be opened: .*onfigure"):
        SerialPort(str(file))


def test_a_failed_opening_leaves_nothing_open(tmp_path):
    file = tmp_path / "file"
    file.touch()
    before = os.listdir("/proc/self/fd")
    for path in (file, tmp_path / "none"):
        with pytest.raises(PortUnavailable):
            SerialPort(str(path))
    assert os.listdir("/proc/self/fd") == before


def test_a_closed_port_can_be_opened_again():
    with pseudo_terminal() as (master, path):
        SerialPort(path).close()
        port = SerialPort(path)
        os.write(master, b"again")
        wait_for(port._fd)
        assert port.read() == b"again"
        port.close()


def test_a_flood_does_not_hold_the_reader(monkeypatch):
    endless = iter(lambda: bytes(65536), b"")
    with pseudo_terminal() as (_, path):
        port = SerialPort(path)
        with monkeypatch.context() as patched:
            patched.setattr(os, "read", lambda fd, size: next(endless))
            assert len(port.read()) == READ_LIMIT
        port.close()


def test_what_came_before_the_port_went_is_not_lost(monkeypatch):
    def read_then_fail(fd, size, pieces=[b"last", b" words"]):  # noqa: B006
        if pieces:
            return pieces.pop(0)
        raise OSError(5, "Input/output error")

    with pseudo_terminal() as (_, path):
        port = SerialPort(path)
        with monkeypatch.context() as patched:
            patched.setattr(os, "read", read_then_fail)
            assert port.read() == b"last words"
            with pytest.raises(PortLost, match="Input/output error"):
                port.read()
        port.close()

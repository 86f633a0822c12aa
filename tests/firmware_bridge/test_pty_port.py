import os
import select
import tty

import pytest

from firmware_bridge.pty_port import PtyPort

LIMIT_S = 5.0


@pytest.fixture
def link(tmp_path):
    return tmp_path / "board"


@pytest.fixture
def port(link):
    with PtyPort(link) as port:
        yield port


class Host:
    """Opens the port as a program on the box does."""

    def __init__(self, link):
        self.fd = os.open(link, os.O_RDWR | os.O_NOCTTY)

    def read(self, n):
        data = b""
        while len(data) < n and select.select([self.fd], [], [], LIMIT_S)[0]:
            data += os.read(self.fd, 4096)
        return data

    def has_something(self):
        return bool(select.select([self.fd], [], [], 0)[0])

    def close(self):
        os.close(self.fd)


@pytest.fixture
def host(port, link):
    host = Host(link)
    yield host
    host.close()


def test_bytes_go_both_ways_as_they_are(port, host):
    every = bytes(range(256))
    port.send(every)
    assert host.read(256) == every
    os.write(host.fd, every)
    assert port.receive(LIMIT_S) == every


def test_nothing_is_echoed_before_the_box_has_set_the_port(port, host):
    os.write(host.fd, b"hello\n")
    assert port.receive(LIMIT_S) == b"hello\n"
    assert not host.has_something()


def test_waiting_for_nothing_ends_in_time(port, host):
    assert port.receive(0.01) == b""


def test_it_knows_whether_somebody_has_it_open(port, link):
    assert not port.is_open
    host = Host(link)
    assert port.is_open
    host.close()
    assert not port.is_open


def test_what_is_sent_to_nobody_is_gone(port, link):
    port.send(b"early")
    assert port.queued_bytes == 0
    host = Host(link)
    port.send(b"now")
    assert host.read(3) == b"now"
    host.close()


def test_a_box_that_does_not_read_is_not_waited_for(port, host):
    for _ in range(200):
        port.send(bytes(1500))
    assert 100_000 < port.queued_bytes <= 300_000
    host.read(300_000 - port.queued_bytes)
    while port.queued_bytes:  # each turn as much as the kernel takes
        port.receive(0.0)
        host.read(1)
    assert port.queued_bytes == 0


def test_what_was_not_read_before_closing_is_gone_after_reopening(port, link):
    host = Host(link)
    for _ in range(200):
        port.send(b"old " * 375)
    host.close()
    port.receive(0.0)
    assert port.queued_bytes == 0
    host = Host(link)
    assert not host.has_something()
    port.send(b"new")
    assert host.read(3) == b"new"
    host.close()


def test_receiving_from_nobody_is_nothing(port, link):
    assert port.receive(0.01) == b""
    Host(link).close()
    assert port.receive(0.01) == b""


def test_an_old_link_is_replaced_and_ours_goes_with_us(link):
    link.symlink_to("/nowhere")
    with PtyPort(link):
        assert os.readlink(link).startswith("/dev/pts/")
    assert not os.path.lexists(link)


def test_a_link_that_a_newer_board_took_over_is_left_to_it(link):
    with PtyPort(link):
        newer = PtyPort(link)
        newest = os.readlink(link)
    assert os.readlink(link) == newest
    newer.close()
    assert not os.path.lexists(link)


def test_a_port_that_cannot_be_published_gives_back_what_it_took(tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        PtyPort(tmp_path / "missing" / "board")
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_box_may_set_the_port_itself(port, host):
    tty.setraw(host.fd)
    port.send(b"\x03\x04\x11\x13\x7f")
    assert host.read(5) == b"\x03\x04\x11\x13\x7f"

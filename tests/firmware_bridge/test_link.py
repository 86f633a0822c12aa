import os
import pty
import tty
from contextlib import suppress
from itertools import pairwise
from select import select

import pytest

from firmware_bridge.block import Epoch, Gap
from firmware_bridge.commands import Beep, Greet, TimeSync
from firmware_bridge.exchange import NotConnected
from firmware_bridge.frames import FrameReader
from firmware_bridge.host_clock import HostTime
from firmware_bridge.link import LAST_RETRY_S, NAP_S, REOPEN_AFTER_S, Link
from firmware_bridge.serial_port import PortLost, PortUnavailable, SerialPort
from tests.firmware_bridge.tiny_board import TinyBoard
from tests.firmware_bridge.wire import blocks

BEEP = Beep(1, 1400, 500, -200)


class CountedPort(SerialPort):
    """A port that knows how many bytes have passed, so that a test need not sleep for them."""

    def __init__(self, path):
        super().__init__(path)
        self.bytes_read = self.bytes_written = 0

    def read(self):
        data = super().read()
        self.bytes_read += len(data)
        return data

    def write(self, data):
        taken = super().write(data)
        self.bytes_written += taken
        return taken


class PtyBoard:
    """A board at the end of a pseudo-terminal, whose name is a link that outlives unplugging."""

    def __init__(self, name, board):
        self.board = board
        self._name = name
        self._out = b""
        self._master = None
        self.plug()

    def plug(self):
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        tty.setraw(self._slave)
        self._name.symlink_to(os.ttyname(self._slave))
        self.bytes_read = self.bytes_written = 0

    def unplug(self):
        self._name.unlink()
        os.close(self._slave)
        os.close(self._master)
        self._master = None

    def step(self, port):
        """Let 10 ms of the board's time pass, and the kernel bring over what is on the way."""
        self._out += self.board.block()
        if self._master is None:
            self._out = b""
            return
        if port and port.bytes_written > self.bytes_read:
            select([self._master], [], [], 2)
        with suppress(BlockingIOError):
            heard = os.read(self._master, 65536)
            self.bytes_read += len(heard)
            self._out += self.board.push(heard)
        if self._out:
            sent = os.write(self._master, self._out)
            self.bytes_written += sent
            self._out = self._out[sent:]
        if port and self.bytes_written > port.bytes_read:
            # Not 2 s: what was sent before the port was opened has been flushed.
            select([self._slave], [], [], 0.05)


class Time:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s

    def host(self):
        return HostTime(self.now_s, 1e9 + self.now_s, "ntp")


def make_link(path, time, **changed):
    return Link(str(path), monotonic=time, host_time=time.host, **changed)


def run(link, board, time, seconds):
    items = []
    for _ in range(round(seconds * 100)):
        time.now_s += 0.01
        board.step(link._port)
        items += link.poll()
    return items


@pytest.fixture
def wire(tmp_path):
    time = Time()
    board = PtyBoard(tmp_path / "board", TinyBoard(lines=2))
    link = make_link(tmp_path / "board", time, open_port=CountedPort)
    yield link, board, time
    link.close()
    if board._master is not None:
        board.unplug()


def streaming(wire):
    link, board, time = wire
    items = []
    for _ in range(50):
        items += run(link, board, time, 0.1)
        if link.state == "streaming":
            return items
    raise AssertionError(f"not streaming within 5 s: {link.trouble}")


def test_both_ends_over_a_pseudo_terminal(wire):
    link, board, time = wire
    assert (link.state, link.hello) == ("connecting", None)
    items = streaming(wire) + run(link, board, time, 3.0)
    assert isinstance(items[0], Epoch)
    assert link.hello.lines == 2
    assert link.trouble is None
    got = blocks(items)
    assert len(got) > 250
    assert not any(block.filler for block in got)
    assert all(one.sample + 80 == other.sample for one, other in pairwise(got))
    assert link.counts.skipped_bytes == 0
    assert board.board.commands(TimeSync)


def test_a_command_is_answered(wire):
    link, board, time = wire
    streaming(wire)
    done = link.send(BEEP)
    run(link, board, time, 0.5)
    assert done.result(0).command == Beep.TYPE
    assert board.board.commands(Beep)[0] == BEEP


def test_samples_have_a_time(wire):
    link, _, time = wire
    items = streaming(wire)
    block = blocks(items)[-1]
    assert link.clock.utc_s(block.sample) == pytest.approx(1e9 + time.now_s, abs=0.2)
    assert link.clock.quality(block.sample) == "ntp"


def test_an_unplugged_board_is_lost_and_goes_on_where_it_is_plugged_in_again(wire):
    link, board, time = wire
    before = streaming(wire)
    done = link.send(BEEP)
    board.unplug()
    lost = run(link, board, time, 3.0)
    assert link.state == "lost"
    assert "board does not exist: is the board plugged in?" in link.trouble
    with pytest.raises(NotConnected):
        done.result(0)
    board.plug()
    after = streaming(wire)
    assert link.counts.ports_lost == 1
    items = before + lost + after
    assert [item for item in items if isinstance(item, Epoch)] == items[:1]
    assert len([item for item in items if isinstance(item, Gap)]) == 1
    got = blocks(items)
    assert all(a.sample + a.audio.shape[1] == b.sample for a, b in pairwise(got))


def test_a_board_that_lost_its_power_comes_back_as_a_new_epoch(wire):
    link, board, time = wire
    before = streaming(wire)
    board.unplug()
    run(link, board, time, 1.0)
    board.board = TinyBoard(boot_id=7)
    board.plug()
    items = before + streaming(wire)
    assert [item.boot_id for item in items if isinstance(item, Epoch)] == [0xDEADBEEF, 7]
    assert not [item for item in items if isinstance(item, Gap)]


def test_a_board_plugged_in_late_is_found(tmp_path):
    time = Time()
    link = make_link(tmp_path / "board", time, open_port=CountedPort)
    assert link.poll() == []
    assert link.state == "connecting"
    assert "does not exist" in link.trouble
    board = PtyBoard(tmp_path / "board", TinyBoard())
    streaming((link, board, time))
    link.close()
    board.unplug()


def test_a_port_that_another_has_is_taken_when_it_is_free(wire):
    link, board, time = wire
    other = SerialPort(link.path)
    run(link, board, time, 1.0)
    assert "is in use" in link.trouble
    other.close()
    streaming(wire)


class FakePort:
    """A port without a wire: what is read and how much may be written is said by the test."""

    def __init__(self):
        self.to_read = []
        self.written = b""
        self.room = 1 << 20
        self.closed = False

    def read(self):
        piece = self.to_read.pop(0) if self.to_read else b""
        if isinstance(piece, Exception):
            raise piece
        return piece

    def write(self, data):
        taken = data[: self.room]
        self.written += taken
        if self.room < 0:
            raise PortLost("gone while writing")
        return len(taken)

    def close(self):
        self.closed = True


def greeted(time):
    port, board = FakePort(), TinyBoard()
    link = make_link("fake", time, open_port=lambda path: port)
    link.poll()
    for _ in range(3):
        port.to_read, port.written = [board.push(port.written) + board.block()], b""
        link.poll()
    assert link.state == "streaming"
    return link, port, board


def test_a_missing_port_is_looked_for_ever_less_often_but_never_given_up():
    time, tried = Time(), []

    def missing(path):
        tried.append(time.now_s)
        raise PortUnavailable(f"port {path} does not exist")

    link = make_link("nowhere", time, open_port=missing)
    for _ in range(3000):
        time.now_s += NAP_S
        link.poll()
    waits = [other - one for one, other in pairwise(tried)]
    assert waits[0] == pytest.approx(0.1, abs=2 * NAP_S)
    assert max(waits) == waits[-1] == pytest.approx(LAST_RETRY_S, abs=2 * NAP_S)


def test_blocks_read_before_the_write_failed_are_not_lost():
    time = Time()
    link, port, board = greeted(time)
    port.to_read, port.room = [board.block()], -1
    link.send(BEEP)
    assert len(blocks(link.poll())) == 1
    assert link.state == "lost"
    assert port.closed
    assert link.trouble == "gone while writing"


def test_a_full_wire_keeps_what_is_left_and_nothing_piles_up():
    time = Time()
    link, port, board = greeted(time)
    port.written, port.room = b"", 5
    done = link.send(BEEP)
    for _ in range(400):
        time.now_s += 0.01
        port.to_read = [board.block()]
        link.poll()
    assert len(link._out) < 100
    port.room = 1 << 20
    link.poll()
    port.to_read = [board.push(port.written)]
    link.poll()
    assert done.done()
    assert board._reader.skipped_bytes == 0


def test_a_port_that_stays_silent_is_opened_anew():
    time, ports = Time(), []

    def silent(path):
        ports.append(FakePort())
        return ports[-1]

    link = make_link("silent", time, open_port=silent)
    for _ in range(round(2.5 * REOPEN_AFTER_S / 0.01)):
        time.now_s += 0.01
        link.poll()
    assert len(ports) == 3
    assert [port.closed for port in ports] == [True, True, False]
    assert "no board answers on port silent" in link.trouble


def test_a_board_of_another_version_is_no_reason_to_open_the_port_anew():
    time, port, board = Time(), FakePort(), TinyBoard()
    link = make_link("old", time, open_port=lambda path: port)
    wrong = board._hello.to_bytes()
    board.hello = lambda: board.send(
        type("Old", (), {"TYPE": 1, "to_bytes": lambda: b"\x02" + wrong[1:]})
    )
    for _ in range(round(2 * REOPEN_AFTER_S / 0.01)):
        time.now_s += 0.01
        port.to_read, port.written = [board.push(port.written)], b""
        link.poll()
    assert link.state == "wrong_version"
    assert "update the firmware" in link.trouble
    assert not port.closed
    assert len(board.commands(Greet)) == len(board.got)


def test_a_closed_link_has_let_the_port_go():
    time = Time()
    link, port, _ = greeted(time)
    done = link.send(BEEP)
    link.close()
    assert port.closed
    with pytest.raises(NotConnected):
        done.result(0)
    link.close()


def test_a_step_of_the_hosts_clock_is_noticed():
    time = Time()
    link, _, _ = greeted(time)
    ahead = HostTime(time.now_s, 1e9 + time.now_s + 60.0, "ntp")
    link._host_time = lambda: ahead
    time.now_s += 2.0
    link.poll()
    assert [round(step.by_s) for step in link.clock.steps] == [60]


def test_half_a_command_is_not_finished_on_the_next_port():
    time = Time()
    link, port, _ = greeted(time)
    port.room = 5
    link.send(BEEP)
    link.poll()
    port.to_read = [PortLost("unplugged")]
    link.poll()
    port.to_read, port.room, port.written = [], 1 << 20, b""
    time.now_s += 1.0
    link.poll()
    (frame,) = FrameReader().push(port.written, 0.0)
    assert frame.type == Greet.TYPE


def test_a_board_that_has_streamed_is_looked_for_soon_again():
    time = Time()
    link, port, board = greeted(time)
    link._retry_s = LAST_RETRY_S
    port.to_read = [board.block()]
    link.poll()
    tried = []

    def missing(path):
        tried.append(time.now_s)
        raise PortUnavailable("gone")

    link._open_port = missing
    port.to_read = [PortLost("unplugged")]
    for _ in range(30):
        time.now_s += 0.01
        link.poll()
    assert len(tried) == 2


def test_the_hosts_clock_is_not_asked_at_every_poll():
    time, asked = Time(), []
    link, port, board = greeted(time)
    link._host_time = lambda: asked.append(1) or time.host()
    for _ in range(1000):
        time.now_s += 0.01
        port.to_read = [board.push(port.written) + board.block()]
        port.written = b""
        link.poll()
    assert len(asked) == 5

import json
import os
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from firmware_bridge import commands, fake_board, messages
from firmware_bridge.block import Block, Epoch, Gap
from firmware_bridge.board_end import BoardEnd
from firmware_bridge.capture import write_capture
from firmware_bridge.fake_board import FakeBoard
from firmware_bridge.frames import FrameReader, encode
from firmware_bridge.line_player import ScriptSource
from firmware_bridge.link import Link
from firmware_bridge.messages import Ack, Data, Hello
from firmware_bridge.pty_port import PtyPort
from firmware_bridge.script import Idle, LineScript, OffHook, Plant, Talk

LIMIT_S = 15.0
SCRIPT = (Idle(0.2), OffHook(), Talk("ja", 2.0))


class Box:
    """The least that talks to a board."""

    def __init__(self, link, pump=lambda: None):
        """Pump is called while waiting: it runs a board that has no process of its own."""
        self.pump = pump
        self.fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
        self.reader = FrameReader()
        self.seq = 0
        self.heard = []

    def tell(self, command):
        os.write(self.fd, encode(command.TYPE, self.seq, command.to_bytes()))
        self.seq += 1

    def read(self, kind, n=1):
        """Read until there are n messages of a kind, and return them."""
        found = []
        deadline = time.monotonic() + LIMIT_S
        while len(found) < n:
            assert time.monotonic() < deadline, f"{len(found)} of {n} {kind.__name__}"
            if not self.heard:
                self._receive()
            while self.heard and len(found) < n:
                message = self.heard.pop(0)
                found += [message] if isinstance(message, kind) else []
        return found

    def _receive(self):
        self.pump()
        if select.select([self.fd], [], [], 0.05)[0]:
            frames = self.reader.push(os.read(self.fd, 4096), time.monotonic())
            self.heard += [messages.read(frame) for frame in frames]

    def close(self):
        os.close(self.fd)


class Process:
    """A simulator started as the demonstration starts it."""

    def __init__(self, folder, *options):
        self.link, self.pid = folder / "board", folder / "board.pid"
        command = [sys.executable, "-m", "firmware_bridge.fake_board"]
        files = ["--link", self.link, "--pid", self.pid]
        self.process = subprocess.Popen([*command, *files, *options], stdin=subprocess.PIPE)
        deadline = time.monotonic() + LIMIT_S
        watch = select.poll()
        while not self.pid.exists():
            assert time.monotonic() < deadline
            assert self.process.poll() is None
            watch.poll(20)

    def order(self, text):
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(LIMIT_S)
        self.process.stdin.close()
        return code


@pytest.fixture
def start(tmp_path):
    running = []

    def start(*options):
        running.append(Process(tmp_path, *options))
        return running[-1]

    yield start
    for each in running:
        if each.process.poll() is None:
            each.end()


@pytest.fixture
def boxes():
    opened = []

    def open_box(link, *pump):
        opened.append(Box(link, *pump))
        return opened[-1]

    yield open_box
    for box in opened:
        box.close()


class Stepped:
    """A board in this process, and a box, whose clock stands still until told."""

    def __init__(self, port, lines, box):
        self.now_s = 100.0
        source = ScriptSource([LineScript(Plant(), SCRIPT)] * lines, seed=3)
        board = BoardEnd(source, boot_id=5)
        self.running = FakeBoard(board, port, clock=lambda: self.now_s)
        self.box = box(self.running.turn)

    def let_pass(self, seconds):
        self.now_s += seconds
        for _ in range(int(seconds * 100 / fake_board.TURN_BLOCKS) + 1):
            self.running.turn()


@pytest.fixture
def stepped(tmp_path, boxes):
    with PtyPort(tmp_path / "board") as port:

        def make(lines=1):
            return Stepped(port, lines, lambda pump: boxes(tmp_path / "board", pump))

        yield make


def test_a_process_says_hello_streams_and_ends_when_told(start, boxes):
    process = start("--seed", "3", "--boot-id", "9")
    box = boxes(process.link)
    box.tell(commands.Greet())
    (hello,) = box.read(Hello)
    assert (hello.boot_id, hello.lines, hello.block_ms) == (9, 8, 10)
    box.tell(commands.Start())
    blocks = box.read(Data, 100)
    assert np.diff([block.sample for block in blocks]).tolist() == [80] * 99
    assert blocks[-1].board_us - blocks[0].board_us == 990_000
    assert {block.audio.shape for block in blocks} == {(8, 80)}
    idle = np.median([block.volts for block in blocks], axis=(0, 2)) / 100
    assert idle.tolist() == pytest.approx([48, 48, 48, -24, 48, 48, 48, -24], abs=0.1)
    assert int(process.pid.read_text()) == process.process.pid
    assert process.end() == 0
    assert not os.path.lexists(process.link)
    assert not process.pid.exists()


def test_a_capture_is_streamed_as_it_is_and_the_line_stays_then(start, boxes, tmp_path):
    source = ScriptSource([LineScript(Plant(), SCRIPT)] * 2, seed=3)
    write_capture(tmp_path / "a.wav", source, seconds=1.0)
    box = boxes(start("--script", str(tmp_path / "a.wav"), "--speed", "4").link)
    box.tell(commands.Start())
    blocks = box.read(Data, 120)
    audio, volts = ScriptSource([LineScript(Plant(), SCRIPT)] * 2, seed=3).read(1000)
    assert np.array_equal(np.hstack([block.audio for block in blocks[:100]]), audio)
    assert np.array_equal(np.hstack([block.volts for block in blocks[:100]]), volts)
    assert not np.hstack([block.audio for block in blocks[100:]]).any()
    assert set(blocks[-1].volts[0]) == {volts[0, -1]}


def test_a_box_may_close_the_port_and_come_back(start, boxes):
    process = start("--lines", "1")
    box = Box(process.link)
    box.tell(commands.Start())
    last = box.read(Data, 5)[-1]
    box.close()
    box = boxes(process.link)
    box.tell(commands.Greet())
    box.read(Hello)
    box.tell(commands.Start())
    assert box.read(Data)[0].sample > last.sample


def test_the_truth_is_left_when_it_ends(start, boxes, tmp_path):
    process = start("--truth", str(tmp_path / "truth.json"), "--speed", "40")
    box = boxes(process.link)
    box.tell(commands.Start())
    while box.read(Data)[0].board_us < 24_000_000:
        pass
    assert process.end() == 0
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert truth["first_sample"] % 80 == 0
    (first,) = [call for call in truth["calls"] if call["line"] == 1]
    assert (first["direction"], first["start_s"], first["number"]) == ("in", 2.0, "0313708114")


def test_faults_are_made_to_order(start, boxes):
    process = start("--lines", "1", "--faults")
    box = boxes(process.link)
    box.tell(commands.Start())
    before = box.read(Data, 3)[-1]
    process.order("lose 100")
    while not (after := box.read(Data)[0]).adc_lost:
        before = after
    assert after.sample - before.sample == 80 + 800
    process.order("garble 200")
    while box.reader.skipped_bytes < 200:
        box.read(Data)
    process.order("restart")
    assert box.read(Hello)[0].boot_id != before.boot_id


def test_a_capture_that_is_none_is_refused_with_exit_code_2(tmp_path, capsys):
    code = fake_board.main(["--link", str(tmp_path / "b"), "--script", str(tmp_path / "no.wav")])
    assert code == 2
    assert "no.wav: No such file" in capsys.readouterr().err


def test_nine_lines_are_refused_with_exit_code_2(tmp_path, capsys):
    assert fake_board.main(["--link", str(tmp_path / "b"), "--lines", "9"]) == 2
    assert "9 lines, want 1 to 8" in capsys.readouterr().err


def test_an_order_that_is_none_is_refused(stepped):
    board = stepped().running
    for order in ("explode", "garble", "garble many", "restart 3"):
        with pytest.raises(ValueError):
            board.obey(order)


def test_it_keeps_pace_by_the_clock_and_catches_up_when_late(stepped):
    board = stepped()
    board.box.tell(commands.Start())
    board.box.read(Ack)
    for _ in range(10):
        board.let_pass(0.01)
    board.let_pass(1.5)  # the process did not run for so long
    board.let_pass(0.1)
    samples = [block.sample for block in board.box.read(Data, 170)]
    assert samples == list(range(0, 170 * 80, 80))


def test_blocks_that_a_sleeping_box_leaves_are_dropped_whole_and_counted(stepped):
    board = stepped(lines=8)
    board.box.tell(commands.Start())
    board.box.read(Ack)
    board.let_pass(4.0)  # 595 kB, for a queue of 256 kB and the kernel's 64 kB
    blocks = board.box.read(Data, 176)
    assert np.diff([block.sample for block in blocks]).tolist() == [80] * 175
    while blocks[-1].tx_drops == 0:
        board.let_pass(0.01)
        blocks += board.box.read(Data)
    one, other = blocks[-2:]
    assert other.sample - one.sample == 80 * (1 + other.tx_drops)
    assert 100 < other.tx_drops < 225
    assert board.box.reader.skipped_bytes == 0


def test_it_stops_five_seconds_after_the_box_fell_silent(stepped):
    board = stepped()
    board.box.tell(commands.Start())
    board.box.read(Ack)
    board.let_pass(4.9)
    board.let_pass(2.0)
    board.box.tell(commands.Stop())
    streamed = []
    while not isinstance(message := board.box.read(messages.Message)[0], Ack):
        streamed.append(message)
    assert 489 <= len(streamed) <= 500


def test_a_stall_of_its_own_is_not_taken_for_silence_of_the_box(stepped):
    board = stepped()
    board.box.tell(commands.Start())
    board.box.read(Ack)
    board.box.tell(commands.TimeSync(0))  # waits in the kernel
    board.let_pass(6.0)
    assert len(board.box.read(Data, 600)) == 600


def test_a_beep_and_a_self_test_are_heard_on_the_line(stepped):
    board = stepped()
    board.box.tell(commands.Start())
    board.box.tell(commands.Beep(1, 1400, 500, -140))
    board.box.read(Ack, 2)
    board.let_pass(0.5)
    audio = np.hstack([block.audio[0] for block in board.box.read(Data, 50)])
    assert np.abs(np.fft.rfft(audio)).argmax() == 700  # steps of 2 Hz
    board.box.tell(commands.SelfTest(1, 1000, 250, -100))
    board.box.read(Ack)
    board.let_pass(0.25)
    audio = np.hstack([block.audio[0] for block in board.box.read(Data, 25)])
    assert np.abs(np.fft.rfft(audio)).argmax() == 250  # steps of 4 Hz


def test_the_recorders_own_link_hears_it_and_tells_a_loss_from_a_restart(start):
    process = start("--seed", "3", "--faults")
    link = Link(str(process.link))
    items = []

    def poll_until(kind, n=1):
        found = []
        deadline = time.monotonic() + LIMIT_S
        watch = select.poll()
        while len(found) < n:
            assert time.monotonic() < deadline, f"{len(found)} of {n} {kind.__name__}"
            items.extend(link.poll())
            while items and len(found) < n:
                item = items.pop(0)
                found += [item] if isinstance(item, kind) else []
            watch.poll(5)
        return found

    (epoch,) = poll_until(Epoch)
    assert epoch.lines == 8
    samples = [block.sample for block in poll_until(Block, 100)]
    assert np.diff(samples).tolist() == [80] * 99
    process.order("lose 100")
    (gap,) = poll_until(Gap)
    assert (gap.lost, gap.reason) == (800, "adc")
    process.order("restart")
    assert poll_until(Epoch)[0].boot_id != epoch.boot_id
    poll_until(Block)
    link.close()

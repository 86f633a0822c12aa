from collections import deque

import pytest

from firmware_bridge.block import Block, Epoch, Gap
from firmware_bridge.clock import SampleClock
from firmware_bridge.commands import Beep, FwEnd, Greet, Start, Stop, TimeSync
from firmware_bridge.exchange import NoAnswer, NotConnected, Refused
from firmware_bridge.frames import encode
from firmware_bridge.messages import AckError, Log, Status
from firmware_bridge.session import BACKLOG, HELLO_EVERY_S, LOG_LINES, Backlog, Session
from tests.firmware_bridge.tiny_board import TinyBoard
from tests.firmware_bridge.wire import blocks

BEEP = Beep(1, 1400, 500, -200)


class Wire:
    """A session and a board joined, with a clock of their own."""

    def __init__(self, board=None, late_blocks=0, late_questions=0, late_answers=0):
        self.now_s = 100.0
        self.blocks = deque([b""] * late_blocks)
        self.questions = deque([b""] * late_questions)
        self.answers = deque([b""] * late_answers)
        self.clock = SampleClock()
        self.session = Session(self.clock)
        self.board = board or TinyBoard()
        self.items = []

    def run(self, seconds, every_s=0.01):
        for _ in range(round(seconds / every_s)):
            self.now_s += every_s
            self.blocks.append(self.board.block())
            self.questions.append(self.session.advance(self.now_s))
            self.answers.append(self.board.push(self.questions.popleft()))
            self.say(self.answers.popleft() + self.blocks.popleft())
        return self

    def say(self, wire):
        self.items += self.session.push(wire, self.now_s)


def test_a_board_that_answers_is_started_and_streams():
    wire = Wire()
    assert wire.session.state == "connecting"
    wire.run(1.0)
    assert wire.session.state == "streaming"
    assert wire.session.hello.lines == 2
    assert isinstance(wire.items[0], Epoch)
    assert [block.sample for block in blocks(wire.items)] == [80 * n for n in range(2, 100)]
    assert [type(command) for command, _ in wire.board.got[:3]] == [Greet, Start, TimeSync]


def test_a_silent_board_is_greeted_every_300_ms_and_never_started():
    wire = Wire()
    wire.board.silent = True
    wire.run(3.0)
    assert len(wire.board.got) == len(wire.board.commands(Greet)) == round(3.0 / HELLO_EVERY_S)
    assert wire.session.state == "connecting"
    wire.board.silent = False
    assert wire.run(0.5).session.state == "streaming"


def test_two_answers_to_two_greetings_start_it_once():
    wire = Wire()
    wire.session.advance(wire.now_s)
    wire.say(wire.board.hello() + wire.board.hello())
    wire.run(0.5)
    assert len(wire.board.commands(Start)) == 1
    done = wire.session.send(BEEP)
    wire.say(wire.board.hello())
    wire.run(0.5)
    assert len(wire.board.commands(Start)) == 1
    assert done.result(0).command == Beep.TYPE


def test_timesync_keeps_the_board_alive_every_two_seconds():
    wire = Wire().run(10.0)
    assert len(wire.board.commands(TimeSync)) == 5


def test_an_unanswered_timesync_is_not_piled_up():
    wire = Wire().run(0.5)
    wire.board._answer = lambda command, seq: b""
    wire.run(1.9)
    assert len({seq for command, seq in wire.board.got if isinstance(command, TimeSync)}) == 2


def test_a_start_that_is_refused_is_tried_again_by_a_new_greeting():
    wire = Wire()
    wire.board.refuse = {Start: AckError.FAILED}
    wire.run(3.5)
    assert wire.session.state == "connecting"
    assert len(wire.board.commands(Start)) == 4
    wire.board.refuse = {}
    assert wire.run(1.5).session.state == "streaming"


def test_a_second_without_blocks_is_lost_and_the_board_is_started_again():
    wire = Wire().run(2.0)
    wire.board.streaming = False
    wire.board.silent = True
    assert wire.run(0.9).session.state == "streaming"
    assert wire.run(0.2).session.state == "lost"
    wire.board.silent = False
    assert wire.run(1.0).session.state == "streaming"
    (gap,) = [item for item in wire.items if isinstance(item, Gap)]
    assert gap.filled
    assert wire.session.counts.restarts == 0
    audio = sum(block.audio.shape[1] for block in blocks(wire.items))
    assert audio == blocks(wire.items)[-1].sample + 80 - blocks(wire.items)[0].sample


def test_a_board_that_restarts_gets_start_again_and_is_a_new_epoch():
    wire = Wire().run(1.0)
    done = wire.session.send(BEEP)
    wire.board = TinyBoard(boot_id=7)
    wire.say(wire.board.hello())
    with pytest.raises(NotConnected, match="started again"):
        done.result(0)
    wire.run(1.0)
    assert [item.boot_id for item in wire.items if isinstance(item, Epoch)] == [0xDEADBEEF, 7]
    assert wire.session.counts.restarts == 1
    assert wire.session.state == "streaming"


def test_a_board_that_restarts_unheard_is_found_by_its_silence():
    wire = Wire().run(1.0)
    wire.clock.set_host(100.0, 1e9, "ntp")
    wire.board = TinyBoard(boot_id=7)
    wire.run(3.0)
    assert wire.clock.utc_s(16_000) == pytest.approx(1e9 + 3.0, abs=0.001)
    assert wire.session.state == "streaming"
    assert [item.boot_id for item in wire.items if isinstance(item, Epoch)] == [0xDEADBEEF, 7]


def test_another_major_version_is_not_started_and_takes_an_update_only():
    wire = Wire(TinyBoard(major=1))
    wrong = encode(1, 1, b"\x02\x00" + wire.board._hello.to_bytes()[2:])
    wire.board.hello = lambda: wrong
    wire.run(1.0)
    assert wire.session.state == "wrong_version"
    assert wire.board.commands(Start) == []
    assert len(wire.board.commands(Greet)) == 5
    with pytest.raises(NotConnected, match=r"version 2\.0"):
        wire.session.send(BEEP).result(0)
    update = wire.session.send(FwEnd())
    wire.run(0.1)
    assert update.result(0).command == FwEnd.TYPE
    wire.board = TinyBoard(boot_id=7)
    assert wire.run(1.0).session.state == "streaming"


def test_a_command_is_answered_refused_or_given_up():
    wire = Wire().run(1.0)
    done = wire.session.send(BEEP)
    assert wire.run(0.1) and done.result(0).command == Beep.TYPE
    wire.board.refuse = {Beep: AckError.NOT_SUPPORTED}
    done = wire.session.send(BEEP)
    wire.run(0.1)
    with pytest.raises(Refused, match="NOT_SUPPORTED"):
        done.result(0)
    wire.board._answer = lambda command, seq: b""
    done = wire.session.send(BEEP)
    wire.run(2.5)
    with pytest.raises(NoAnswer):
        done.result(0)
    assert wire.session.counts.retries >= 9


def test_commands_fail_at_once_while_no_board_answers():
    wire = Wire()
    with pytest.raises(NotConnected, match="no board answers"):
        wire.session.send(BEEP).result(0)


def test_commands_fail_when_the_port_goes():
    wire = Wire().run(1.0)
    done = wire.session.send(BEEP)
    wire.session.close()
    with pytest.raises(NotConnected, match="port is gone"):
        done.result(0)
    assert wire.session.state == "lost"
    assert wire.session.counts.ports_lost == 1


def test_too_many_commands_are_refused_and_the_session_goes_on():
    wire = Wire().run(1.0)
    futures = [wire.session.send(Stop()) for _ in range(BACKLOG)]
    with pytest.raises(Backlog):
        wire.session.send(BEEP)
    wire.run(5.0)
    assert all(future.done() for future in futures)


def test_what_the_board_says_is_kept_and_bounded():
    wire = Wire().run(1.0)
    status = Status(251, 5012, 0, 1, 2, 3, 4, 5)
    wire.say(wire.board.send(status))
    for n in range(3 * LOG_LINES):
        wire.say(wire.board.send(Log(f"line {n}")))
    wire.say(encode(0x70, 0, b"later") + encode(3, 0, b"short"))
    assert wire.session.status == status
    assert len(wire.session.log) == LOG_LINES
    assert wire.session.log[-1] == f"line {3 * LOG_LINES - 1}"
    assert (wire.session.counts.unknown, wire.session.counts.unreadable) == (1, 1)


def test_the_clock_is_told_when_blocks_arrive():
    wire = Wire()
    wire.clock.set_host(100.0, 1e9, "ntp")
    wire.run(30.0)
    # Block n is measured whole at 100 s + 10 ms n, and arrives then.
    assert wire.clock.utc_s(80_000) == pytest.approx(1e9 + 10.0, abs=0.001)


def test_timesync_takes_the_way_off_the_time():
    wire = Wire(late_blocks=3)
    wire.clock.set_host(100.0, 1e9, "ntp")
    wire.run(30.0)
    # Every block is 30 ms late, but TIMESYNC is answered at once.
    assert wire.clock.utc_s(80_000) == pytest.approx(1e9 + 10.0, abs=0.001)


def test_the_way_of_timesync_is_taken_as_half_the_round_trip():
    wire = Wire(late_blocks=3, late_answers=1)
    wire.clock.set_host(100.0, 1e9, "ntp")
    wire.run(30.0)
    assert wire.clock.utc_s(80_000) == pytest.approx(1e9 + 10.005, abs=0.001)


def test_a_slow_timesync_is_no_guide():
    wire = Wire(late_questions=3)
    wire.clock.set_host(100.0, 1e9, "ntp")
    wire.run(30.0)
    assert wire.board.commands(TimeSync)
    assert wire.clock.utc_s(80_000) == pytest.approx(1e9 + 10.0, abs=0.001)


def test_garbage_costs_only_the_blocks_it_hits():
    wire = Wire().run(1.0)
    good = wire.board.block()
    wire.say(good[:100] + bytes(50) + good[150:])
    wire.run(1.0)
    (gap,) = [item for item in wire.items if isinstance(item, Gap)]
    assert (gap.lost, gap.reason) == (80, "link")
    assert isinstance(wire.items[-1], Block)
    assert wire.session.counts.bad_crcs == 1
    assert wire.session.counts.stream.lost_frames == 1

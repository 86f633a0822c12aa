import numpy as np
import pytest

from firmware_bridge import commands, messages
from firmware_bridge.board_end import QUEUE_BYTES, BoardEnd
from firmware_bridge.frames import FrameReader, encode
from firmware_bridge.line_player import ScriptSource
from firmware_bridge.messages import Ack, AckError, Data, Hello, Log, Status
from firmware_bridge.script import Idle, LineScript, OffHook, Plant, Talk

GREET, START, STOP = 0x81, 0x82, 0x83
QUIET = Plant(noise_dbm0=-90, hum_dbm0=-90, volts_noise_v=0)


class Box:
    """The other end, at its simplest, on a clock of its own."""

    def __init__(self, lines=2, **more):
        self.board = BoardEnd(ScriptSource([LineScript(QUIET, ())] * lines), boot_id=77, **more)
        self.reader = FrameReader()
        self.now_s = 0.0
        self.seq = 0

    def tell(self, command, seq=None, queued_bytes=0):
        if seq is None:
            seq, self.seq = self.seq, self.seq + 1
        frame = encode(command.TYPE, seq, command.to_bytes())
        return self.read(self.board.push(frame, self.now_s, queued_bytes))

    def blocks(self, n, queued_bytes=0):
        out = []
        for _ in range(n):
            self.now_s = round(self.now_s + 0.01, 6)
            out += self.read(self.board.next_block(self.now_s, queued_bytes))
        return out

    def read(self, data):
        return [messages.read(frame) for frame in self.reader.push(data, self.now_s)]


@pytest.fixture
def box():
    return Box()


@pytest.fixture
def streaming(box):
    box.tell(commands.Start())
    return box


def test_a_greeting_is_answered_by_hello_and_its_ack(box):
    box.now_s = 1.25
    hello, ack = box.tell(commands.Greet(), seq=300)
    assert isinstance(hello, Hello)
    assert (hello.boot_id, hello.lines) == (77, 2)
    assert ack == Ack(GREET, AckError.OK, 300, 1_250_000)


def test_an_answer_is_these_bytes(box):
    # golden: magic, 12 bytes of payload, seq 0, ACK; START, OK, its seq 5, 0.5 s
    answer = box.board.push(encode(START, 5), 0.5)
    assert answer[:10].hex() == "a55a54500c0000000300"
    assert answer[12:24].hex() == "8200050020a1070000000000"


def test_nothing_is_streamed_before_start(box):
    assert box.blocks(5) == []


def test_blocks_follow_one_another_without_a_gap(streaming):
    blocks = streaming.blocks(100)
    assert [block.sample for block in blocks] == list(range(0, 8000, 80))
    assert [block.board_us for block in blocks] == list(range(10_000, 1_010_000, 10_000))
    assert {(b.boot_id, b.adc_lost, b.tx_drops, b.fault_mask) for b in blocks} == {(77, 0, 0, 0)}
    assert {(b.audio.shape, b.volts.shape) for b in blocks} == {((2, 80), (2, 10))}
    assert {b.volts[0, 0] for b in blocks} == {4800}


def test_what_is_streamed_is_what_the_lines_play():
    script = [LineScript(Plant(), (Idle(0.1), OffHook(), Talk("ko", 1)))] * 2
    board = BoardEnd(ScriptSource(script, seed=4))
    board.push(encode(START, 0), 0.0)
    reader = FrameReader()
    sent = b"".join(board.next_block(0.0) for _ in range(110))
    blocks = [messages.read(frame) for frame in reader.push(sent, 0.0)]
    audio, volts = ScriptSource(script, seed=4).read(1100)
    assert np.array_equal(np.hstack([block.audio for block in blocks]), audio)
    assert np.array_equal(np.hstack([block.volts for block in blocks]), volts)


def test_ten_milliseconds_of_eight_lines_are_1488_bytes():
    box = Box(lines=8)
    box.tell(commands.Start())
    assert len(box.board.next_block(0.01)) == 1488


def test_stop_stops_and_samples_are_counted_on(streaming):
    streaming.blocks(3)
    streaming.tell(commands.Stop())
    assert streaming.blocks(10) == []
    streaming.tell(commands.Start())
    assert streaming.blocks(1)[0].sample == 13 * 80


def test_every_frame_has_the_next_sequence_number(streaming):
    sent = streaming.board.next_block(0.01) + streaming.board.push(encode(STOP, 9), 0.02)
    assert [frame.seq for frame in FrameReader().push(sent, 0.0)] == [1, 2]


def test_a_command_sent_again_is_answered_again_and_done_once(streaming):
    beep = commands.Beep(1, 1400, 500, -140)
    first = streaming.tell(beep, seq=40)
    streaming.blocks(30)
    assert streaming.tell(beep, seq=40) == first
    audio = np.hstack([block.audio[0] for block in streaming.blocks(40)])
    assert np.abs(audio[: 20 * 80]).max() > 4000
    assert np.abs(audio[20 * 80 :]).max() < 10  # not begun anew


def test_the_last_eight_answers_are_remembered(box):
    answers = [box.tell(commands.TimeSync(0), seq=seq)[0] for seq in range(9)]
    box.now_s = 2.0
    assert box.tell(commands.TimeSync(0), seq=1) == [answers[1]]
    assert box.tell(commands.TimeSync(0), seq=0) != [answers[0]]


def test_hello_makes_it_forget_them(box):
    box.tell(commands.Start(), seq=0)
    box.tell(commands.Greet(), seq=0)
    (ack,) = box.tell(commands.Stop(), seq=1)
    assert ack.command == STOP
    box.tell(commands.Greet(), seq=0)
    (ack,) = box.tell(commands.Start(), seq=1)
    assert ack.command == START


@pytest.mark.parametrize("type, payload, error", [
    (0xA0, b"",              AckError.UNKNOWN_COMMAND),
    (0x86, b"\x01",          AckError.BAD_PAYLOAD),
    (0x84, b"\x03\x01",      AckError.BAD_PAYLOAD),  # line 3 of 2
    (0x8E, b"",              AckError.NOT_SUPPORTED),
    (0x89, bytes(8),         AckError.OK),
    (0x89, bytes(8) + b"xy", AckError.OK),           # a newer minor version's
])  # fmt: skip
def test_what_cannot_be_done_is_answered_with_its_reason(box, type, payload, error):
    (ack,) = box.read(box.board.push(encode(type, 3, payload), 0.0))
    assert (ack.command, ack.seq, ack.error) == (type, 3, error)


def test_an_announcement_without_room_is_busy_and_with_it_says_how_much(box):
    (ack,) = box.tell(commands.Play(1, 0, 0, bytes(4000)))
    assert (ack.error, ack.result) == (AckError.OK, (2000).to_bytes(2, "little"))
    box.tell(commands.Play(1, 0, 2000, bytes(4000)))
    (ack,) = box.tell(commands.Play(1, 0, 4000, bytes(2)))
    assert ack.error == AckError.BUSY


def test_a_boards_own_frames_come_back_are_left_alone(box):
    assert box.board.push(encode(0x02, 0, bytes(40)), 0.0) == b""


def test_noise_is_survived_and_counted(box):
    noise = np.random.default_rng(1).bytes(20_000)
    assert box.board.push(noise, 0.0) == b""
    spoilt = bytearray(encode(START, 0))
    spoilt[-1] ^= 1
    assert box.board.push(bytes(spoilt), 1.0) == b""
    status, _ = box.tell(commands.AskStatus())
    assert isinstance(status, Status)
    assert status.bad_frames >= 1


def test_commands_may_come_byte_by_byte(box):
    data = b"".join(box.board.push(bytes([b]), 0.0) for b in encode(GREET, 1, b"\x01\x00"))
    assert [type(message) for message in box.read(data)] == [Hello, Ack]


def test_it_streams_for_five_seconds_after_the_last_frame_from_the_box(streaming):
    assert len(streaming.blocks(600)) == 499
    streaming.tell(commands.TimeSync(0))
    assert streaming.blocks(10) == []  # only START starts it
    streaming.tell(commands.Start())
    assert len(streaming.blocks(10)) == 10


def test_any_good_frame_keeps_it_alive(streaming):
    for _ in range(5):
        assert len(streaming.blocks(400)) == 400
        streaming.tell(commands.TimeSync(0))


def test_noise_does_not_keep_it_alive(streaming):
    streaming.blocks(400)
    streaming.board.push(b"noise" * 100, streaming.now_s)
    assert len(streaming.blocks(200)) == 99


def test_a_full_queue_drops_whole_frames_and_the_next_one_says_how_many(streaming):
    (before,) = streaming.blocks(1)
    assert streaming.blocks(3, queued_bytes=QUEUE_BYTES - 100) == []
    (after,) = streaming.blocks(1, queued_bytes=QUEUE_BYTES - 2000)
    assert (after.sample - before.sample, after.tx_drops) == (4 * 80, 3)


def test_a_dropped_frame_has_no_sequence_number(streaming):
    one = streaming.board.next_block(0.01)
    streaming.board.next_block(0.02, QUEUE_BYTES)
    other = streaming.board.next_block(0.03)
    one, other = FrameReader().push(one + other, 0.0)
    assert other.seq == one.seq + 1


def test_dropped_blocks_wrap_at_65536(streaming):
    streaming.board.tx_drops = 65_537
    assert streaming.blocks(1)[0].tx_drops == 1


def test_a_restart_begins_with_hello_and_counts_from_nought(streaming):
    streaming.blocks(10)
    (hello,) = streaming.read(streaming.board.restart(streaming.now_s))
    assert hello.boot_id != 77
    assert streaming.blocks(5) == []
    streaming.tell(commands.Start())
    (block,) = streaming.blocks(1)
    assert (block.sample, block.boot_id) == (5 * 80, hello.boot_id)


def test_reboot_is_answered_first_and_obeyed_once(streaming):
    ack, hello = streaming.tell(commands.Reboot(77), seq=50)
    assert (ack.command, ack.error) == (0x8F, AckError.OK)
    assert hello.boot_id != 77
    (again,) = streaming.tell(commands.Reboot(77), seq=50)  # its ACK was lost
    assert again.error == AckError.OK
    status, _ = streaming.tell(commands.AskStatus())
    assert (status.reset_cause, status.uptime_s) == (3, 0)


def test_lost_samples_are_a_jump_with_its_reason(streaming):
    streaming.blocks(1)
    streaming.board.lose(50)
    (block,) = streaming.blocks(1)
    assert (block.sample, block.adc_lost) == (80 + 400, 400)
    (ack,) = streaming.tell(commands.TimeSync(0))
    assert ack.board_us == block.board_us  # both clocks went on


def test_clipping_is_shown_by_line(streaming):
    streaming.tell(commands.SelfTest(2, 1000, 100, 31))
    assert {block.clip_mask for block in streaming.blocks(10)} == {0}  # +3.1 dBm0 just fits
    streaming.tell(commands.Play(2, 1, 0, np.full(80, 32767, "<i2").tobytes()))
    assert [block.clip_mask for block in streaming.blocks(2)] == [0b10, 0]


def test_the_record_beep_is_heard_at_1400_hertz_on_its_line_alone(streaming):
    streaming.tell(commands.Beep(2, 1400, 500, -140))
    audio = np.hstack([block.audio for block in streaming.blocks(50)])
    spectrum = np.abs(np.fft.rfft(audio[1]))
    assert spectrum.argmax() == 700  # steps of 2 Hz
    assert np.abs(audio[0]).max() < 10
    rms = np.sqrt(np.mean(np.square(audio[1], dtype=float)))
    assert 20 * np.log10(rms * np.sqrt(2) / 32768) + 3.14 == pytest.approx(-14, abs=0.1)


def test_a_self_test_is_heard_in_the_place_of_its_line(streaming):
    streaming.tell(commands.SelfTest(1, 1000, 250, -100))
    audio = np.hstack([block.audio for block in streaming.blocks(50)])
    assert np.abs(np.fft.rfft(audio[0, :2000])).argmax() == 250  # steps of 4 Hz
    assert np.abs(audio[0, 2000:]).max() < 10


def test_a_log_line_is_a_frame(box):
    assert box.read(box.board.say("회선 3")) == [Log("회선 3")]


def test_hello_at_the_start_is_a_frame(box):
    (hello,) = box.read(box.board.hello())
    assert isinstance(hello, Hello)
    assert isinstance(box.tell(commands.Start())[0], Ack)
    assert isinstance(box.blocks(1)[0], Data)

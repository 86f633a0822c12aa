from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import commands, messages
from firmware_bridge.frames import Frame, FrameReader, encode
from firmware_bridge.layout import BadPayload
from firmware_bridge.messages import Ack, Data, Hello, Log, Status, WrongVersion

HELLO = Hello(
    major=1,
    minor=0,
    hardware_id=2,
    firmware=0x010203,
    unique_id=bytes(range(12)),
    boot_id=0xDEADBEEF,
    lines=8,
    block_ms=10,
    audio_hz=8000,
    volt_hz=1000,
    audio_nv=50_000,
    volt_uv=10_000,
    capabilities=0x7F,
)
DATA = Data(
    sample=2**40 + 80,
    board_us=5_000_000_000,
    boot_id=0xDEADBEEF,
    adc_lost=3,
    tx_drops=65535,
    clip_mask=1,
    fault_mask=2,
    audio=np.array([[-32768, -1, 0, 1, 2, 3, 4, 32767], range(8, 16)], np.int16),
    volts=np.array([[4800], [-2400]], np.int16),
)
GOLDEN = {
    "hello": HELLO,
    "data": DATA,
    "ack": Ack(command=0x87, error=0, seq=0x0102, board_us=5_000_000_001, result=b"\x40\x06"),
    "status": Status(-45, 5012, 2, 86400, 8_640_000, 7, 1, 2),
    "log": Log("line 3: 48 V 정상"),
}


def golden_frames():
    rows = (Path(__file__).parent / "golden_frames.txt").read_text().splitlines()
    pairs = [row.split() for row in rows if row and not row.startswith("#")]
    return {name: bytes.fromhex(wire) for name, wire in pairs}


def same(one, other):
    if not isinstance(one, Data):
        return one == other
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(Data)
    )


def a_block(lines=8, naud=80, **changed):
    values = {field.name: 0 for field in fields(Data)}
    values["audio"] = np.zeros((lines, naud), np.int16)
    values["volts"] = np.zeros((lines, naud // 8), np.int16)
    return Data(**(values | changed))


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_frames_are_read_and_written_to_the_byte(name):
    wire = golden_frames()[name]
    (frame,) = FrameReader().push(wire, 0.0)
    message = messages.read(frame)
    assert same(message, GOLDEN[name])
    assert encode(GOLDEN[name].TYPE, frame.seq, GOLDEN[name].to_bytes()) == wire


def test_the_golden_file_is_one_stream_whose_sequence_numbers_wrap():
    frames = FrameReader().push(b"".join(golden_frames().values()), 0.0)
    assert [frame.seq for frame in frames] == [(0xFFFE + i) & 0xFFFF for i in range(20)]


def test_a_block_of_eight_lines_is_1488_bytes_on_the_wire():
    assert len(encode(Data.TYPE, 0, a_block().to_bytes())) == 1488


def test_arrays_are_views_of_the_payload():
    payload = DATA.to_bytes()
    data = Data.from_bytes(payload)
    assert np.shares_memory(data.audio, np.frombuffer(payload, np.uint8))
    assert np.shares_memory(data.volts, np.frombuffer(payload, np.uint8))
    assert not data.audio.flags.writeable


@pytest.mark.parametrize("name", [name for name in GOLDEN if name not in ("ack", "log")])
def test_a_newer_minor_version_may_add_bytes_at_the_end(name):
    message = GOLDEN[name]
    assert same(type(message).from_bytes(message.to_bytes() + b"more"), message)


@pytest.mark.parametrize("name", [name for name in GOLDEN if name != "log"])
def test_a_payload_shorter_than_its_layout_is_refused(name):
    message = GOLDEN[name]
    with pytest.raises(BadPayload, match="bytes"):
        type(message).from_bytes(message.to_bytes()[: -1 - len(getattr(message, "result", b""))])


# offset of lines, naud and nvol in DATA
@pytest.mark.parametrize(
    "at, value, complaint",
    [
        (28, 0, "lines is 0, want 1..8"),
        (28, 9, "lines is 9, want 1..8"),
        (29, 0, "naud is 0, want 8..248"),
        (29, 255, "naud is 255"),
        (29, 79, "8 lines of 79 and 10 in 1472"),
        (29, 88, "8 lines of 88 and 10"),
        (30, 0, "nvol is 0"),
        (30, 11, "8 lines of 80 and 11"),
    ],
)
def test_a_block_that_contradicts_itself_is_refused(at, value, complaint):
    payload = bytearray(a_block().to_bytes())
    payload[at] = value
    with pytest.raises(BadPayload, match=complaint):
        Data.from_bytes(bytes(payload))


def test_a_block_of_eight_lines_of_twenty_milliseconds_is_legal():
    assert Data.from_bytes(a_block(naud=160).to_bytes()).audio.shape == (8, 160)


def test_a_block_longer_than_its_own_count_says_is_refused():
    payload = bytearray(a_block(lines=7).to_bytes())
    payload[28] = 8
    with pytest.raises(BadPayload, match="8 lines of 80"):
        Data.from_bytes(bytes(payload))


@pytest.mark.parametrize(
    "wrong, complaint",
    [
        ({"volts": np.zeros((8, 9), np.int16)}, "volts"),
        ({"volts": np.zeros((7, 10), np.int16)}, "volts"),
        ({"sample": -1}, "DATA"),
        ({"tx_drops": 65536}, "DATA"),
        (
            {"audio": np.zeros((8, 248), np.int16), "volts": np.zeros((8, 31), np.int16)},
            "4496 bytes, want at most 4080",
        ),
    ],
)
def test_a_block_that_cannot_be_sent_is_refused(wrong, complaint):
    with pytest.raises(BadPayload, match=complaint):
        a_block(**wrong).to_bytes()


@pytest.mark.parametrize(
    "at, value, complaint",
    [
        (24, b"\x00", "lines is 0"),
        (24, b"\x09", "lines is 9"),
        (25, b"\x00", "block_ms is 0"),
        (25, b"\x20", "block_ms is 32"),
        (26, b"\x80\x3e", "audio_hz is 16000, want 8000..8000"),
        (28, b"\x00\x00", "volt_hz is 0"),
        (34, b"\x00\x00", "volt_uv"),
    ],
)
def test_a_board_that_measures_otherwise_is_refused(at, value, complaint):
    payload = bytearray(HELLO.to_bytes())
    payload[at : at + len(value)] = value
    with pytest.raises(BadPayload, match=complaint):
        Hello.from_bytes(bytes(payload))


def test_another_major_version_is_named_with_what_an_update_needs():
    with pytest.raises(WrongVersion, match=r"version 2\.7 .* this box 1\.0: update") as raised:
        Hello.from_bytes(b"\x02\x07" + HELLO.to_bytes()[2:8])
    assert (raised.value.hardware_id, raised.value.firmware) == (2, 0x010203)


def test_a_newer_minor_version_is_welcome():
    assert Hello.from_bytes(b"\x01\x63" + HELLO.to_bytes()[2:]).minor == 99


def test_a_log_line_that_is_not_utf8_is_kept_as_far_as_it_goes():
    assert Log.from_bytes(b"ok \xff").text == "ok \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("type", [0x00, 0x06, 0x7F, 0x82, 0xFF])
def test_types_that_no_board_sends_are_not_known(type):
    assert messages.read(Frame(type, 0, b"")) is None


def test_fields_are_those_of_the_layout_in_order():
    arrays_and_tails = {"audio", "volts", "result", "text"}
    counts = {"lines", "naud", "nvol"}
    for kind in (Hello, Data, Ack, Status, Log):
        ours = [each.name for each in fields(kind) if each.name not in arrays_and_tails]
        named = [name for name in kind.LAYOUT.names if kind is Hello or name not in counts]
        assert ours == named


@given(st.integers(0, 255), st.binary(max_size=200))
def test_any_payload_is_refused_or_read_the_same_twice(type, payload):
    for read in (messages.read, commands.read):
        try:
            message = read(Frame(type, 0, payload))
        except (BadPayload, WrongVersion):
            continue
        if message is not None:
            assert same(read(Frame(type, 0, message.to_bytes())), message)

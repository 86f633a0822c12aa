from pathlib import Path

import pytest

from firmware_bridge import commands
from firmware_bridge.commands import (
    AskStatus,
    Beep,
    Calibrate,
    FwBegin,
    FwData,
    FwEnd,
    Gain,
    Greet,
    Led,
    Play,
    Reboot,
    SelfTest,
    Start,
    Stop,
    TimeSync,
)
from firmware_bridge.frames import Frame, FrameReader, encode
from firmware_bridge.layout import BadPayload

GOLDEN = {
    "c_hello": Greet(),
    "c_start": Start(),
    "c_stop": Stop(),
    "c_gain": Gain(line=3, gain=8),
    "c_led": Led(lamp=1, on_ms=200, off_ms=800),
    "c_beep": Beep(line=8, freq_hz=1400, duration_ms=500, level_ddbm0=-200),
    "c_play": Play(line=2, last=1, offset=16000, audio=bytes.fromhex("0100 FFFF 0001")),
    "c_selftest": SelfTest(line=1, freq_hz=1000, duration_ms=250, level_ddbm0=-100),
    "c_timesync": TimeSync(box_us=123_456_789_012),
    "c_status": AskStatus(),
    "c_calibrate": Calibrate(line=4, applied_mv=-48_000),
    "c_fw_begin": FwBegin(b"KRFW", 2, 0x010204, 1024, 0x12345678, bytes(range(64))),
    "c_fw_data": FwData(offset=512, data=bytes.fromhex("DEADBEEF")),
    "c_fw_end": FwEnd(),
    "c_reboot": Reboot(boot_id=0xDEADBEEF),
}


def golden_frames():
    rows = (Path(__file__).parent / "golden_frames.txt").read_text().splitlines()
    pairs = [row.split() for row in rows if row.startswith("c_")]
    return {name: bytes.fromhex(wire) for name, wire in pairs}


def test_the_golden_file_has_every_command():
    assert list(golden_frames()) == list(GOLDEN)
    assert {command.TYPE for command in GOLDEN.values()} == set(range(0x81, 0x90))


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_frames_are_read_and_written_to_the_byte(name):
    wire = golden_frames()[name]
    (frame,) = FrameReader().push(wire, 0.0)
    assert commands.read(frame) == GOLDEN[name]
    assert encode(GOLDEN[name].TYPE, frame.seq, GOLDEN[name].to_bytes()) == wire


@pytest.mark.parametrize("name", GOLDEN)
def test_a_newer_minor_version_may_add_bytes_at_the_end(name):
    command = GOLDEN[name]
    assert type(command).from_bytes(command.to_bytes() + b"more") == command


@pytest.mark.parametrize("name", [name for name in GOLDEN if GOLDEN[name].to_bytes()])
def test_a_payload_shorter_than_it_says_is_refused(name):
    command = GOLDEN[name]
    with pytest.raises(BadPayload, match="bytes"):
        type(command).from_bytes(command.to_bytes()[:-1])


@pytest.mark.parametrize(
    "command, complaint",
    [
        (Gain(0, 1), "GAIN: line is 0, want 1..8"),
        (Gain(9, 1), "line is 9"),
        (Gain(1, 0), "gain is 0"),
        (Beep(1, 0, 500, -200), "freq_hz is 0, want 1..3999"),
        (Beep(1, 4000, 500, -200), "freq_hz is 4000"),
        (Beep(1, 1400, 70_000, -200), "BEEP"),
        (Beep(1, 1400, 500, 32), "level_ddbm0 is 32"),
        (SelfTest(1, 1000, 10_001, -100), "duration_ms is 10001"),
        (Play(1, 2, 0, b""), "last is 2"),
        (Play(1, 0, 0, b"\0"), "odd"),
        (Play(1, 0, 0, bytes(4002)), "samples is 2001"),
        (FwData(0, b""), "size is 0, want 1..512"),
        (FwData(0, bytes(513)), "size is 513"),
        (Calibrate(1, 300_001), "applied_mv"),
    ],
)
def test_a_value_out_of_range_is_refused_before_it_is_sent(command, complaint):
    with pytest.raises(BadPayload, match=complaint):
        command.to_bytes()


def test_a_value_out_of_range_is_refused_by_the_board():
    with pytest.raises(BadPayload, match="GAIN: line is 0"):
        commands.read(Frame(Gain.TYPE, 0, b"\x00\x01"))


@pytest.mark.parametrize("type", [0x00, 0x01, 0x80, 0x90, 0xFF])
def test_types_that_no_box_sends_are_not_known(type):
    assert commands.read(Frame(type, 0, b"")) is None

"""What the board says to the box: one table and one frozen dataclass for each type.

Extra bytes at a payload's end are ignored: minor versions grow payloads there. The first eight
bytes of HELLO stay as they are in every major version, so that a board of another one can be named
and updated.

Board to box is 01..7F; box to board is 81..FF, in commands.py. Lines count from 1.

Source: the project's wire protocol.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar, Final, Self

import numpy as np

from firmware_bridge.block import Samples
from firmware_bridge.frames import MAX_PAYLOAD, Frame
from firmware_bridge.layout import BadPayload, Layout, Message

MAJOR: Final = 1
MINOR: Final = 0
#: Audio samples to each reading of the line voltage.
AUDIO_PER_VOLT: Final = 8

_I2: Final = np.dtype("<i2")


class Capability(IntFlag):
    """Bits of HELLO's capabilities: the commands this board can carry out."""

    GAIN = 1
    LED = 2
    BEEP = 4
    PLAY = 8
    SELFTEST = 16
    CALIBRATE = 32
    FIRMWARE = 64


class AckError(IntEnum):
    """ACK's error."""

    OK = 0
    UNKNOWN_COMMAND = 1
    BAD_PAYLOAD = 2
    NOT_SUPPORTED = 3
    BUSY = 4  # no room, or a longer act is going on: ask again
    STREAMING = 5  # firmware is taken only while stopped
    CHECK_FAILED = 6  # firmware's size, CRC, signature or hardware id
    FAILED = 7


class WrongVersion(Exception):
    """The board speaks another major version: it may be updated, nothing else.

    Attributes:
        hardware_id, firmware: from its HELLO, to choose the update by.
    """

    def __init__(self, major: int, minor: int, hardware_id: int, firmware: int) -> None:
        super().__init__(
            f"the board (hardware {hardware_id}, firmware {firmware:#x}) speaks version "
            f"{major}.{minor} of the wire protocol, this box {MAJOR}.{MINOR}: update the firmware"
        )
        self.hardware_id = hardware_id
        self.firmware = firmware


@dataclass(frozen=True, slots=True)
class Hello(Message):
    """The board introduces itself: after its start, and when asked.

    Attributes:
        unique_id: 12 bytes, the chip's own.
        boot_id: drawn anew at each start of the board.
        block_ms: stretch of time in one DATA.
        audio_nv: nanovolts in one step of audio, referred to the line.
        volt_uv: microvolts in one step of line voltage.
    """

    TYPE: ClassVar[int] = 0x01
    LAYOUT = Layout(
        "HELLO",
        """
        B    major         1
        B    minor
        H    hardware_id
        I    firmware
        12s  unique_id
        I    boot_id
        B    lines         1..8
        B    block_ms      1..31
        H    audio_hz      8000
        H    volt_hz       1000
        I    audio_nv
        I    volt_uv       10000
        I    capabilities
        """,
    )
    #: The same in every major version.
    ALWAYS: ClassVar[Layout] = Layout("HELLO", "B major\nB minor\nH hardware_id\nI firmware")

    major: int
    minor: int
    hardware_id: int
    firmware: int
    unique_id: bytes
    boot_id: int
    lines: int
    block_ms: int
    audio_hz: int
    volt_hz: int
    audio_nv: int
    volt_uv: int
    capabilities: int

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        """Read a payload.

        Raises:
            WrongVersion: the major version is not ours.
            BadPayload: too short, or a value out of its range.
        """
        major, minor, hardware_id, firmware = cls.ALWAYS.unpack(payload)
        if major != MAJOR:
            raise WrongVersion(major, minor, hardware_id, firmware)
        return cls(*cls.LAYOUT.unpack(payload))


@dataclass(frozen=True, slots=True, eq=False)
class Data(Message):
    """One block of every line.

    Attributes:
        sample: index of the first audio sample since the board's start.
        board_us: the board's clock when the block's last sample was taken.
        adc_lost: audio samples the converter lost since the start; `sample` counts them.
        tx_drops: whole frames the board dropped since the start, for want of room to send; wraps.
        clip_mask, fault_mask: bit n is line n + 1.
        audio: int16[lines, naud], a read-only view of the payload.
        volts: int16[lines, naud / 8], the same.
    """

    TYPE: ClassVar[int] = 0x02
    LAYOUT = Layout(
        "DATA",
        """
        Q   sample
        Q   board_us
        I   boot_id
        I   adc_lost
        H   tx_drops
        B   clip_mask
        B   fault_mask
        B   lines       1..8
        B   naud        8..248
        B   nvol        1..31
        x   -
        """,
    )

    sample: int
    board_us: int
    boot_id: int
    adc_lost: int
    tx_drops: int
    clip_mask: int
    fault_mask: int
    audio: Samples
    volts: Samples

    def to_bytes(self) -> bytes:
        lines, naud = self.audio.shape
        if self.volts.shape != (lines, naud / AUDIO_PER_VOLT):
            raise BadPayload(f"DATA: audio {self.audio.shape} with volts {self.volts.shape}")
        head = self.LAYOUT.pack(
            self.sample,
            self.board_us,
            self.boot_id,
            self.adc_lost,
            self.tx_drops,
            self.clip_mask,
            self.fault_mask,
            lines,
            naud,
            naud // AUDIO_PER_VOLT,
        )
        payload = head + self.audio.astype(_I2).tobytes() + self.volts.astype(_I2).tobytes()
        if len(payload) > MAX_PAYLOAD:
            raise BadPayload(f"DATA: {len(payload)} bytes, want at most {MAX_PAYLOAD}")
        return payload

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        head = cls.LAYOUT.unpack(payload)
        lines, naud, nvol = head[-3:]
        volts_at = cls.LAYOUT.size + _I2.itemsize * lines * naud
        end = volts_at + _I2.itemsize * lines * nvol
        if naud != AUDIO_PER_VOLT * nvol or len(payload) < end:
            raise BadPayload(f"DATA: {lines} lines of {naud} and {nvol} in {len(payload)} bytes")
        audio = np.frombuffer(payload, _I2, lines * naud, cls.LAYOUT.size).reshape(lines, naud)
        volts = np.frombuffer(payload, _I2, lines * nvol, volts_at).reshape(lines, nvol)
        return cls(*(*head[:-3], audio, volts))


@dataclass(frozen=True, slots=True)
class Ack(Message):
    """The answer to a command.

    Attributes:
        command, seq: of the command's frame.
        error: an AckError; other values are failures too.
        board_us: the board's clock as the answer was made.
        result: PLAY: u16, samples it has room for now. Others: nothing.
    """

    TYPE: ClassVar[int] = 0x03
    LAYOUT = Layout("ACK", "B command\nB error\nH seq\nQ board_us")

    command: int
    error: int
    seq: int
    board_us: int
    result: bytes = b""

    def to_bytes(self) -> bytes:
        head = self.LAYOUT.pack(self.command, self.error, self.seq, self.board_us)
        return head + self.result

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        return cls(*(*cls.LAYOUT.unpack(payload), payload[cls.LAYOUT.size :]))


@dataclass(frozen=True, slots=True)
class Status(Message):
    """How the board is.

    Attributes:
        temperature_dc: tenths of a degree Celsius.
        reset_cause: of its start: 0 power, 1 pin, 2 watchdog, 3 REBOOT, 4 brown-out, 5 fault.
        frames_sent, tx_drops, bad_frames: since the start; bad_frames are received ones.
        adc_errors: words from the converter with a bad CRC.
    """

    TYPE: ClassVar[int] = 0x04
    LAYOUT = Layout(
        "STATUS",
        """
        h   temperature_dc
        H   supply_mv
        B   reset_cause
        x   -
        I   uptime_s
        I   frames_sent
        I   tx_drops
        I   bad_frames
        I   adc_errors
        """,
    )

    temperature_dc: int
    supply_mv: int
    reset_cause: int
    uptime_s: int
    frames_sent: int
    tx_drops: int
    bad_frames: int
    adc_errors: int


@dataclass(frozen=True, slots=True)
class Log(Message):
    """A line for the box's log; bytes that are not UTF-8 are replaced."""

    TYPE: ClassVar[int] = 0x05
    LAYOUT = Layout("LOG")

    text: str

    def to_bytes(self) -> bytes:
        return self.text.encode()[:MAX_PAYLOAD]

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        return cls(payload.decode(errors="replace"))


_BY_TYPE: Final[dict[int, type[Message]]] = {
    each.TYPE: each for each in (Hello, Data, Ack, Status, Log)
}


def read(frame: Frame) -> Message | None:
    """Return what a frame from the board carries; None if its type is not known here.

    Raises:
        BadPayload: its type is known, but the payload is not one of it.
        WrongVersion: it is the HELLO of another major version.
    """
    known = _BY_TYPE.get(frame.type)
    return known.from_bytes(frame.payload) if known else None

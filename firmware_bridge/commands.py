"""What the box tells the board to do: one table and one frozen dataclass for each type, from 81 up.

* The board answers every command with an ACK that names its type and seq. HELLO and STATUS are
  answered by the message of that name first, then by the ACK.
* The box sends a command again after 200 ms, with the same seq. The board remembers its last 8
  ACKs and answers a seq it has seen from there, without doing the thing twice. HELLO makes it
  forget them: it may come from a new process, which counts from 0.
* START and STOP when it is so already, and FW_DATA at an offset already written, are done: error 0.
* Without any frame from the box for 5 s the board stops streaming.

Extra bytes at a payload's end are ignored. Lines count from 1; "ddbm0" is tenths of a dBm0.

Source: the project's wire protocol, which names the commands; the numbers and layouts are set here.
"""

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from firmware_bridge.frames import Frame
from firmware_bridge.layout import BadPayload, Layout, Message
from firmware_bridge.messages import MAJOR, MINOR

_SAMPLE_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Command(Message):
    """A message to the board."""


@dataclass(frozen=True, slots=True)
class Greet(Command):
    """HELLO: who is there? Sent every 0.3 s until answered."""

    TYPE: ClassVar[int] = 0x81
    LAYOUT = Layout("HELLO command", "B major\nB minor")

    major: int = MAJOR
    minor: int = MINOR


@dataclass(frozen=True, slots=True)
class Start(Command):
    """Stream DATA from the next block on."""

    TYPE: ClassVar[int] = 0x82
    LAYOUT = Layout("START")


@dataclass(frozen=True, slots=True)
class Stop(Command):
    """Stream no more; samples are counted on."""

    TYPE: ClassVar[int] = 0x83
    LAYOUT = Layout("STOP")


@dataclass(frozen=True, slots=True)
class Gain(Command):
    """Set a line's amplifier; the board scales back, so that a step stays as HELLO says.

    Attributes:
        gain: 1, 2, 4 .. 128.
    """

    TYPE: ClassVar[int] = 0x84
    LAYOUT = Layout("GAIN", "B line 1..8\nB gain 1..128")

    line: int
    gain: int


@dataclass(frozen=True, slots=True)
class Led(Command):
    """Light a lamp on the board; off_ms 0 is steady, on_ms 0 is dark."""

    TYPE: ClassVar[int] = 0x85
    LAYOUT = Layout("LED", "B lamp\nx -\nH on_ms\nH off_ms")

    lamp: int
    on_ms: int
    off_ms: int


@dataclass(frozen=True, slots=True)
class Beep(Command):
    """Sound a tone on a line (the recording beep).

    Attributes:
        level_ddbm0: 0.1 dBm0.
    """

    TYPE: ClassVar[int] = 0x86
    LAYOUT = Layout(
        "BEEP",
        """
        B   line          1..8
        x   -
        H   freq_hz       1..3999
        H   duration_ms
        h   level_ddbm0   -960..31
        """,
    )

    line: int
    freq_hz: int
    duration_ms: int
    level_ddbm0: int


@dataclass(frozen=True, slots=True)
class Play(Command):
    """A piece of an announcement on a line.

    The piece at offset 0 begins it, replacing one still being played. ACK says how many more
    samples fit; a piece that does not is refused whole with BUSY. At most 4 are unanswered.

    Attributes:
        last: 1 on the last piece, else 0.
        offset: of the piece in the announcement, in samples.
        audio: int16 little-endian, 8 000 Hz, 2 bytes a sample.
    """

    TYPE: ClassVar[int] = 0x87
    LAYOUT = Layout("PLAY", "B line 1..8\nB last 0..1\nH samples 0..2000\nI offset")

    line: int
    last: int
    offset: int
    audio: bytes

    def to_bytes(self) -> bytes:
        if len(self.audio) % _SAMPLE_BYTES:
            raise BadPayload(f"PLAY: {len(self.audio)} bytes of audio is an odd number")
        samples = len(self.audio) // _SAMPLE_BYTES
        return self.LAYOUT.pack(self.line, self.last, samples, self.offset) + self.audio

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        line, last, samples, offset = cls.LAYOUT.unpack(payload)
        return cls(line, last, offset, _tail(cls.LAYOUT, payload, _SAMPLE_BYTES * samples))


@dataclass(frozen=True, slots=True)
class SelfTest(Command):
    """Put a tone at a line's converter input, in place of the line.

    The board ends it by itself, within 1 ms, when the line's voltage moves: whoever lifts the phone
    or rings is heard from the start. A duration of 0 ends it too.
    """

    TYPE: ClassVar[int] = 0x88
    LAYOUT = Layout(
        "SELFTEST",
        """
        B   line          1..8
        x   -
        H   freq_hz       1..3999
        H   duration_ms   0..10000
        h   level_ddbm0   -960..31
        """,
    )

    line: int
    freq_hz: int
    duration_ms: int
    level_ddbm0: int


@dataclass(frozen=True, slots=True)
class TimeSync(Command):
    """What does your clock say? Sent every 2 s, and keeps the stream alive.

    Attributes:
        box_us: the box's monotonic clock as it was sent; for the board's log.
    """

    TYPE: ClassVar[int] = 0x89
    LAYOUT = Layout("TIMESYNC", "Q box_us")

    box_us: int


@dataclass(frozen=True, slots=True)
class AskStatus(Command):
    """STATUS: how are you?"""

    TYPE: ClassVar[int] = 0x8A
    LAYOUT = Layout("STATUS command")


@dataclass(frozen=True, slots=True)
class Calibrate(Command):
    """This voltage is on the line now: correct by it (done at 0 V and at 48 V) and remember.

    Attributes:
        applied_mv: tip minus ring.
    """

    TYPE: ClassVar[int] = 0x8B
    LAYOUT = Layout("CALIBRATE", "B line 1..8\nx -\nx -\nx -\ni applied_mv -300000..300000")

    line: int
    applied_mv: int


@dataclass(frozen=True, slots=True)
class FwBegin(Command):
    """Erase the other slot for this image.

    Attributes:
        magic: b"KRFW".
        crc32: of the whole image (IEEE 802.3).
        signature: Ed25519, over the 20 bytes of this payload before it and the image behind them.
    """

    TYPE: ClassVar[int] = 0x8C
    LAYOUT = Layout(
        "FW_BEGIN",
        """
        4s   magic
        H    hardware_id
        x    -
        x    -
        I    version
        I    size
        I    crc32
        64s  signature
        """,
    )

    magic: bytes
    hardware_id: int
    version: int
    size: int
    crc32: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class FwData(Command):
    """A piece of the image: 512 bytes, the last one less. At most 4 unanswered."""

    TYPE: ClassVar[int] = 0x8D
    LAYOUT = Layout("FW_DATA", "I offset\nH size 1..512")

    offset: int
    data: bytes

    def to_bytes(self) -> bytes:
        return self.LAYOUT.pack(self.offset, len(self.data)) + self.data

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        offset, size = cls.LAYOUT.unpack(payload)
        return cls(offset, _tail(cls.LAYOUT, payload, size))


@dataclass(frozen=True, slots=True)
class FwEnd(Command):
    """Check the image; if it is good, start from it at the next REBOOT."""

    TYPE: ClassVar[int] = 0x8E
    LAYOUT = Layout("FW_END")


@dataclass(frozen=True, slots=True)
class Reboot(Command):
    """Start again.

    Attributes:
        boot_id: the start to end; another one is left alone (error 0), so that a command sent twice
            because its ACK was lost does not restart the board twice.
    """

    TYPE: ClassVar[int] = 0x8F
    LAYOUT = Layout("REBOOT", "I boot_id")

    boot_id: int


def _tail(layout: Layout, payload: bytes, size: int) -> bytes:
    tail = payload[layout.size : layout.size + size]
    if len(tail) < size:
        raise BadPayload(f"{layout.name}: {len(tail)} bytes behind the structure, want {size}")
    return tail


_BY_TYPE: Final[dict[int, type[Command]]] = {
    each.TYPE: each
    for each in (
        Greet, Start, Stop, Gain, Led, Beep, Play, SelfTest, TimeSync, AskStatus, Calibrate,
        FwBegin, FwData, FwEnd, Reboot,
    )
}  # fmt: skip


def read(frame: Frame) -> Command | None:
    """Return the command a frame carries, as the board reads it; None if its type is not known.

    Raises:
        BadPayload: its type is known, but the payload is not one of it.
    """
    known = _BY_TYPE.get(frame.type)
    return known.from_bytes(frame.payload) if known else None

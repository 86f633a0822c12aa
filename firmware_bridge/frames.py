"""Frames between the box and the tap board, the same on every transport.

Little-endian:

    0      4    magic   A5 5A 54 50
    4      2    len     payload bytes, 0..4080
    6      2    seq     of this direction, wraps at 65536
    8      1    type
    9      1    flags   0 when sent, ignored when read
    10     2    hcrc    CRC-16/CCITT-FALSE of bytes 0..9
    12     len  payload
    12+len 4    crc     CRC-32 (IEEE 802.3) of bytes 0..11+len

The reader runs at C speed: it looks for the magic with bytes.find and leaves the sums to binascii
and zlib. A loop over bytes costs 40 times as much. No port and no clock: bytes and the time in,
frames out.

Source: the project's wire protocol; golden frames are in tests/firmware_bridge/golden_frames.txt.
"""

import struct
from binascii import crc_hqx
from dataclasses import dataclass
from typing import Final
from zlib import crc32

MAGIC: Final = b"\xa5\x5a\x54\x50"
MAX_PAYLOAD: Final = 4080
#: Half a frame, then nothing for so long, is never whole: the longest takes 14 ms at 3 Mbaud.
SILENCE_S: Final = 0.1

_HEAD = struct.Struct("<4sHHBB")
_HCRC = struct.Struct("<H")
_CRC = struct.Struct("<I")
_START_BYTES: Final = _HEAD.size + _HCRC.size
#: No frame is shorter. Checked before any sum is: the CRC-32 of no bytes at all is 0.
MIN_FRAME_BYTES: Final = _START_BYTES + _CRC.size
MAX_FRAME_BYTES: Final = MIN_FRAME_BYTES + MAX_PAYLOAD


@dataclass(frozen=True, slots=True)
class Frame:
    """What came between a good header and a good CRC."""

    type: int
    seq: int
    payload: bytes = b""


def encode(type: int, seq: int, payload: bytes = b"") -> bytes:
    """Return the frame as sent.

    Args:
        seq: only its low 16 bits are sent.

    Raises:
        ValueError: the payload is too long, or type is not 0..255.
    """
    if len(payload) > MAX_PAYLOAD or not 0 <= type <= 0xFF:
        raise ValueError(
            f"type {type} with {len(payload)} bytes, want 0..255 with 0..{MAX_PAYLOAD}"
        )
    head = _HEAD.pack(MAGIC, len(payload), seq & 0xFFFF, type, 0)
    body = head + _HCRC.pack(crc_hqx(head, 0xFFFF)) + payload
    return body + _CRC.pack(crc32(body))


class FrameReader:
    """Takes the stream in any pieces. Noise is counted, never raised.

    Never keeps more than one unfinished frame (MAX_FRAME_BYTES).

    Attributes:
        bad_headers: magics followed by a bad header CRC or length.
        bad_crcs: good headers whose frame had a bad CRC.
        cut: frames that stopped half-way.
        skipped_bytes: bytes that were part of no frame.
    """

    def __init__(self) -> None:
        self.bad_headers = 0
        self.bad_crcs = 0
        self.cut = 0
        self.skipped_bytes = 0
        self._pending = b""
        self._heard_s = 0.0

    def push(self, data: bytes, now_s: float) -> list[Frame]:
        """Add received bytes, or none, and take out every whole frame.

        Args:
            now_s: when they were read, on any clock that does not go back. A read that found
                nothing should be pushed too: it is how silence is seen.
        """
        frames: list[Frame] = []
        if self._pending and self._was_silent(data, now_s):
            frames = self._scan(self._pending, ended=True)
        if data:
            self._heard_s = now_s
            frames += self._scan(self._pending + data, ended=False)
        return frames

    def _was_silent(self, data: bytes, now_s: float) -> bool:
        """Tell silence on the wire from a reader that was late.

        After a stall of ours the rest of the frame waits in the kernel: only a read that found
        nothing, or a new frame's magic, shows that no more was coming.
        """
        return now_s - self._heard_s >= SILENCE_S and (not data or data.startswith(MAGIC))

    def _scan(self, buffer: bytes, *, ended: bool) -> list[Frame]:
        """Take the frames out of buffer; keep what may become one, unless nothing will follow."""
        frames: list[Frame] = []
        at = 0
        while (start := buffer.find(MAGIC, at)) >= 0:
            self.skipped_bytes += start - at
            at = start
            end = self._end_of_frame(buffer, at)
            if end > len(buffer) and not ended:
                self._pending = buffer[at:]
                return frames
            if at < end <= len(buffer) and self._crc_is_good(buffer[at:end]):
                frames.append(_frame(buffer, at, end))
                at = end
            else:
                self.cut += end > len(buffer)
                self.skipped_bytes += 1
                at += 1
        # The last bytes may be the beginning of a magic.
        keep = len(buffer) if ended else max(at, len(buffer) - len(MAGIC) + 1)
        self.skipped_bytes += keep - at
        self._pending = buffer[keep:]
        return frames

    def _end_of_frame(self, buffer: bytes, at: int) -> int:
        """Return where the frame at a magic ends, perhaps behind the buffer; 0 if it is none."""
        if at + _START_BYTES > len(buffer):
            return at + MIN_FRAME_BYTES
        _, length, _, _, _ = _HEAD.unpack_from(buffer, at)
        (hcrc,) = _HCRC.unpack_from(buffer, at + _HEAD.size)
        if length > MAX_PAYLOAD or crc_hqx(buffer[at : at + _HEAD.size], 0xFFFF) != hcrc:
            self.bad_headers += 1
            return 0
        return at + MIN_FRAME_BYTES + int(length)

    def _crc_is_good(self, whole: bytes) -> bool:
        (crc,) = _CRC.unpack_from(whole, len(whole) - _CRC.size)
        good = crc32(whole[: -_CRC.size]) == int(crc)
        self.bad_crcs += not good
        return good


def _frame(buffer: bytes, at: int, end: int) -> Frame:
    _, _, seq, type_, _ = _HEAD.unpack_from(buffer, at)
    return Frame(type_, seq, buffer[at + _START_BYTES : end - _CRC.size])

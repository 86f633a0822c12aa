"""Takes the Opus packets out of an Ogg file: one that `ogg.write` made, or any of one stream.

Whether nothing else is in the file is told by writing it anew: the same packets, labels and length
give the same bytes.

Source: RFC 3533 (Ogg), RFC 7845 (Opus in Ogg).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.ogg import PRE_SKIP, crc

_PAGE = struct.Struct("<4sBBQIIIB")
_CRC_OFFSET, _CRC_BYTES = 22, 4


class BadOgg(ValueError):
    """The file is no Ogg file of one Opus stream."""


@dataclass(frozen=True)
class Stream:
    """Attributes: position, where the sound ends, in samples of 48 kHz, the pre-skip included."""

    packets: list[bytes]
    serial: int
    position: int

    @property
    def samples(self) -> int:
        """How long it sounds, at 8 kHz."""
        return max(0, self.position - PRE_SKIP) // 6


def read(data: bytes) -> Stream:
    """Return what is in a file.

    Raises:
        BadOgg: see there.
    """
    packets: list[bytes] = []
    position, serial, open_packet = 0, 0, b""
    for page in _pages(data):
        position, serial, laces, body = page
        at = 0
        for lace in laces:
            open_packet += body[at : at + lace]
            at += lace
            if lace < 255:
                packets.append(open_packet)
                open_packet = b""
    if open_packet or len(packets) < 3 or not packets[0].startswith(b"OpusHead"):
        raise BadOgg("no Opus stream, or cut off")
    return Stream(packets[2:], serial, position)


def _pages(data: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Yield each page's position, serial number, laces and body."""
    at = 0
    while at < len(data):
        head = data[at : at + _PAGE.size]
        if len(head) < _PAGE.size or head[:5] != b"OggS\0":
            raise BadOgg(f"no page at byte {at}")
        _, _, _, position, serial, _, known, count = _PAGE.unpack(head)
        laces = data[at + _PAGE.size : at + _PAGE.size + count]
        end = at + _PAGE.size + count + sum(laces)
        page = data[at:end]
        blank = page[:_CRC_OFFSET] + bytes(_CRC_BYTES) + page[_CRC_OFFSET + _CRC_BYTES :]
        if len(laces) < count or end > len(data) or crc(blank) != known:
            raise BadOgg(f"the page at byte {at} is damaged")
        yield position, serial, laces, data[at + _PAGE.size + count : end]
        at = end

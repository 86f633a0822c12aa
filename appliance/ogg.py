"""Opus packets as an Ogg file, put around them on the way out; the packets are as recorded.

A page a second, so that a player can seek and a cut file loses a second. Positions count samples of
48 kHz, whatever the rate of the sound; the last one trims what the encoder padded. The same packets
and labels give the same bytes, so a Range request can be answered from a second making.

Source: RFC 3533 (Ogg), RFC 7845 (Opus in Ogg), RFC 6716 section 3.1 (a packet's length in time).
"""

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dsp.opus import LOOKAHEAD
from dsp.units import AUDIO_HZ

POSITION_HZ = 48000
PRE_SKIP = LOOKAHEAD * POSITION_HZ // AUDIO_HZ
VENDOR = "kirok"

_PAGE = struct.Struct("<4sBBQIII")
_CRC_OFFSET = 22
_MAX_LACES = 255
_BEGIN, _END = 2, 4
_REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
# fmt: off
#: Length of a frame by the packet's configuration, in samples of 48 kHz (RFC 6716, table 2).
_FRAME = (
    *(480, 960, 1920, 2880) * 3,   # SILK    10 20 40 60 ms
    *(480, 960) * 2,               # hybrid  10 20 ms
    *(120, 240, 480, 960) * 4,     # CELT    2.5 5 10 20 ms
)
# fmt: on
#: No packet is longer than 120 ms (RFC 6716, section 3.2.5, R5).
_MAX_PACKET = 5760


@dataclass(frozen=True, slots=True)
class Labels:
    """What a file says of itself.

    Attributes:
        serial: of the stream, 32 bits; made from the call's id, so that it is always the same.
        rate_hz: of the sound before it was encoded.
        pre_skip: what a player drops from the start, in samples of 48 kHz.
        tags: comments, such as {"TITLE": "..."}.
    """

    serial: int
    rate_hz: int = 8000
    pre_skip: int = PRE_SKIP
    tags: Mapping[str, str] = field(default_factory=dict)


def write(packets: Sequence[bytes], labels: Labels, samples: int | None = None) -> bytes:
    """Return an Ogg Opus file of one channel; for the arguments see pages()."""
    return b"".join(pages(packets, labels, samples))


def pages(packets: Sequence[bytes], labels: Labels, samples: int | None = None) -> Iterator[bytes]:
    """Yield the file's pages, one by one.

    Args:
        samples: length of the sound at the labels' rate, to trim the end to; None for all there is.

    Raises:
        ValueError: there are no packets, one is no Opus packet, or the tags fill over a page.
    """
    if not packets:
        raise ValueError("a file without packets")
    lengths = [packet_length(packet) for packet in packets]
    end = sum(lengths)
    if samples is not None:
        end = min(end, labels.pre_skip + samples * POSITION_HZ // labels.rate_hz)
    yield _page([_head(labels)], _BEGIN, 0, (labels.serial, 0))
    yield _page([_tags(labels)], 0, 0, (labels.serial, 1))
    position, at = 0, 0
    for number, count in enumerate(_seconds(packets, lengths), 2):
        position += sum(lengths[at : at + count])
        group = packets[at : at + count]
        at += count
        last = at == len(packets)
        yield _page(group, _END * last, end if last else position, (labels.serial, number))


def packet_length(packet: bytes) -> int:
    """Return how long a packet sounds, in samples of 48 kHz.

    Raises:
        ValueError: it is no Opus packet.
    """
    if not packet:
        raise ValueError("an empty packet")
    frames = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[packet[0] & 3]
    length = frames * _FRAME[packet[0] >> 3]
    if not 0 < length <= _MAX_PACKET:
        raise ValueError(f"an Opus packet of {length} samples, want 1 to {_MAX_PACKET}")
    return length


def crc(page: bytes) -> int:
    """Return Ogg's CRC-32: polynomial 04C11DB7, most significant bit first, from 0, not inverted.

    zlib's is the same polynomial from the other end, inverted before and after: turn the bits of
    each byte, undo both, turn the result. C speed, no table of our own.
    """
    turned = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_REVERSED), "big")


def _seconds(packets: Sequence[bytes], lengths: Sequence[int]) -> Iterator[int]:
    """Yield how many packets go on each page."""
    count, sound, laces = 0, 0, 0
    for packet, length in zip(packets, lengths, strict=True):
        more = len(packet) // 255 + 1
        if count and (sound + length > POSITION_HZ or laces + more > _MAX_LACES):
            yield count
            count, sound, laces = 0, 0, 0
        count, sound, laces = count + 1, sound + length, laces + more
    yield count


def _head(labels: Labels) -> bytes:
    # Version 1, one channel, no gain, mapping family 0.
    return struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, labels.pre_skip, labels.rate_hz, 0, 0)


def _tags(labels: Labels) -> bytes:
    comments = [f"{name}={value}".encode() for name, value in labels.tags.items()]
    texts = b"".join(struct.pack("<I", len(text)) + text for text in comments)
    vendor = VENDOR.encode()
    return (
        b"OpusTags"
        + struct.pack("<I", len(vendor))
        + vendor
        + struct.pack("<I", len(comments))
        + texts
    )


def _page(packets: Sequence[bytes], flags: int, position: int, place: tuple[int, int]) -> bytes:
    laces = b"".join(
        b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets
    )
    if len(laces) > _MAX_LACES:
        raise ValueError(f"a page of {len(laces)} laces, want at most {_MAX_LACES}")
    serial, number = place
    head = _PAGE.pack(b"OggS", 0, flags, position, serial, number, 0)
    page = head + bytes([len(laces)]) + laces + b"".join(packets)
    return page[:_CRC_OFFSET] + struct.pack("<I", crc(page)) + page[_CRC_OFFSET + 4 :]

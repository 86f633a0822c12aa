"""The rows of a day's key table, and where they lie: the format is in key_table.py. Pure."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from appliance import ulid

TABLE_MAGIC: Final = b"\xabKIROKk\n"
ROW_MAGIC: Final = b"\xabKIROKw\n"
VERSION: Final = 2
HEADER_BYTES: Final = 64
AREA_BYTES: Final = 1 << 16
#: An age file to two recipients is under 1 KiB; bounds what a damaged length asks for.
MAX_LENGTH: Final = 1 << 15
TAG_BYTES: Final = 16
ROW: Final = struct.Struct(">8sI16s12s")

_PAIR_BYTES: Final = 2 * AREA_BYTES
#: What of a disk is written whole or not at all, at the least.
_SECTOR_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class Row:
    """Attributes: raw: all of its bytes."""

    call_id: str
    age_file: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """What of a table's rows is sound.

    Attributes:
        rows: in the order of their places.
        twice: where the last one that is there twice ends; in a table of version 1 the beginning.
    """

    rows: tuple[Row, ...]
    twice: int

    @property
    def age_files(self) -> dict[str, bytes]:
        return {row.call_id: row.age_file for row in self.rows}


def parse(data: bytes, aead: ChaCha20Poly1305) -> Found:
    """Return what of a table is sound."""
    if _is_old(data):
        newest = {row.call_id: row for _, row in _sound_rows(data, aead)}
        return Found(tuple(newest.values()), HEADER_BYTES)
    found: dict[int, Row] = {}
    twice = HEADER_BYTES
    for at, row in _sound_rows(data, aead):
        place = at - AREA_BYTES if at // AREA_BYTES % 2 else at
        if place in found:
            twice = max(twice, place + len(row.raw))
        found[place] = row
    return Found(tuple(found[place] for place in sorted(found)), twice)


def _sound_rows(data: bytes, aead: ChaCha20Poly1305) -> Iterator[tuple[int, Row]]:
    at = 0
    while (at := data.find(ROW_MAGIC, at)) >= 0:
        row = row_at(data, at, aead)
        if row is not None:
            yield at, row
        at += 1 if row is None else len(row.raw)


def row_at(data: bytes, at: int, aead: ChaCha20Poly1305) -> Row | None:
    """Return the row at a place, None where no sound one begins."""
    head = data[at : at + ROW.size]
    if len(head) < ROW.size:
        return None
    _, length, call, nonce = ROW.unpack(head)
    sealed = data[at + ROW.size : at + ROW.size + length]
    if not TAG_BYTES <= length <= MAX_LENGTH or len(sealed) < length:
        return None
    try:
        return Row(ulid.from_bytes(call), aead.decrypt(nonce, sealed, head), head + sealed)
    except InvalidTag:
        return None


def is_damaged(data: bytes, sound: bytes, found: Found) -> bool:
    """Say whether a table differs from how it should be where no power cut can have left that."""
    if _is_old(data):
        return False
    begin = found.twice // _PAIR_BYTES * _PAIR_BYTES
    for part in (slice(0, found.twice), slice(begin + AREA_BYTES, found.twice + AREA_BYTES)):
        if data[part].rstrip(b"\0") != sound[part].rstrip(b"\0"):
            return True
    tails = [
        (found.twice, begin),
        *((at, at) for at in range(begin + _PAIR_BYTES, len(data), _PAIR_BYTES)),
    ]
    return not all(_is_torn(data, *tail) for tail in tails)


def _is_torn(data: bytes, at: int, pair: int) -> bool:
    """Say whether from a place on both copies are what is left of an add that was cut short.

    Of either, sectors may be missing, which read as zeros, and the end.
    """
    begins = ROW_MAGIC
    while at < pair + AREA_BYTES:
        end = min((at // _SECTOR_BYTES + 1) * _SECTOR_BYTES, pair + AREA_BYTES)
        copies = (data[at + off : end + off].rstrip(b"\0") for off in (0, AREA_BYTES))
        less, more = sorted(copies, key=len)
        if not more.startswith(less) or bytes(16) in more or more[:4] == bytes(4):
            return False
        if more[: len(begins)] != begins[: len(more)]:
            return False
        at, begins = end, b""
    return True


def table_of(header: bytes, rows: Sequence[bytes]) -> bytes:
    """Return a table as it should be."""
    table = bytearray(header)
    for place, piece in pieces(HEADER_BYTES, rows):
        for offset in (place, place + AREA_BYTES):
            table.extend(bytes(max(0, offset + len(piece) - len(table))))
            table[offset : offset + len(piece)] = piece
    return bytes(table)


def end_of(rows: Iterable[bytes]) -> int:
    """Return where the next row may begin."""
    end = HEADER_BYTES
    for place, piece in pieces(HEADER_BYTES, rows):
        end = place + len(piece)
    return end


def pieces(at: int, rows: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the rows that follow each other in one area as one piece, and its place."""
    begin, piece = at, bytearray()
    for row in rows:
        if at % _PAIR_BYTES + len(row) > AREA_BYTES:
            if piece:
                yield begin, bytes(piece)
            begin = at = (at // _PAIR_BYTES + 1) * _PAIR_BYTES
            piece = bytearray()
        piece += row
        at += len(row)
    if piece:
        yield begin, bytes(piece)


def is_headed(data: bytes, header: bytes) -> bool:
    """Say whether a table, also one of version 1, has a header under this secret."""
    known = len(TABLE_MAGIC)
    return data[:known] + header[known : known + 1] + data[known + 1 : HEADER_BYTES] == header


def _is_old(data: bytes) -> bool:
    return data[len(TABLE_MAGIC) : len(TABLE_MAGIC) + 1] == b"\1"

"""A reel: every call of a day, second by second, in order of arrival.

Each start of the recorder begins the next free reel of each day that it writes to, 000.reel first,
and only ever appends to it. A call that may turn out to be none begins one of its own, which is
removed if so. The file, integers big-endian:

    offset  size
       0      8   magic    AB 4B 49 52 4F 4B 72 0A   (AB "KIROKr" LF)
       8      1   version  1
       9     16   day      ASCII, zero-padded: "2026-11-23", the day on which its calls started
      25     32   box      ASCII, zero-padded: the box's id
      57      7   zero
      64          segments, one after the other (see segment.py)

Everything up to the last flush is there after a power cut. Behind it may stand any part of what was
appended since, in pages: a segment cut short, or zeros where one should be. That is a torn tail,
and what `scan` calls TORN; whatever else is not a whole segment is DAMAGED. A tail that was altered
can look torn, so whoever knows which calls had ended (index, ledger) compares.

Where calls have been erased and the day stays for others that are held, there are zeros: ERASED
(see clear.py). Zeros over a call that is still kept are found by whoever follows its chain.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from appliance.durable import Disk, make_directory, refuse_if_moved, sync_directory, write_all
from appliance.vault.day_secrets import check_day
from appliance.vault.segment import CHAIN_BYTES, HEAD_BYTES, MAGIC, Head, NotASegment, chain_of

REEL_MAGIC = b"\xabKIROKr\n"
REEL_VERSION = 1
HEADER_BYTES = 64

_DAY_BYTES = 16
_BOX_BYTES = 32
#: How much of a damaged reel is looked through at a time.
_WINDOW_BYTES = 1 << 16


class NotAReel(ValueError):
    """The file does not begin as a reel."""


class State(Enum):
    WHOLE = auto()
    ERASED = auto()
    TORN = auto()
    DAMAGED = auto()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a reel.

    Attributes:
        head: of the segment, if WHOLE; None otherwise.
        chain: of the segment, 32 bytes, if WHOLE; empty otherwise.
    """

    offset: int
    size: int
    state: State
    head: Head | None = None
    chain: bytes = b""


class ReelWriter:
    """Appends to a new reel. Not for two threads.

    After an error it takes no more: what is on the disk is known up to the last flush only. A
    caller that wants to go on (the disk was full) makes a new one, and so a new reel.

    Attributes:
        path: the reel.
        size: bytes appended so far, header included.
    """

    def __init__(
        self, vault_dir: Path, day: str, box_id: str, *, after: int = -1, disk: Disk = os
    ) -> None:
        """Begin the day's next reel, durably.

        Args:
            after: the last number that is known to have been used, though its reel may be lost.

        Raises:
            FileNotFoundError: there is no such vault.
            OSError: the disk failed; there may be a reel with nothing in it.
        """
        header = pack_header(day, box_id)
        day_dir = vault_dir / day
        make_directory(day_dir, mode=0o750, disk=disk)
        self._disk = disk
        self._broken = False
        self.path, self._fd = _create_next(day_dir, after, disk)
        # Power goes now: an empty reel, which scans as torn from 0 on, or none.
        try:
            write_all(self._fd, header, disk=disk)
            disk.fdatasync(self._fd)
            sync_directory(day_dir, disk=disk)
        except BaseException:
            disk.close(self._fd)
            raise
        # Power goes now: a reel with no segments.
        self.size = HEADER_BYTES

    def append(self, segment: bytes) -> int:
        """Write a segment behind the others and return its offset. It is not safe before flush().

        Raises:
            OSError: the disk failed or is full; the reel is closed to more.
        """
        self._refuse_if_broken()
        offset = self.size
        try:
            write_all(self._fd, segment, disk=self._disk)
        except BaseException:
            self._broken = True
            raise
        # Power goes now: none, some or all of it, after all that was flushed.
        self.size += len(segment)
        return offset

    def flush(self) -> None:
        """Put everything appended on the disk.

        Raises:
            OSError: the disk failed; whether the appended is there is not known, nor found out by
                asking again. The reel is closed to more.
        """
        self._refuse_if_broken()
        try:
            self._disk.fdatasync(self._fd)
            refuse_if_moved(self.path, os.fstat(self._fd))
        except BaseException:
            self._broken = True
            raise
        # Power goes now: everything appended is there.

    def close(self) -> None:
        """Flush, and give the file up."""
        try:
            if not self._broken:
                self.flush()
        finally:
            self._broken = True
            fd, self._fd = self._fd, -1
            if fd >= 0:
                self._disk.close(fd)

    def remove(self) -> None:
        """Give the file up, and what is in it.

        Raises:
            OSError: the disk failed; the reel may be there.
        """
        self._broken = True
        self.close()
        self._disk.unlink(self.path)
        sync_directory(self.path.parent, disk=self._disk)
        # Power goes before this: the whole reel or none.

    def _refuse_if_broken(self) -> None:
        if self._broken:
            raise ValueError(f"{self.path} is closed or has failed before")


def pack_header(day: str, box_id: str) -> bytes:
    """Return a reel's first HEADER_BYTES.

    Raises:
        ValueError: the day or the box id has no place there.
    """
    check_day(day)
    if not re.fullmatch(r"[!-~]{1,32}", box_id):
        raise ValueError(f"a box id is 1 to {_BOX_BYTES} printable ASCII letters, got {box_id!r}")
    fields = day.encode().ljust(_DAY_BYTES, b"\0") + box_id.encode().ljust(_BOX_BYTES, b"\0")
    return (REEL_MAGIC + bytes([REEL_VERSION]) + fields).ljust(HEADER_BYTES, b"\0")


def read_header(path: Path) -> tuple[str, str]:
    """Return a reel's day and box id.

    Raises:
        NotAReel: the header is cut short or damaged.
    """
    with open(path, "rb") as file:
        return _unpack_header(file.read(HEADER_BYTES))


def scan(path: Path, start: int = 0) -> Iterator[Stretch]:
    """Go through a reel and say what each part of it is, in the order of the file.

    What is damaged is skipped up to the next segment that is whole. A segment is held in memory at
    a time, never the reel. Of a reel being written, what was there at the start is looked at.

    Args:
        start: 0, or the offset of a segment.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        end = os.fstat(fd).st_size
        at = start or _skip_header(fd)
        while at < end:
            found = _segment_at(fd, at, end)
            if found is None:
                after = _next_whole(fd, at + 1, end)
                yield _not_whole(fd, at, after, end)
                at = after
            else:
                yield found
                at += found.size
    finally:
        os.close(fd)


def _create_next(day_dir: Path, after: int, disk: Disk) -> tuple[Path, int]:
    taken = [int(path.stem) for path in day_dir.glob("*.reel") if path.stem.isdecimal()]
    path = day_dir / f"{max([after, *taken]) + 1:03d}.reel"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    return path, disk.open(path, flags, 0o640)


def _unpack_header(data: bytes) -> tuple[str, str]:
    try:
        day = data[9:25].rstrip(b"\0").decode("ascii")
        box_id = data[25:57].rstrip(b"\0").decode("ascii")
        if pack_header(day, box_id) == data:
            return day, box_id
    except ValueError:
        pass
    raise NotAReel("the header is cut short or damaged")


def _skip_header(fd: int) -> int:
    try:
        _unpack_header(os.pread(fd, HEADER_BYTES, 0))
    except NotAReel:
        return 0
    return HEADER_BYTES


def _segment_at(fd: int, at: int, end: int) -> Stretch | None:
    try:
        head = Head.unpack(os.pread(fd, HEAD_BYTES, at))
    except NotASegment:
        return None
    if at + head.size > end:
        return None
    body = os.pread(fd, head.length + CHAIN_BYTES, at + HEAD_BYTES)
    chain = body[head.length :]
    if chain != chain_of(head, body[: head.length]):
        return None
    return Stretch(at, head.size, State.WHOLE, head, chain)


def _next_whole(fd: int, at: int, end: int) -> int:
    """Return the offset of the first whole segment from at on, or the end."""
    while at < end:
        window = os.pread(fd, _WINDOW_BYTES, at)
        place = window.find(MAGIC)
        if place < 0:
            # A magic may lie across two windows; at the end of the file this ends the search.
            at += max(len(window) - len(MAGIC) + 1, 1)
        elif _segment_at(fd, at + place, end):
            return at + place
        else:
            at += place + 1
    return end


def _not_whole(fd: int, at: int, after: int, end: int) -> Stretch:
    if after == end and _looks_torn(fd, at, end):
        state = State.TORN
    else:
        state = State.ERASED if _all_zero(fd, at, after) else State.DAMAGED
    return Stretch(at, after - at, state)


def _all_zero(fd: int, at: int, end: int) -> bool:
    pieces = range(at, end, _WINDOW_BYTES)
    return not any(any(os.pread(fd, min(_WINDOW_BYTES, end - at), at)) for at in pieces)


def _looks_torn(fd: int, at: int, end: int) -> bool:
    """Say whether the rest is what an append leaves that was cut short, or zeros."""
    first = os.pread(fd, HEAD_BYTES, at)
    if at == 0:
        return end < HEADER_BYTES or not any(first)
    if len(first) < HEAD_BYTES:
        return MAGIC.startswith(first[: len(MAGIC)]) or not any(first)
    try:
        cut_short = at + Head.unpack(first).size > end
    except NotASegment:
        cut_short = not any(first)
    # No chain ends in so many zeros: the last page of the append never reached the disk.
    return cut_short or not any(os.pread(fd, CHAIN_BYTES, max(at, end - CHAIN_BYTES)))

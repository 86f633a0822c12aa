"""Room in a reel whose day stays for the calls that are held.

The calls that were erased are closed for good by then: their keys went with the day's secret. What
is left of them is ciphertext, and its room on the disk is wanted. A held call may not be copied out
(Goshogawara, art. 8(3)) and could not be moved, since each segment vouches for where the one before
it lies. So the reel stays as it is, with holes: zeros that take no room.

    before   │head│ A0 │ H0 │ A1 │ B0 │ H1 │ B1 │     H is held
    after    │head│ .. │ H0 │ ....... │ H1 │           . reads as zero; the tail is cut off

Where the file system can make no holes (FAT) the reel stays as it is, and takes its room.

Source: fallocate(2), FALLOC_FL_PUNCH_HOLE.
"""

import ctypes
import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from appliance.vault.reader import find_segments
from appliance.vault.reel import HEADER_BYTES
from appliance.vault.segment import HEAD_BYTES, Head

_KEEP_SIZE: Final = 0x01
_PUNCH_HOLE: Final = 0x02


def clear_others(path: Path, kept: Mapping[str, int]) -> None:
    """Give back what a reel holds of every call but these.

    It can be cut short anywhere and done again: nothing that it touches can be read any more.

    Args:
        kept: where each one's last segment lies.

    Raises:
        TamperedError: one of these is not whole, so it is not known what is nobody's; nothing was
            done.
        OSError: the disk failed.
    """
    with open(path, "rb+") as file:
        at = HEADER_BYTES
        for start, end in sorted(_places(path, file.fileno(), kept)):
            _punch(file.fileno(), at, start)
            at = end
        os.ftruncate(file.fileno(), at)
        os.fsync(file.fileno())
        # Power goes before this: any of the holes, and the tail or not.


def _places(path: Path, fd: int, kept: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    for call_id, last_offset in kept.items():
        for offset in find_segments(path, call_id, last_offset=last_offset):
            yield offset, offset + Head.unpack(os.pread(fd, HEAD_BYTES, offset)).size


def _punch(fd: int, start: int, end: int) -> None:
    if end <= start:
        return
    fallocate = ctypes.CDLL(None, use_errno=True).fallocate
    fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    if fallocate(fd, _KEEP_SIZE | _PUNCH_HOLE, start, end - start):
        error = ctypes.get_errno()
        if error not in (errno.EOPNOTSUPP, errno.ENOSYS):
            raise OSError(error, os.strerror(error))

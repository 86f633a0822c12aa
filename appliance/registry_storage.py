"""A JSON file for TinyDB that a power cut leaves either as it was or as it should be.

TinyDB's own storage writes over the file in place: 11 of 64 simulated power cuts left it
unreadable, and none with `durable.replace`, which is what each write is here.

It is there twice, registry.json and registry.spare.json, each with the sum of its tables in a table
of its own, `check`: without it no passphrase opens a recording any more, and a flipped bit in a
wrapped secret would look like a forgotten passphrase.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final

from tinydb import Storage

from appliance import durable

Tables = dict[str, dict[str, Any]]

log = logging.getLogger(__name__)

_CHECK: Final = "check"


class RegistryMissing(FileNotFoundError):
    """There is no registry where one should be; an empty one is never begun in its place."""


class RegistryBroken(ValueError):
    """The file is there but is not a registry."""


class RegistryInUse(BlockingIOError):
    """Another process writes this registry."""


class CrashSafeStorage(Storage):
    """The tables of one registry file, held by one writer through a lock file beside it.

    Attributes:
        disturbed: another hand has changed the file; it is as we left it again.
    """

    def __init__(self, path: Path) -> None:
        """Take the file for this process.

        Raises:
            RegistryMissing, RegistryBroken, RegistryInUse: nothing is changed.
        """
        self._path = path
        self._held: Tables | None = None
        self._known = b""  # the file as we read or wrote it last; nothing where that failed
        self.disturbed = False
        read_tables(path)
        self._lock = _locked(path.with_suffix(".lock"))
        _settle(path)

    def read(self) -> Tables:
        """Return the tables as last written; the caller may change what it gets."""
        if self._held is not None:
            return _copy(self._held)
        if not self._known:
            self._known = as_file(read_tables(self._path))
        elif self._content() != self._known:
            self._put_back()
        return _tables(self._known)

    def write(self, data: Tables) -> None:
        """Make these the tables, on the disk, before returning (or at the end of `one_write`)."""
        if self._held is not None:
            self._held = _copy(data)
        else:
            self._write(data)

    @contextmanager
    def one_write(self) -> Iterator[None]:
        """Gather what is written inside into one write; an error inside writes nothing.

        One inside another is part of it.
        """
        if self._held is not None:
            yield
            return
        self._held = self.read()
        try:
            yield
            self._write(self._held)
        finally:
            self._held = None

    def close(self) -> None:
        self._lock.close()

    def _write(self, tables: Tables) -> None:
        self._known = b""
        self._known = write_tables(self._path, tables)

    def _put_back(self) -> None:
        """Make the file what we left it as.

        Who holds the lock alone writes it: an older file would let people in again who were
        removed. A disk that takes nothing is asked again at the next reading.
        """
        known, self.disturbed = self._known, True
        log.error("%s was changed by another hand, and is put back as it was", self._path)
        try:
            self._write(_tables(known))
        except OSError as error:
            self._known = known
            log.error("%s could not be put back: %s", self._path, error)

    def _content(self) -> bytes:
        try:
            return self._path.read_bytes()
        except OSError:
            return b""


def spare_of(path: Path) -> Path:
    """Return where a registry's second copy is."""
    return path.with_suffix(".spare.json")


def as_file(tables: Tables) -> bytes:
    """Return a registry file: JSON that a person can read and a tool can compare."""
    return _pretty({**tables, _CHECK: {"1": {"sha256": _sum(tables)}}})


def write_tables(path: Path, tables: Tables) -> bytes:
    """Make these a registry's tables, and return what the file holds now.

    Raises:
        OSError: the disk failed; each file holds the old tables or the new, whole.
    """
    content = as_file(tables)
    durable.replace(path, content)
    # Power goes now: the new tables, and the old ones in the spare: the next start makes it anew.
    durable.replace(spare_of(path), content)
    return content


def read_tables(path: Path) -> Tables:
    """Return a registry file's tables, or its spare's if only that is whole.

    Raises:
        RegistryMissing, RegistryBroken: neither is.
    """
    try:
        return read_file(path)
    except (RegistryMissing, RegistryBroken) as error:
        try:
            tables = read_file(spare_of(path))
        except (RegistryMissing, RegistryBroken):
            raise error from error.__cause__
        log.error("%s; its spare is used", error)
        return tables


def read_file(path: Path) -> Tables:
    """Return the tables of one of the two files.

    Raises:
        RegistryMissing, RegistryBroken: see there.
    """
    if path.exists() and not path.is_file():
        raise RegistryBroken(f"{path} is not a file: put back a copy of it")
    try:
        tables = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise RegistryMissing(
            f"{path} is missing: put back a copy of {path.parent.name}/,"
            " or make a folder with `kirok init`"
        ) from None
    except OSError as error:  # a worn disk, another user's file: its spare may be well
        raise RegistryBroken(f"{path} cannot be read ({error}): put back a copy of it") from error
    except ValueError as error:
        raise RegistryBroken(f"{path} is not JSON ({error}): put back a copy of it") from error
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise RegistryBroken(f"{path} holds no tables: put back a copy of it")
    check = tables.pop(_CHECK, {})
    if check != {"1": {"sha256": _sum(tables)}}:
        raise RegistryBroken(f"{path} is not as it was written: put back a copy of it")
    return tables


def _settle(path: Path) -> None:
    """Make the two files agree: the first is believed if it is whole."""
    content = as_file(read_tables(path))
    if not _whole(path):
        durable.set_aside(path)
        durable.replace(path, content)
    spare = spare_of(path)
    if not _whole(spare) or spare.read_bytes() != content:
        durable.replace(spare, content)


def _whole(path: Path) -> bool:
    try:
        read_file(path)
    except (RegistryMissing, RegistryBroken):
        return False
    return True


def _sum(tables: Tables) -> str:
    return sha256(_pretty(tables)).hexdigest()


def _pretty(tables: Tables) -> bytes:
    return (json.dumps(tables, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _tables(content: bytes) -> Tables:
    tables: Tables = json.loads(content)
    del tables[_CHECK]
    return tables


def _copy(tables: Tables) -> Tables:
    copied: Tables = json.loads(json.dumps(tables))
    return copied


def _private(name: str, flags: int) -> int:
    fd = os.open(name, flags | os.O_NOFOLLOW, 0o600)
    durable.leave_to_owner(fd, Path(name).parent)
    return fd


def _locked(path: Path) -> IO[str]:
    """Return the file that holds the lock; the kernel lets go of it when the process ends."""
    if path.is_symlink() or not path.is_file():
        durable.set_aside(path)
    file = open(path, "a", opener=_private)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise RegistryInUse(f"{path}: another process writes this registry") from None
    return file

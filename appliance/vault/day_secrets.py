"""The day's secret: 32 bytes without which no call of that day opens, and so the thing to erase.

One file a day, `2026-11-23.secret`, 80 bytes: the secret and the first 8 bytes of its SHA-256,
twice, so that one bad byte does not cost a day of calls. Erasing writes over it in place before it
is unlinked. That is a best effort: on a card or an SSD the flash keeps old pages where no file
system can reach them (M. Wei et al., "Reliably erasing data from flash-based solid state drives",
FAST 2011). Where a byte really can be overwritten (FRAM, EEPROM, a TPM) another SecretStore takes
this one's place.

One call is forgotten before its day ends by turning the secret: a new one is staged, the key table
is written anew under it without the call, and then the old secret is erased (see key_table.py).
"""

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from appliance.durable import Disk, opened, publish, replace, sync_directory, write_all

SECRET_BYTES = 32

_COPY_BYTES = SECRET_BYTES + 8
_ERASED = bytes(2 * _COPY_BYTES)


class SecretGone(LookupError):
    """There is no secret for this day: none was made, or it has been erased."""


class SecretDamaged(Exception):
    """Neither copy of the secret is whole."""


class SecretStore(Protocol):
    """Where day secrets are kept. Every change is durable when the call returns."""

    def get(self, day: str) -> bytes:
        """Return the day's secret; make it on first use."""

    def read(self, day: str) -> bytes:
        """Return the day's secret.

        Raises:
            SecretGone: see there.
        """

    def destroy(self, day: str) -> None:
        """Erase the day's secret and what is staged. What is gone already stays gone."""

    def stage(self, day: str) -> bytes:
        """Make a secret to take the place of the day's, in place of one staged before."""

    def staged(self, day: str) -> bytes | None:
        """Return the staged secret, or None."""

    def drop(self, day: str) -> None:
        """Erase the staged secret."""

    def turn(self, day: str) -> None:
        """Erase the day's secret and put the staged one in its place.

        Raises:
            SecretGone: none is staged; the day's is untouched.
        """


class DaySecrets:
    """Day secrets in files; see SecretStore for what each call does. Not for two threads."""

    def __init__(self, directory: Path, *, disk: Disk = os) -> None:
        """Open a store that is there.

        Raises:
            FileNotFoundError: there is no such directory: a wrong path must not begin an empty
            store.
        """
        if not directory.is_dir():
            raise FileNotFoundError(f"no directory for secrets: {directory}")
        self._directory = directory
        self._disk = disk

    def get(self, day: str) -> bytes:
        try:
            return self.read(day)
        except SecretGone:
            path = self._path(day)
            self._finish_erasing(path)
            secret = os.urandom(SECRET_BYTES)
            publish(path, _pack(secret), disk=self._disk)
            return secret

    def read(self, day: str) -> bytes:
        return _read(self._path(day))

    def destroy(self, day: str) -> None:
        self.drop(day)
        self._erase(self._path(day))

    def stage(self, day: str) -> bytes:
        self.drop(day)
        secret = os.urandom(SECRET_BYTES)
        replace(self._staged_path(day), _pack(secret), disk=self._disk)
        return secret

    def staged(self, day: str) -> bytes | None:
        try:
            return _read(self._staged_path(day))
        except SecretGone:
            return None

    def drop(self, day: str) -> None:
        self._erase(self._staged_path(day))

    def turn(self, day: str) -> None:
        _read(self._staged_path(day))
        with suppress(FileNotFoundError):
            self._overwrite(self._path(day))
        # Power goes now: the old secret reads as gone, the staged one is there: turn again.
        self._disk.rename(self._staged_path(day), self._path(day))
        sync_directory(self._directory, disk=self._disk)
        # Power goes now: the staged secret is the day's.

    def _erase(self, path: Path) -> None:
        with suppress(FileNotFoundError):
            self._overwrite(path)
            # Power goes now: zeros, which read as gone.
            self._disk.unlink(path)
            sync_directory(self._directory, disk=self._disk)

    def _finish_erasing(self, path: Path) -> None:
        if path.exists():
            self._erase(path)

    def _overwrite(self, path: Path) -> None:
        # Without O_TRUNC or a new file, so that the same blocks are written where that is possible.
        with opened(path, os.O_WRONLY, disk=self._disk) as fd:
            write_all(fd, _ERASED, disk=self._disk)
            self._disk.fsync(fd)

    def _path(self, day: str) -> Path:
        return self._directory / f"{check_day(day)}.secret"

    def _staged_path(self, day: str) -> Path:
        return self._directory / f"{check_day(day)}.next.secret"


def check_day(day: str) -> str:
    """Return the name of a day, if it is one: an ISO date, or a word for a day not known yet.

    Raises:
        ValueError: it is not 1 to 16 of a-z, 0-9 and "-".
    """
    if not re.fullmatch(r"[0-9a-z-]{1,16}", day):
        raise ValueError(f"not the name of a day: {day!r}")
    return day


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SecretGone(f"no {path.name}") from None
    if not any(data):
        raise SecretGone(f"{path.name} has been erased")
    # The second copy is counted from the end, so that a lost byte does not cost both.
    for copy in (data[:_COPY_BYTES], data[-_COPY_BYTES:]):
        secret, check = copy[:SECRET_BYTES], copy[SECRET_BYTES:]
        if check == sha256(secret).digest()[: len(check)] and len(copy) == _COPY_BYTES:
            return secret
    raise SecretDamaged(f"{path.name}: neither copy is whole")


def _pack(secret: bytes) -> bytes:
    return (secret + sha256(secret).digest()[: _COPY_BYTES - SECRET_BYTES]) * 2

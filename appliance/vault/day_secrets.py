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
COPIES = 2

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

    def set_aside(self, day: str) -> None:
        """Make room for another where the day's is damaged; it goes when the day's is destroyed."""

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
        return read_secret(self._path(day))

    def destroy(self, day: str) -> None:
        self.drop(day)
        for aside in self._directory.glob(f"{check_day(day)}.damaged-*.secret"):
            self._erase(aside)
        self._erase(self._path(day))

    def set_aside(self, day: str) -> None:
        taken = len(list(self._directory.glob(f"{check_day(day)}.damaged-*.secret")))
        path = self._path(day)
        self._disk.rename(path, path.with_name(f"{day}.damaged-{taken}.secret"))
        sync_directory(self._directory, disk=self._disk)
        # Power goes now: the day has no secret yet.

    def stage(self, day: str) -> bytes:
        self.drop(day)
        secret = os.urandom(SECRET_BYTES)
        replace(self._staged_path(day), _pack(secret), disk=self._disk)
        return secret

    def staged(self, day: str) -> bytes | None:
        try:
            return read_secret(self._staged_path(day))
        except SecretGone:
            return None

    def drop(self, day: str) -> None:
        self._erase(self._staged_path(day))

    def turn(self, day: str) -> None:
        read_secret(self._staged_path(day))
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


def whole_copies(path: Path) -> int:
    """Return how many of the copies in a file of a secret are whole; all, of one that is erased."""
    try:
        data = path.read_bytes()
    except OSError:
        return 0
    if len(data) != len(_ERASED):
        return min(len(_whole(data)), COPIES - 1)  # of half a file both copies are the same one
    return len(_whole(data)) if any(data) else COPIES


def read_secret(path: Path) -> bytes:
    """Return the secret in a file.

    Raises:
        SecretGone, SecretDamaged: see there.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SecretGone(f"no {path.name}") from None
    if data and not any(data):
        raise SecretGone(f"{path.name} has been erased")
    if whole := _whole(data):
        return whole[0]
    raise SecretDamaged(f"{path.name}: neither copy is whole")


def _whole(data: bytes) -> list[bytes]:
    """Return the secret once for each copy of it that is whole."""
    # The second copy is counted from the end, so that a lost byte does not cost both.
    copies = (data[:_COPY_BYTES], data[-_COPY_BYTES:])
    pairs = [(copy[:SECRET_BYTES], copy[SECRET_BYTES:]) for copy in copies]
    check_bytes = _COPY_BYTES - SECRET_BYTES
    return [one for one, check in pairs if check == sha256(one).digest()[:check_bytes]]


def _pack(secret: bytes) -> bytes:
    return (secret + sha256(secret).digest()[: _COPY_BYTES - SECRET_BYTES]) * 2

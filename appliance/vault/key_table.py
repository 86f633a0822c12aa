"""The day's key table: each call's data key, twice wrapped.

The data key is sealed as an age file to the vault and the recovery sheet, so that the recorder can
not open it; the age file is sealed again under the day's secret, so that nobody can, once that is
erased. The file keys.db, integers big-endian:

    offset  size
       0      8   magic   AB 4B 49 52 4F 4B 6B 0A   (AB "KIROKk" LF)
       8      1   version 1
       9     16   day     ASCII, zero-padded
      25     32   check   tells whether a secret is this table's
      57      7   zero
      64          rows

    a row: 8   magic   AB 4B 49 52 4F 4B 77 0A   (AB "KIROKw" LF)
           4   length  of the ciphertext, at most 64 KiB
          16   call    ULID
          12   nonce   random
           n   ciphertext and tag of the age file, ChaCha20-Poly1305, the 40 bytes before as
               associated data

    key || check = HKDF-SHA256(day secret, no salt, "kirok/keys/1" || day's 16 bytes, 64 bytes)

An append-only file, not SQLite: one fsync for all calls that start in the same second, no second
file to lose, erased by one unlink, and 40 lines in any language read it. A row that a power cut
left incomplete is cut off at the next start; its add had not returned. Rows are checked by their
tags; a damaged one costs itself alone. Each call has two, one behind the other, so that a flipped
bit costs no call; of two that differ the later counts.

Test vector: see tests/appliance/vault/test_independent_reader.py, which reads one from this text.
"""

import os
import struct
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from appliance import ulid
from appliance.durable import Disk, publish, replace, sync_directory, write_all
from appliance.vault.day_secrets import (
    SecretDamaged,
    SecretStore,
    check_day,
)

NAME = "keys.db"
TABLE_MAGIC = b"\xabKIROKk\n"
ROW_MAGIC = b"\xabKIROKw\n"
VERSION = 1
INFO = b"kirok/keys/1"
HEADER_BYTES = 64
#: An age file to two recipients is under 1 KiB; bounds what a damaged length asks for.
MAX_LENGTH = 1 << 16

_ROW = struct.Struct(">8sI16s12s")
#: Where in a row its call stands.
_CALL_AT: Final = 12
#: Some 30 calls; the newest is among them.
_TAIL_BYTES: Final = 1 << 15
_NONCE_BYTES = 12
_TAG_BYTES = 16
_DAY_BYTES = 16


class WrongSecret(Exception):
    """No part of this table is under this secret."""


class NoSuchKey(LookupError):
    """The table has no key for this call, or none that can still be read."""


#: What opening a day's keys raises when they are damaged, or were never this day's.
CANNOT_OPEN: Final = (WrongSecret, SecretDamaged)


class KeyTable:
    """The keys of one day. One thread adds and rewraps; any may get.

    Attributes:
        path: the file.
        damaged: bytes of the file that are no row and no torn tail.
    """

    def __init__(self, day_dir: Path, secret: bytes, *, disk: Disk = os) -> None:
        """Open the day's table; begin it if there is none in the day's directory.

        Raises:
            FileNotFoundError: there is no such directory.
            WrongSecret: see there; set_aside() makes room for a new table.
        """
        self.path = day_dir / NAME
        self.damaged = 0
        self._day = check_day(day_dir.name)
        self._disk = disk
        self._fd = -1
        self._take(secret)
        if not self.path.exists():
            publish(self.path, self._header, mode=0o640, disk=disk)
            # Power goes now: a table without rows.
        self._open()

    def add(self, call_id: str, age_file: bytes) -> None:
        """Keep a call's key; it is on the disk when this returns."""
        self.add_all({call_id: age_file})

    def add_all(self, age_files: Mapping[str, bytes]) -> None:
        """Keep the keys of calls that started together, with one fsync.

        Raises:
            ValueError: a call has its key already, or an age file is too long; nothing is added.
            OSError: the disk failed; the table takes no more until it is opened again.
        """
        taken = age_files.keys() & self._age_files.keys()
        if taken:
            raise ValueError(f"calls with keys already: {sorted(taken)}")
        self._append(age_files)

    def change(self, call_id: str, age_file: bytes) -> None:
        """Give a call another key, before anything is kept under that.

        Raises:
            OSError: as add_all.
        """
        self._append({call_id: age_file})

    def _append(self, age_files: Mapping[str, bytes]) -> None:
        if self._fd < 0:
            raise ValueError(f"{self.path} is closed or has failed before")
        rows = self._rows(age_files)
        try:
            write_all(self._fd, rows, disk=self._disk)
            # Power goes now: none, some or all of the rows; a part of one is cut off at the start.
            self._disk.fdatasync(self._fd)
        except BaseException:
            self.close()
            raise
        # Power goes now: all of the rows.
        self._age_files.update(age_files)

    def get(self, call_id: str) -> bytes:
        """Return a call's data key, still sealed as an age file.

        Raises:
            NoSuchKey: see there.
        """
        try:
            return self._age_files[call_id]
        except KeyError:
            raise NoSuchKey(f"no key for call {call_id}") from None

    def calls(self) -> list[str]:
        """Return the calls that have a key, in the order in which they were added."""
        return list(self._age_files)

    def rewrap(self, new_secret: bytes, *, without: Collection[str] = ()) -> None:
        """Write the table anew under another secret, leaving calls out.

        The calls left out are erased when the old secret is: see forget_calls. Rows that are
        damaged are left behind too: no secret opens them.

        Raises:
            OSError: the disk failed; the file is the old table or the new, and this object takes
                no more.
        """
        kept = {call: age for call, age in self._age_files.items() if call not in without}
        self.close()
        self._take(new_secret)
        replace(self.path, self._header + self._rows(kept), mode=0o640, disk=self._disk)
        # Power goes now: the new table, while the old secret may still be the day's: open_table.
        self._open()

    def close(self) -> None:
        """Give the file up. Every key added is on the disk."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            self._disk.close(fd)

    def _take(self, secret: bytes) -> None:
        key, self._header = _derive(secret, self._day)
        self._aead = ChaCha20Poly1305(key)

    def _open(self) -> None:
        data = self.path.read_bytes()
        self._age_files, end, self.damaged = _parse(data, self._aead)
        if data[:HEADER_BYTES] != self._header:
            # One flipped bit in the header must not cost the day: the rows' tags decide.
            if not self._age_files:
                raise WrongSecret(f"{self.path} is under another secret")
            self.damaged += HEADER_BYTES
        self._fd = self._disk.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        if end < len(data):
            self._disk.ftruncate(self._fd, end)
            # Power goes now: the torn tail or none of it. The next add's fsync covers the length.

    def _rows(self, age_files: Mapping[str, bytes]) -> bytes:
        """Return two rows of each call."""
        return b"".join(
            self._wrap(call_id, age_file) for call_id, age_file in age_files.items() for _ in "12"
        )

    def _wrap(self, call_id: str, age_file: bytes) -> bytes:
        length = len(age_file) + _TAG_BYTES
        if length > MAX_LENGTH:
            raise ValueError(f"age file of {len(age_file)} bytes, want at most {MAX_LENGTH}")
        # Random nonces: a day has thousands of rows, and 2**-96 a pair.
        nonce = os.urandom(_NONCE_BYTES)
        head = _ROW.pack(ROW_MAGIC, length, ulid.to_bytes(call_id), nonce)
        return head + self._aead.encrypt(nonce, age_file, head)


def open_table(day_dir: Path, secrets: SecretStore, *, disk: Disk = os) -> KeyTable:
    """Open or begin the day's table, and finish a forgetting that was cut short.

    Raises:
        WrongSecret, FileNotFoundError: as KeyTable.
    """
    day = check_day(day_dir.name)
    staged = secrets.staged(day)
    if staged is not None:
        if _is_under(day_dir / NAME, staged, day):
            secrets.turn(day)
        else:
            secrets.drop(day)
    return KeyTable(day_dir, secrets.get(day), disk=disk)


def forget_calls(table: KeyTable, secrets: SecretStore, call_ids: Collection[str]) -> None:
    """Erase calls' keys before their day's secret is erased; the other calls keep theirs.

    Raises:
        OSError: the disk failed; open_table finishes it, or leaves it undone.
    """
    day = table.path.parent.name
    staged = secrets.stage(day)
    # Power goes now: the old table under the old secret; open_table drops the staged one.
    table.rewrap(staged, without=call_ids)
    # Power goes now: the new table under the staged secret; open_table turns.
    secrets.turn(day)
    # Power goes now: what the old secret opened is closed for good.


def read_calls(path: Path, secret: bytes) -> frozenset[str]:
    """Return the calls that have a key in a table; nothing is changed, and it may be in use.

    Raises:
        WrongSecret, FileNotFoundError: see there.
    """
    key, header = _derive(secret, check_day(path.parent.name))
    data = path.read_bytes()
    age_files, _, _ = _parse(data, ChaCha20Poly1305(key))
    if not age_files and data[:HEADER_BYTES] != header:
        raise WrongSecret(f"{path} is under another secret")
    return frozenset(age_files)


def has_key(path: Path, secret: bytes, call_id: str) -> bool:
    """Say whether a call's key opens; looked for at the table's end first. Nothing is changed."""
    mark, aead = ulid.to_bytes(call_id), _aead_of(secret, path.parent.name)
    size = path.stat().st_size
    with path.open("rb") as file:
        for offset in (max(0, size - _TAIL_BYTES), 0):
            file.seek(offset)
            data, at = file.read(), -1
            while (at := data.find(mark, at + 1)) >= 0:
                if at >= _CALL_AT and _row_at(data, at - _CALL_AT, aead) is not None:
                    return True
    return False


def damage(path: Path, secret: bytes) -> str:
    """Say what of a table is damaged, or "" where it is sound."""
    key, header = _derive(secret, check_day(path.parent.name))
    data = path.read_bytes()
    _, _, damaged = _parse(data, ChaCha20Poly1305(key))
    if data[:HEADER_BYTES] != header:
        return "its header is damaged"
    return f"{damaged} bytes of it are damaged" if damaged else ""


def set_aside(day_dir: Path, *, disk: Disk = os) -> Path:
    """Rename a table that its secret does not open, and return its new name."""
    taken = len(list(day_dir.glob(f"{NAME}.lost-*")))
    aside = day_dir / f"{NAME}.lost-{taken}"
    disk.rename(day_dir / NAME, aside)
    sync_directory(day_dir, disk=disk)
    return aside


def _aead_of(secret: bytes, day: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_derive(secret, check_day(day))[0])


def _derive(secret: bytes, day: str) -> tuple[bytes, bytes]:
    """Return the rows' key, and the table's header."""
    name = day.encode().ljust(_DAY_BYTES, b"\0")
    both = HKDF(SHA256(), 64, None, INFO + name).derive(secret)
    header = TABLE_MAGIC + bytes([VERSION]) + name + both[32:]
    return both[:32], header.ljust(HEADER_BYTES, b"\0")


def _is_under(path: Path, secret: bytes, day: str) -> bool:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    key, header = _derive(secret, day)
    return data[:HEADER_BYTES] == header or bool(_parse(data, ChaCha20Poly1305(key))[0])


def _parse(data: bytes, aead: ChaCha20Poly1305) -> tuple[dict[str, bytes], int, int]:
    """Return the age files by call, where the rows end, and how many bytes before are damaged."""
    age_files: dict[str, bytes] = {}
    at = end = min(HEADER_BYTES, len(data))
    damaged = 0
    while (at := data.find(ROW_MAGIC, at)) >= 0:
        found = _row_at(data, at, aead)
        if found is None:
            at += 1
            continue
        call_id, age_file, size = found
        age_files[call_id] = age_file
        damaged += at - end
        at = end = at + size
    if _looks_torn(data[end:]):
        return age_files, end, damaged
    return age_files, len(data), damaged + len(data) - end


def _row_at(data: bytes, at: int, aead: ChaCha20Poly1305) -> tuple[str, bytes, int] | None:
    head = data[at : at + _ROW.size]
    if len(head) < _ROW.size:
        return None
    _, length, call, nonce = _ROW.unpack(head)
    sealed = data[at + _ROW.size : at + _ROW.size + length]
    if not _TAG_BYTES <= length <= MAX_LENGTH or len(sealed) < length:
        return None
    try:
        return ulid.from_bytes(call), aead.decrypt(nonce, sealed, head), _ROW.size + length
    except InvalidTag:
        return None


def _looks_torn(rest: bytes) -> bool:
    """Say whether this is what an add leaves that was cut short, or zeros; not an altered row."""
    if len(rest) < _ROW.size:
        return rest[:8] == ROW_MAGIC[: len(rest)] or not any(rest)
    magic, length, _, _ = _ROW.unpack_from(rest)
    if magic == ROW_MAGIC and length <= MAX_LENGTH:
        return len(rest) < _ROW.size + length or not any(rest[-_TAG_BYTES:])
    return not any(rest)

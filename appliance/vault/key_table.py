"""The day's key table: each call's data key, twice wrapped.

The data key is sealed as an age file to the vault and the recovery sheet, so that the recorder can
not open it; the age file is sealed again under the day's secret, so that nobody can, once that is
erased. The file keys.db, integers big-endian:

    offset  size
       0      8   magic   AB 4B 49 52 4F 4B 6B 0A   (AB "KIROKk" LF)
       8      1   version 2
       9     16   day     ASCII, zero-padded
      25     32   check   tells whether a secret is this table's
      57      7   zero
      64          rows

    from the file's beginning in areas of 64 KiB, whose rows are there twice, byte for byte:

      0 ..  64 KiB   header, rows          128 .. 192 KiB   rows       and so on
     64 .. 128 KiB   the same rows         192 .. 256 KiB   the same

    that is: what is at p in an even area is at p + 64 KiB again, but for the header. No row crosses
    the end of its area; the next pair of areas goes on, and zeros stay between.

    a row: 8   magic   AB 4B 49 52 4F 4B 77 0A   (AB "KIROKw" LF)
           4   length  of the ciphertext, at most 32 KiB
          16   call    ULID
          12   nonce   random
           n   ciphertext and tag of the age file, ChaCha20-Poly1305, the 40 bytes before as
               associated data

    key || check = HKDF-SHA256(day secret, no salt, "kirok/keys/1" || day's 16 bytes, 64 bytes)

One file, not SQLite: one fsync for all calls that start in the same second, no second file to lose,
erased by one unlink, and 40 lines in any language read it. The copies lie 64 KiB apart, so that no
lost sector or page takes both; zeros that were never written take no room on the disk. Of a call's
keys the one with the highest p counts.

A table that is not as it should be is written anew from what is sound when it is opened. What lies
behind the last row that is there twice is what a power cut left of an add that had not returned. A
row that is damaged in both places costs its call alone. Version 1 had no areas, and a call's rows
one behind the other.

Test vector: see tests/appliance/vault/test_independent_reader.py, which reads one from this text.
"""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

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
from appliance.vault.key_rows import (
    AREA_BYTES,
    HEADER_BYTES,
    MAX_LENGTH,
    ROW,
    ROW_MAGIC,
    TABLE_MAGIC,
    TAG_BYTES,
    VERSION,
    end_of,
    is_damaged,
    is_headed,
    parse,
    pieces,
    row_at,
    table_of,
)

NAME = "keys.db"
INFO = b"kirok/keys/1"

#: Where in a row its call stands.
_CALL_AT: Final = 12
#: Some 30 calls; the newest is among them.
_TAIL_BYTES: Final = 1 << 15
_NONCE_BYTES = 12
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
        damaged: when it was opened something in it was neither sound nor what a power cut leaves.
    """

    def __init__(self, day_dir: Path, secret: bytes, *, disk: Disk = os) -> None:
        """Open the day's table; begin it if there is none in the day's directory.

        Raises:
            FileNotFoundError: there is no such directory.
            WrongSecret: see there; set_aside() makes room for a new table.
        """
        self.path = day_dir / NAME
        self.damaged = False
        self._day = check_day(day_dir.name)
        self._disk = disk
        self._fd = -1
        self._end = HEADER_BYTES
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
        rows = [self._wrap(*each) for each in age_files.items()]
        try:
            for place, piece in pieces(self._end, rows):
                for offset in (place, place + AREA_BYTES):
                    os.lseek(self._fd, offset, os.SEEK_SET)
                    write_all(self._fd, piece, disk=self._disk)
                self._end = place + len(piece)
            # Power goes now: of each copy none, some or all of the rows, and parts of some.
            self._disk.fdatasync(self._fd)
        except BaseException:
            self.close()
            raise
        # Power goes now: all of the rows, twice.
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
        rows = [self._wrap(*each) for each in kept.items()]
        replace(self.path, table_of(self._header, rows), mode=0o640, disk=self._disk)
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
        found = parse(data, self._aead)
        if not found.rows and not is_headed(data, self._header):
            raise WrongSecret(f"{self.path} is under another secret")
        self._age_files = found.age_files
        sound = table_of(self._header, [row.raw for row in found.rows])
        self.damaged = is_damaged(data, sound, found)
        if data != sound:
            replace(self.path, sound, mode=0o640, disk=self._disk)
            # Power goes now: what was sound of the table, twice.
        self._end = end_of(row.raw for row in found.rows)
        self._fd = self._disk.open(self.path, os.O_WRONLY | os.O_CLOEXEC)

    def _wrap(self, call_id: str, age_file: bytes) -> bytes:
        length = len(age_file) + TAG_BYTES
        if length > MAX_LENGTH:
            raise ValueError(f"age file of {len(age_file)} bytes, want at most {MAX_LENGTH}")
        # Random nonces: a day has thousands of rows, and 2**-96 a pair.
        nonce = os.urandom(_NONCE_BYTES)
        head = ROW.pack(ROW_MAGIC, length, ulid.to_bytes(call_id), nonce)
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
    found = parse(data, ChaCha20Poly1305(key))
    if not found.rows and not is_headed(data, header):
        raise WrongSecret(f"{path} is under another secret")
    return frozenset(found.age_files)


def has_key(path: Path, secret: bytes, call_id: str) -> bool:
    """Say whether a call's key opens; looked for at the table's end first. Nothing is changed."""
    mark, aead = ulid.to_bytes(call_id), _aead_of(secret, path.parent.name)
    size = path.stat().st_size
    with path.open("rb") as file:
        for offset in (max(0, size - _TAIL_BYTES), 0):
            file.seek(offset)
            data, at = file.read(), -1
            while (at := data.find(mark, at + 1)) >= 0:
                if at >= _CALL_AT and row_at(data, at - _CALL_AT, aead) is not None:
                    return True
    return False


def damage(path: Path, secret: bytes) -> str:
    """Say what of a table is damaged, or "" where it is sound."""
    key, header = _derive(secret, check_day(path.parent.name))
    data = path.read_bytes()
    found = parse(data, ChaCha20Poly1305(key))
    if not is_headed(data, header):
        return "its header is damaged"
    sound = table_of(header, [row.raw for row in found.rows])
    return "its rows are not as they were written" if is_damaged(data, sound, found) else ""


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
    return is_headed(data, header) or bool(parse(data, ChaCha20Poly1305(key)).rows)

"""Day secrets in a chip whose bytes can be overwritten: see day_secrets.py for why.

The chip is divided into slots of 128 bytes from its first byte on, each two copies of

    offset  size
       0      1   kind    1 the day's secret, 2 one staged to take its place
       1     16   day     ASCII, zero-padded
      17     32   secret
      49     15   check   the first 15 bytes of SHA-256 of the 49 before

The first copy counts if its check is right, else the second. Writing writes the second copy, then
the first, and erasing zeroes the first, then the second; so a slot whose first copy is zeros and
whose second has no right check is free. After a power cut a slot holds what it held, or what it was
to hold, or nothing, and the same step can be done again. 32 KiB are 256 slots: Osan's 91 days, one
staged, and room for held and doubtful days.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from typing import Final, Protocol

from appliance.vault.day_secrets import (
    SECRET_BYTES,
    SecretDamaged,
    SecretGone,
    SecretStore,
    check_day,
)

SLOT_BYTES: Final = 128
_COPY_BYTES: Final = 64
_DAY_BYTES: Final = 16
_HEAD_BYTES: Final = 1 + _DAY_BYTES
_CHECK_BYTES: Final = 15
_DAYS, _STAGED = 1, 2


class ChipFull(OSError):
    """There is no free slot: the chip is too small for the days that are kept."""


class Chip(Protocol):
    """A memory that really overwrites: `firmware_bridge.fram.Fram`, `i2c_memory.I2cMemory`."""

    size: int

    def read(self, at: int, count: int) -> bytes: ...

    def write(self, at: int, data: bytes) -> None: ...


class ChipSecrets:
    """Day secrets in a chip; see SecretStore for what each call does. Not for two threads."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    @property
    def slots(self) -> int:
        """How many days it has room for."""
        return self._chip.size // SLOT_BYTES

    def get(self, day: str) -> bytes:
        try:
            return self.read(day)
        except SecretGone:
            secret = os.urandom(SECRET_BYTES)
            self.put(day, secret)
            return secret

    def read(self, day: str) -> bytes:
        found = self._find(_DAYS, day)
        if found is None:
            raise SecretGone(f"the chip has no secret of {day}")
        return found[1]

    def put(self, day: str, secret: bytes) -> None:
        """Keep a secret for a day that has none.

        Raises:
            ChipFull: see there.
        """
        self._write(self._free(), _pack(_DAYS, day, secret))

    def destroy(self, day: str) -> None:
        self.drop(day)
        self._erase(_DAYS, day)

    def set_aside(self, day: str) -> None:
        """Erase what is left of a damaged secret: a chip has no room for what opens nothing."""
        self._erase(_DAYS, day)

    def stage(self, day: str) -> bytes:
        self.drop(day)
        secret = os.urandom(SECRET_BYTES)
        self._write(self._free(), _pack(_STAGED, day, secret))
        return secret

    def staged(self, day: str) -> bytes | None:
        found = self._find(_STAGED, day)
        return None if found is None else found[1]

    def drop(self, day: str) -> None:
        self._erase(_STAGED, day)

    def turn(self, day: str) -> None:
        found = self._find(_STAGED, day)
        if found is None:
            raise SecretGone(f"the chip has no secret staged for {day}")
        self._erase(_DAYS, day)
        # Power goes now: the old secret reads as gone, the staged one is there: turn again.
        self._write(found[0], _pack(_DAYS, day, found[1]))
        # Power goes before this: the staged one, or the day's, in either copy.

    def _slots(self) -> Iterator[tuple[int, bytes]]:
        kept = self._chip.read(0, self.slots * SLOT_BYTES)
        for at in range(0, len(kept), SLOT_BYTES):
            yield at, kept[at : at + SLOT_BYTES]

    def _find(self, kind: int, day: str) -> tuple[int, bytes] | None:
        """Return where a day's secret lies, and what it is.

        Raises:
            SecretDamaged: there is one of this day, and neither copy is whole.
        """
        head = _head(kind, day)
        for at, slot in self._slots():
            copy = _counts(slot)
            if copy is not None and copy.startswith(head):
                return at, copy[_HEAD_BYTES : _HEAD_BYTES + SECRET_BYTES]
            if copy is None and _belongs(slot, head):
                raise SecretDamaged(f"the chip's secret of {day}: neither copy is whole")
        return None

    def _free(self) -> int:
        for at, slot in self._slots():
            if not any(slot) or _is_remnant(slot):
                return at
        raise ChipFull(f"the chip has {self.slots} slots, and all are taken")

    def _write(self, at: int, copy: bytes) -> None:
        self._chip.write(at + _COPY_BYTES, copy)
        # Power goes now: the first copy still says what it said, unless it was free.
        self._chip.write(at, copy)

    def _erase(self, kind: int, day: str) -> None:
        head = _head(kind, day)
        for at, slot in self._slots():
            copy = _counts(slot)
            ours = _belongs(slot, head) if copy is None else copy.startswith(head)
            if ours or _is_remnant(slot):
                self._chip.write(at, bytes(_COPY_BYTES))
                # Power goes now: the second copy, which is found and erased the next time.
                self._chip.write(at + _COPY_BYTES, bytes(_COPY_BYTES))


def move(days: list[str], files: SecretStore, chip: ChipSecrets) -> None:
    """Move the secrets of these days from their files into the chip.

    It can be cut short anywhere and done again: a secret is erased from its file when it is in the
    chip.
    """
    for day in days:
        try:
            secret = files.read(day)
        except SecretGone:
            continue
        try:
            chip.read(day)
        except SecretGone:
            chip.put(day, secret)
        files.destroy(day)


def _head(kind: int, day: str) -> bytes:
    return bytes([kind]) + check_day(day).encode().ljust(_DAY_BYTES, b"\0")


def _pack(kind: int, day: str, secret: bytes) -> bytes:
    copy = _head(kind, day) + secret
    return copy + sha256(copy).digest()[:_CHECK_BYTES]


def _counts(slot: bytes) -> bytes | None:
    """Return the copy that counts, or None."""
    for copy in (slot[:_COPY_BYTES], slot[_COPY_BYTES:]):
        body, check = copy[:-_CHECK_BYTES], copy[-_CHECK_BYTES:]
        if check == sha256(body).digest()[:_CHECK_BYTES]:
            return copy
    return None


def _is_remnant(slot: bytes) -> bool:
    """Say whether a cut left this of an erasure, or of a first writing: nobody's, and not zeros."""
    return not any(slot[:_COPY_BYTES]) and any(slot) and _counts(slot) is None


def _belongs(slot: bytes, head: bytes) -> bool:
    """Say whether a slot without a whole copy was this day's, and is not a free one."""
    return any(slot[:_COPY_BYTES]) and (
        slot.startswith(head) or slot[_COPY_BYTES:].startswith(head)
    )

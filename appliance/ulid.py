"""Call ids: ULIDs, 16 bytes on the disk and 26 letters everywhere else, sorted by time.

    01AN4Z07BY      79KA1307SR9X4MV3
    |--------|    |----------------|
     48 bits of     80 random bits
     UTC in ms

Source: github.com/ulid/spec; Crockford's base 32 (no I, L, O, U).
"""

import os
from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TEXT_LENGTH = 26
#: A regular expression that an id fits, and nothing else of its length.
PATTERN = f"[{ALPHABET}]{{{TEXT_LENGTH}}}"

_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_RANDOM_BITS = 80
_TIME_END = 1 << 48


class Ulids:
    """Gives out ids that rise within a millisecond. Not for two threads."""

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        self._random = random
        self._last = -1

    def new(self, time_ms: int) -> str:
        """Return the next id for this time, UTC milliseconds since 1970.

        Within the millisecond of the id before, it is that id plus one.
        """
        if not 0 <= time_ms < _TIME_END:
            raise ValueError(f"a ULID's time is 0 to {_TIME_END - 1} ms, got {time_ms}")
        if self._last >= 0 and self._last >> _RANDOM_BITS == time_ms:
            value = self._last + 1
        else:
            # The top bit stays clear, so that counting up can not run into the time.
            low = int.from_bytes(self._random(10), "big") >> 1
            value = time_ms << _RANDOM_BITS | low
        self._last = value
        return from_bytes(value.to_bytes(16, "big"))


def from_bytes(raw: bytes) -> str:
    """Return the 26 letters of 16 bytes."""
    if len(raw) != 16:
        raise ValueError(f"a ULID has 16 bytes, got {len(raw)}")
    value = int.from_bytes(raw, "big")
    return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def to_bytes(text: str) -> bytes:
    """Return the 16 bytes of 26 letters.

    Raises:
        ValueError: not a ULID in its one form: capitals, none of I, L, O, U, first 0 to 7.
    """
    if len(text) != TEXT_LENGTH or text[0] > "7" or not set(text) <= _VALUE.keys():
        raise ValueError(f"not a ULID: {text!r}")
    value = 0
    for letter in text:
        value = value << 5 | _VALUE[letter]
    return value.to_bytes(16, "big")


def time_ms(text: str) -> int:
    """Return when an id was made, UTC milliseconds since 1970."""
    return int.from_bytes(to_bytes(text)[:6], "big")

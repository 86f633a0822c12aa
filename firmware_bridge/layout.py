"""Payloads as C structures in text tables: a line is a struct code, a name, the values allowed.

    B   line      1..8
    H   freq_hz
    x   -

Codes are those of Python's struct; little-endian, nothing padded; `x -` is a byte sent as 0.
"""

import struct
from dataclasses import astuple, dataclass
from typing import Any, ClassVar, Final, Self


class BadPayload(ValueError):
    """The bytes, or the values, are not a message of this layout."""


class Layout:
    """One structure, shared by all messages of its type.

    Attributes:
        names: of the fields, in order.
        size: in bytes.
    """

    def __init__(self, name: str, table: str = "") -> None:
        self.name: Final = name
        rows = [line.split() for line in table.strip().splitlines()]
        self._struct = struct.Struct("<" + "".join(row[0] for row in rows))
        self.names: Final = tuple(row[1] for row in rows if row[0] != "x")
        self.size: Final = self._struct.size
        self._ranges = {row[1]: _bounds(row[2]) for row in rows if len(row) > 2}

    def pack(self, *values: Any) -> bytes:
        """Return the structure's bytes.

        Raises:
            BadPayload: a value does not fit.
        """
        self.check(values)
        try:
            return self._struct.pack(*values)
        except struct.error as error:
            raise BadPayload(f"{self.name}: {error}") from error

    def unpack(self, payload: bytes) -> tuple[Any, ...]:
        """Return the values; bytes behind the structure are a newer minor version's, and ignored.

        Raises:
            BadPayload: too short, or a value out of its range.
        """
        if len(payload) < self.size:
            raise BadPayload(f"{self.name}: {len(payload)} bytes, want at least {self.size}")
        values = self._struct.unpack_from(payload)
        self.check(values)
        return values

    def check(self, values: tuple[Any, ...]) -> None:
        """Check that each value is in its range.

        Raises:
            BadPayload: one is not.
        """
        for name, value in zip(self.names, values, strict=True):
            low, high = self._ranges.get(name, (value, value))
            if not low <= value <= high:
                raise BadPayload(f"{self.name}: {name} is {value}, want {low}..{high}")


@dataclass(frozen=True, slots=True)
class Message:
    """A payload. Its fields are its layout's, in order."""

    TYPE: ClassVar[int]
    LAYOUT: ClassVar[Layout]

    def to_bytes(self) -> bytes:
        """Return the payload.

        Raises:
            BadPayload: a value is out of its range.
        """
        return self.LAYOUT.pack(*astuple(self))

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        """Read a payload.

        Raises:
            BadPayload: too short, or a value out of its range.
        """
        return cls(*cls.LAYOUT.unpack(payload))


def _bounds(text: str) -> tuple[int, int]:
    low, _, high = text.partition("..")
    return int(low), int(high or low)

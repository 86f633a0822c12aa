"""A memory chip on a bus, written in pieces that it takes at once and read back."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar


class FramGone(OSError):
    """The chip does not answer, or does not keep what it is given."""


class ChipMemory(ABC):
    """Not for two threads.

    Attributes:
        size: in bytes.
        piece: bytes that are read or written at once; none crosses a multiple of it.
    """

    piece: ClassVar[int]

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, at: int, count: int) -> bytes:
        """Return what is kept there.

        Raises:
            FramGone: the chip does not answer, where the bus can tell.
        """
        return b"".join(self._read(start, end - start) for start, end in self._pieces(at, count))

    def write(self, at: int, data: bytes) -> None:
        """Keep this there, in the place of what was; it is kept when this returns.

        Raises:
            FramGone: it does not answer, or reads back otherwise; any part of it may be there.
        """
        for start, end in self._pieces(at, len(data)):
            self._write(start, data[start - at : end - at])
        if self.read(at, len(data)) != data:
            raise FramGone(f"{len(data)} bytes at {at} do not read back as they were written")

    @abstractmethod
    def close(self) -> None:
        """Give the bus up."""

    @abstractmethod
    def _read(self, at: int, count: int) -> bytes: ...

    @abstractmethod
    def _write(self, at: int, data: bytes) -> None: ...

    def _pieces(self, at: int, count: int) -> Iterator[tuple[int, int]]:
        if at < 0 or count < 0 or at + count > self.size:
            raise ValueError(f"got {count} bytes at {at}, want them within {self.size}")
        start = at
        while start < at + count:
            end = min(at + count, start // self.piece * self.piece + self.piece)
            yield start, end
            start = end

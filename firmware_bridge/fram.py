"""An FRAM chip on the SPI bus: a memory in which a byte really is overwritten.

Flash writes elsewhere and forgets where; FRAM (MB85RS64V to MB85RS256B, FM25V02, CY15B) writes in
place, at once, 10^12 times and more, and keeps it without power. Modes 0 and 3, most significant
bit first, addresses of two bytes:

    06                  WREN   writing is allowed; over again after each WRITE
    02 aa aa dd ...     WRITE  from the address on
    03 aa aa            READ   from the address on
    9F                  RDID   the maker: 04 7F Fujitsu, six 7F and C2 Ramtron and Cypress

What is written is read back: a chip that is not there, or was lifted off, answers 00 or FF.

Source: Fujitsu (RAMXEED) MB85RS64V, DS501-00015; Cypress FM25V02, 001-86203. Known from paper; no
chip has been tried.
"""

from collections.abc import Sequence
from typing import Final, Protocol

WREN: Final = 0x06
WRITE: Final = 0x02
READ: Final = 0x03
RDID: Final = 0x9F
#: 5 MHz: a quarter of the slowest part's, for wires a hand long.
SPEED_HZ: Final = 5_000_000
#: spidev takes 4096 bytes at a time, unless its module is told otherwise.
_AT_ONCE: Final = 1024


class SpiPort(Protocol):
    """What is used of spidev.SpiDev."""

    def xfer2(self, values: Sequence[int], /) -> Sequence[int]: ...

    def close(self) -> None: ...


class FramGone(OSError):
    """The chip does not answer, or does not keep what it is given."""


class Fram:
    """Attributes: size, in bytes. Not for two threads."""

    def __init__(self, port: SpiPort, size: int) -> None:
        """Take a chip of this size.

        Raises:
            FramGone: nothing answers.
        """
        self.size = size
        self._port = port
        maker = bytes(port.xfer2([RDID, 0, 0, 0, 0])[1:])
        if not any(maker) or maker == b"\xff" * 4:
            raise FramGone(f"no FRAM answers: its maker reads {maker.hex()}")

    def read(self, at: int, count: int) -> bytes:
        """Return what is kept there."""
        self._check(at, count)
        kept = b""
        for start in range(at, at + count, _AT_ONCE):
            length = min(_AT_ONCE, at + count - start)
            kept += bytes(self._port.xfer2([READ, *start.to_bytes(2, "big"), *bytes(length)])[3:])
        return kept

    def write(self, at: int, data: bytes) -> None:
        """Keep this there, in the place of what was; it is kept when this returns.

        Raises:
            FramGone: it reads back otherwise; any part of it may be there.
        """
        self._check(at, len(data))
        for start in range(0, len(data), _AT_ONCE):
            piece = data[start : start + _AT_ONCE]
            self._port.xfer2([WREN])
            self._port.xfer2([WRITE, *(at + start).to_bytes(2, "big"), *piece])
        if self.read(at, len(data)) != data:
            raise FramGone(f"{len(data)} bytes at {at} do not read back as they were written")

    def close(self) -> None:
        self._port.close()

    def _check(self, at: int, count: int) -> None:
        if at < 0 or count < 0 or at + count > self.size:
            raise ValueError(f"got {count} bytes at {at}, want them within {self.size}")


def open_fram(bus: int, device: int, size: int) -> Fram:
    """Open the chip at /dev/spidevBUS.DEVICE.

    Raises:
        FramGone: see there.
        OSError: there is no such device, or it may not be opened.
    """
    import spidev  # noqa: PLC0415  only a box with the chip needs it

    port = spidev.SpiDev()
    port.open(bus, device)
    port.max_speed_hz = SPEED_HZ
    port.mode = 0
    try:
        return Fram(port, size)
    except FramGone:
        port.close()
        raise

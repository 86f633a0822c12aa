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

from firmware_bridge.chip_memory import ChipMemory, FramGone

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


class Fram(ChipMemory):
    """A chip on the SPI bus."""

    piece = _AT_ONCE

    def __init__(self, port: SpiPort, size: int) -> None:
        """Take a chip of this size.

        Raises:
            FramGone: nothing answers.
        """
        super().__init__(size)
        self._port = port
        maker = bytes(port.xfer2([RDID, 0, 0, 0, 0])[1:])
        if not any(maker) or maker == b"\xff" * 4:
            raise FramGone(f"no FRAM answers: its maker reads {maker.hex()}")

    def close(self) -> None:
        self._port.close()

    def _read(self, at: int, count: int) -> bytes:
        return bytes(self._port.xfer2([READ, *at.to_bytes(2, "big"), *bytes(count)])[3:])

    def _write(self, at: int, data: bytes) -> None:
        self._port.xfer2([WREN])
        self._port.xfer2([WRITE, *at.to_bytes(2, "big"), *data])


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

"""An FRAM or EEPROM chip on the I2C bus: a memory in which a byte really is overwritten.

Both write in place, FRAM (MB85RC256V, FM24W256) at once, EEPROM (24LC256, AT24C256) by pages; while
it writes one it answers to nothing, for 5 ms at most. Addresses of two bytes:

    S 1010xxx0 aa aa dd ... P                  write from the address on, within a page
    S 1010xxx0 aa aa S 1010xxx1 dd ... P       read

What is written is read back: a bus without the chip is told by its silence, a chip that is write
protected by what it keeps.

Source: Fujitsu (RAMXEED) MB85RC256V, DS501-00017; Microchip 24LC256, DS20001203. Known from paper;
no chip has been tried.
"""

from time import monotonic
from typing import Final, Protocol

from smbus2 import SMBus, i2c_msg

from firmware_bridge.fram import FramGone

#: Of the smallest EEPROM with addresses of two bytes (24LC32); others hold whole ones of these.
PAGE: Final = 32
#: Four times what the slowest EEPROM takes for a page.
READY_S: Final = 0.02
_AT_ONCE: Final = 512


class I2cPort(Protocol):
    """What is used of smbus2.SMBus."""

    def i2c_rdwr(self, *messages: i2c_msg) -> None: ...

    def close(self) -> None: ...


class I2cMemory:
    """Attributes: size, in bytes. Not for two threads."""

    def __init__(self, port: I2cPort, address: int, size: int) -> None:
        """Take a chip of this size at this address of the bus.

        Raises:
            FramGone: nothing answers.
        """
        self.size = size
        self._port = port
        self._address = address
        self.read(0, 1)

    def read(self, at: int, count: int) -> bytes:
        """Return what is kept there.

        Raises:
            FramGone: the chip does not answer.
        """
        self._check(at, count)
        kept = b""
        for start in range(at, at + count, _AT_ONCE):
            length = min(_AT_ONCE, at + count - start)
            answer = i2c_msg.read(self._address, length)
            self._send(i2c_msg.write(self._address, start.to_bytes(2, "big")), answer)
            kept += bytes(answer)
        return kept

    def write(self, at: int, data: bytes) -> None:
        """Keep this there, in the place of what was; it is kept when this returns.

        Raises:
            FramGone: it does not answer, or reads back otherwise; any part of it may be there.
        """
        self._check(at, len(data))
        start = at
        while start < at + len(data):
            end = min(at + len(data), start // PAGE * PAGE + PAGE)
            page = start.to_bytes(2, "big") + data[start - at : end - at]
            self._send(i2c_msg.write(self._address, page))
            start = end
        if self.read(at, len(data)) != data:
            raise FramGone(f"{len(data)} bytes at {at} do not read back as they were written")

    def close(self) -> None:
        self._port.close()

    def _send(self, *messages: i2c_msg) -> None:
        """Send messages as one; again while the chip writes the page before."""
        until_s = monotonic() + READY_S
        while True:
            try:
                return self._port.i2c_rdwr(*messages)
            except OSError as error:
                if monotonic() >= until_s:
                    raise FramGone(f"no chip answers at 0x{self._address:02x}: {error}") from None

    def _check(self, at: int, count: int) -> None:
        if at < 0 or count < 0 or at + count > self.size:
            raise ValueError(f"got {count} bytes at {at}, want them within {self.size}")


def open_i2c(bus: int, address: int, size: int) -> I2cMemory:
    """Open the chip at an address of /dev/i2c-BUS.

    Raises:
        FramGone: see there.
        OSError: there is no such bus, or it may not be opened.
    """
    port = SMBus(bus)
    try:
        return I2cMemory(port, address, size)
    except FramGone:
        port.close()
        raise

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

from firmware_bridge.chip_memory import ChipMemory, FramGone

#: Of the smallest EEPROM with addresses of two bytes (24LC32); others hold whole ones of these.
PAGE: Final = 32
#: Four times what the slowest EEPROM takes for a page.
READY_S: Final = 0.02


class I2cPort(Protocol):
    """What is used of smbus2.SMBus."""

    def i2c_rdwr(self, *messages: i2c_msg) -> None: ...

    def close(self) -> None: ...


class I2cMemory(ChipMemory):
    """A chip on the I2C bus."""

    piece = PAGE

    def __init__(self, port: I2cPort, address: int, size: int) -> None:
        """Take a chip of this size at this address of the bus.

        Raises:
            FramGone: nothing answers.
        """
        super().__init__(size)
        self._port = port
        self._address = address
        self.read(0, 1)

    def close(self) -> None:
        self._port.close()

    def _read(self, at: int, count: int) -> bytes:
        answer = i2c_msg.read(self._address, count)
        self._send(i2c_msg.write(self._address, at.to_bytes(2, "big")), answer)
        return bytes(answer)

    def _write(self, at: int, data: bytes) -> None:
        self._send(i2c_msg.write(self._address, at.to_bytes(2, "big") + data))

    def _send(self, *messages: i2c_msg) -> None:
        """Send messages as one; again while the chip writes the page before."""
        until_s = monotonic() + READY_S
        while True:
            try:
                return self._port.i2c_rdwr(*messages)
            except OSError as error:
                if monotonic() >= until_s:
                    raise FramGone(f"no chip answers at 0x{self._address:02x}: {error}") from None


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

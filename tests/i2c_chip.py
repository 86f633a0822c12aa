"""An EEPROM on the I2C bus, as its data sheet has it: a stand-in for smbus2.SMBus."""

import errno


class I2cChip:
    """The outside world: `gone`, nothing answers; `protected`, its WP pin is high.

    Attributes:
        memory: what it keeps.
        busy: messages that it does not answer after a page was written: it writes.
    """

    def __init__(self, size=8192, page=32, busy=2, address=0x50):
        self.memory = bytearray(size)
        self.gone = self.protected = False
        self.busy = busy
        self._page = page
        self._address = address
        self._silent = 0
        self._at = 0

    def i2c_rdwr(self, *messages):
        for message in messages:
            if self.gone or message.addr != self._address or self._silent:
                self._silent = max(0, self._silent - 1)
                raise OSError(errno.EREMOTEIO, "Remote I/O error")
            if message.flags & 1:
                size = len(self.memory)
                for n in range(message.len):
                    message.buf[n] = self.memory[(self._at + n) % size]
            else:
                self._take(bytes(message))

    def close(self):
        self.gone = True

    def _take(self, data):
        """An address, and data that begin again at the page's beginning when they leave it."""
        self._at = int.from_bytes(data[:2], "big") % len(self.memory)
        page = self._at // self._page * self._page
        if len(data) > 2:
            self._silent = self.busy
            for n, value in enumerate(data[2:]):
                if not self.protected:
                    self.memory[page + (self._at - page + n) % self._page] = value

"""An FRAM chip that speaks the opcodes: a stand-in for spidev.SpiDev."""

from firmware_bridge.fram import RDID, READ, WREN, WRITE


class PowerCut(BaseException):
    """The power went. No code of ours may catch it and go on."""


class FramChip:
    """The outside world: `gone`, the chip does not answer; `cut_after`, bytes until the power goes.

    Attributes:
        memory: what it keeps, over a power cut too.
    """

    def __init__(self, size=8192):
        self.memory = bytearray(size)
        self.gone = False
        self.cut_after = None
        self.written = 0
        self._latch = False

    def xfer2(self, values):
        assert len(values) <= 4096, "spidev takes no more at a time"
        if self.gone:
            return [0xFF] * len(values)
        code, *rest = values
        if code == RDID:
            return [0, 0x04, 0x7F, 0x03, 0x02][: len(values)]
        if code == WREN:
            self._latch = True
            return [0]
        at = int.from_bytes(bytes(rest[:2]), "big")
        if code == READ:
            data = [self.memory[(at + n) % len(self.memory)] for n in range(len(rest) - 2)]
            return [0, 0, 0, *data]
        if code == WRITE and self._latch:
            self._latch = False
            for n, value in enumerate(rest[2:]):
                self._keep((at + n) % len(self.memory), value)
        return [0] * len(values)

    def close(self):
        self.gone = True

    def _keep(self, at, value):
        if self.written == self.cut_after:
            raise PowerCut
        self.memory[at] = value
        self.written += 1


class SpiDev:
    """What spidev gives: one chip, at 0.1, that stays over any number of openings."""

    chip = FramChip(8192)

    def open(self, bus, device):
        assert (bus, device) == (0, 1)
        self.chip.gone = False

    def xfer2(self, values):
        return self.chip.xfer2(values)

    def close(self):
        self.chip.close()

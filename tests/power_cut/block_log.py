"""A log of every block that was written and of every flush, as QEMU's blklogwrites writes it.

Sectors of 512 bytes, integers little-endian:

    superblock   magic 8, version 8, entries 8, sector size 4                        one sector
    entry        first sector 8, sectors 8, flags 8, data length 8                   one sector
                 flags: 1 flush, 2 unit access forced, 4 discard, 8 mark
                 the data of a write follows, in whole sectors

A disk keeps what was written before a flush. Of what came after, any part may be there when the
power goes: each sector for itself, in no order.

Source: Linux, Documentation/admin-guide/device-mapper/log-writes.rst; QEMU, block/blklogwrites.c.
"""

import struct
from dataclasses import dataclass

SECTOR = 512
_ENTRY = struct.Struct("<4Q")
FLUSH, FUA, DISCARD = 1, 2, 4


@dataclass(frozen=True)
class Write:
    """Attributes: at, where its data lies in the log; forced: on the disk when it was done."""

    sector: int
    sectors: int
    at: int
    flush: bool
    forced: bool

    @property
    def end(self):
        """Bytes of the log up to and with it."""
        return self.at + self.sectors * SECTOR


def read(path, until):
    """Yield the writes in the first bytes of a log."""
    with open(path, "rb") as file:
        at = SECTOR
        while at + SECTOR <= until:
            file.seek(at)
            sector, sectors, flags, _ = _ENTRY.unpack(file.read(_ENTRY.size))
            data = 0 if flags & DISCARD else sectors * SECTOR
            if at + SECTOR + data > until:
                return
            yield Write(sector, data // SECTOR, at + SECTOR, bool(flags & FLUSH), bool(flags & FUA))
            at += SECTOR + data


def cut(log, until, image, rng):
    """Make of the disk's first state what a power cut leaves; return the writes in doubt.

    Args:
        until: bytes of the log at that moment.
        image: the disk as it was when the log began; it is changed.
    """
    writes = list(read(log, until))
    flushed = max((n for n, write in enumerate(writes) if write.flush), default=-1)
    doubtful = 0
    with open(log, "rb") as source, open(image, "r+b") as disk:
        for number, write in enumerate(writes):
            source.seek(write.at)
            data = source.read(write.sectors * SECTOR)
            safe = number <= flushed or write.forced
            doubtful += not safe and bool(data)
            for offset, piece in [(0, data)] if safe else list(_left(data, rng)):
                disk.seek(write.sector * SECTOR + offset)
                disk.write(piece)
    return doubtful


def _left(data, rng):
    """Yield what is there of a write that was not flushed: all, nothing, or some sectors."""
    fate = rng.randrange(3)
    if fate == 0:
        yield 0, data
    elif fate == 1:
        for at in range(0, len(data), SECTOR):
            if rng.random() < 0.5:
                yield at, data[at : at + SECTOR]

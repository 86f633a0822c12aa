"""What was damaged and put aside is not kept for longer than what it holds.

    calls.db.damaged-DATE   rows with numbers, of calls up to that moment: erased when calls of that
                            moment are due and none of before is kept but held ones
    keys.db.lost-N          goes with its day; of a day that stays for held calls it goes as soon as
                            the keys of all these are in keys.db

Step by step: written over, entered in the ledger, unlinked. Power goes after the first: zeros, and
the next sweep does it again; after the second: zeros that are entered twice.
"""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from appliance.durable import Disk, opened, sync_directory, write_all
from appliance.vault.key_table import NAME as KEYS

#: An index put aside, and its log; the moment is UTC, to the microsecond.
_INDEX: Final = re.compile(r"calls\.db\.damaged-(\d{8}T\d{12})(?:-wal|-shm)?")
_AT_ONCE: Final = 1 << 20


def old_indexes(data: Path) -> Iterator[tuple[Path, datetime]]:
    """Return the indexes that were put aside, and when."""
    for path in sorted(data.glob("calls.db.damaged-*")):
        if found := _INDEX.fullmatch(path.name):
            at = datetime.strptime(found[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
            yield path, at


def needless_keys(day_dir: Path, keyed: Collection[str], kept: Collection[str]) -> list[Path]:
    """Return a day's tables of lost keys, if no call that is kept may need them."""
    return sorted(day_dir.glob(f"{KEYS}.lost-*")) if set(kept) <= set(keyed) else []


def write_over(path: Path, *, disk: Disk = os) -> Iterator[None]:
    """Write zeros over a file, on the disk, a piece at a time: an index may have 500 MB."""
    with opened(path, os.O_WRONLY, disk=disk) as fd:
        size = os.fstat(fd).st_size
        for at in range(0, size, _AT_ONCE):
            write_all(fd, bytes(min(_AT_ONCE, size - at)), disk=disk)
            disk.fsync(fd)
            yield


def unlink(path: Path, *, disk: Disk = os) -> None:
    """Remove a file for good."""
    with suppress(FileNotFoundError):
        disk.unlink(path)
    sync_directory(path.parent, disk=disk)

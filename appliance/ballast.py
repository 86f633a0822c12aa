"""A file of nothing, thrown overboard when the disk is full.

Whoever else fills the disk takes the reserve too. Then this file goes, and its room is there for
the recorder to start, to list calls, to enter and to erase. It comes back when there is room again.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from appliance.durable import opened
from appliance.room import Space

#: A quarter of the reserve, since it must be enough to start and to erase a day: see room.py.
_PART: Final = 4
#: To start takes 1 MB: the index's log, and its map in shared memory.
_NEXT_TO_NONE: Final = 8
_NAME: Final = "ballast"


def take_aboard(data: Path, space: Space) -> None:
    """Make the ballast if it is not there; a disk that has no room for it goes without."""
    path, size = data / _NAME, space.reserve // _PART
    with suppress(FileNotFoundError):
        if path.stat().st_size >= size:
            return
    with suppress(OSError), opened(path, os.O_WRONLY | os.O_CREAT, 0o600) as fd:
        os.posix_fallocate(fd, 0, size)
        # Power goes now: a ballast of some size, or none; the next start makes it whole.


def throw_overboard(data: Path, space: Space) -> None:
    """Give the ballast's room back if there is next to none."""
    if space.free < space.reserve // _NEXT_TO_NONE:
        (data / _NAME).unlink(missing_ok=True)

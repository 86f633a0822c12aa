"""How full the disk is, and what each day takes up on it."""

import os
from contextlib import suppress
from datetime import date
from pathlib import Path

from appliance.room import Space

_BLOCK_BYTES = 512  # of st_blocks, whatever the file system's own


def space_of(path: Path) -> Space:
    """Return how much room the file system under a path has, for who is not root."""
    found = os.statvfs(path)
    return Space(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)


def by_day(vault: Path) -> dict[date, int]:
    """Return what each day's files take up, in bytes; holes take none."""
    sizes: dict[date, int] = {}
    for folder in vault.iterdir():
        with suppress(ValueError, FileNotFoundError):  # no day, or just erased
            # "2026-11-23", or "2026-11-23-doubt"
            day = date.fromisoformat(folder.name[:10])
            size = sum(file.stat().st_blocks * _BLOCK_BYTES for file in folder.iterdir())
            sizes[day] = sizes.get(day, 0) + size
    return sizes

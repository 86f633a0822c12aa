"""What the doctor says of keeping: room, for how many days, and what erasing really erases."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from appliance.box import Box
from appliance.disk_use import space_of
from appliance.room import Room, Space, room
from appliance.room_duty import look_ahead
from appliance.secret_keeping import day_secrets
from appliance.site import SiteError
from appliance.vault.chip_secrets import ChipSecrets

#: Level, what, remedy: as doctor.Finding.
Found = tuple[str, str, str]

#: Less than this and a card may be full within days: 8 lines busy 8 h a day take 0.5 GB.
LOW_DISK_BYTES: Final = 2 << 30
#: Days that a chip must hold beside the rule's: today, one staged, and some held or in doubt.
_MORE_DAYS: Final = 8
#: On these, what is written over lies in the old place as well.
_COPY_ON_WRITE: Final = frozenset({"btrfs", "f2fs", "zfs", "nilfs2", "bcachefs", "overlay"})


def examine(opened: Box, now: datetime, mounts: str | None = None) -> Iterator[Found]:
    """Say what can be said without a key.

    Args:
        mounts: /proc/self/mountinfo; None reads it.
    """
    space = space_of(opened.data)
    yield from _room(space)
    yield from _outlook(opened, space, now)
    text = Path("/proc/self/mountinfo").read_text() if mounts is None else mounts
    yield from _erasing(opened, *file_system(opened.secrets, text))


def _room(space: Space) -> Iterator[Found]:
    free = f"{space.free / 1e9:.1f} GB free"
    if room(space, Room.AMPLE) is not Room.AMPLE:
        yield "wrong", f"{free}: nothing is recorded", "make room, or fit a larger disk"
    elif space.free < LOW_DISK_BYTES:
        yield "note", free, "see that it lasts: a busy line takes 7 MB an hour"
    else:
        yield "fine", free, ""


def _outlook(opened: Box, space: Space, now: datetime) -> Iterator[Found]:
    found = look_ahead(opened, now, space)
    if found is None:
        return
    daily = f"{found.daily_bytes / 1e6:.0f} MB a day"
    text = f"at {daily} the disk holds {found.holds_days} days; the rule asks {found.asks_days}"
    if found.short:
        yield "wrong", text, "fit a larger disk before it is full"
    else:
        yield "fine", text, ""


def _erasing(opened: Box, kind: str, options: frozenset[str]) -> Iterator[Found]:
    try:
        with day_secrets(opened) as secrets:
            if isinstance(secrets, ChipSecrets):
                yield from _chip(secrets.slots, opened.policy.retention_days)
                return
    except (SiteError, OSError) as error:
        yield "wrong", f"day secrets: {error}", "check the chip, and [secrets] in site.toml"
        return
    where = f"day secrets are in files on {kind}"
    if kind in _COPY_ON_WRITE:
        remedy = "put the data folder on ext4, or fit a chip for the secrets"
        yield "note", f"{where}, which keeps what is written over", remedy
    else:
        text = f"{where}: on a card or an SSD their erasure is the best that can be done there"
        yield "note", text, "an FRAM chip makes it certain: [secrets] in site.toml"
    if "discard" not in options:
        text = "erased blocks are given back to the disk once a week at best"
        yield "note", text, "mount the data folder with the option discard"


def _chip(slots: int, keep_days: int) -> Iterator[Found]:
    wanted = keep_days + _MORE_DAYS
    text = f"day secrets are in a chip with room for {slots} days; {wanted} are wanted"
    yield ("fine", text, "") if slots >= wanted else ("wrong", text, "fit a larger chip")


def file_system(path: Path, mounts: str) -> tuple[str, frozenset[str]]:
    """Return the kind and the options of the file system that a path is on.

    Source: proc(5), /proc/PID/mountinfo.
    """
    best, found = "", ("unknown", frozenset[str]())
    for line in mounts.splitlines():
        mount, _, system = line.partition(" - ")
        place, (kind, _, options) = mount.split()[4], (*system.split(), "", "", "")[:3]
        inside = place == "/" or str(path) == place or str(path).startswith(f"{place}/")
        if inside and len(place) >= len(best):
            own = mount.split()[5]
            best, found = place, (kind, frozenset(f"{own},{options}".split(",")))
    return found

"""The last moment at which the box's clock was believed, on the disk: `DATA/clock`.

One line in the form of the ledger's (a CRC and canonical JSON), written over as a whole:

    {"boot":"3ce5cef6-...","by":"ntp","ntp_utc_ms":1795647253023,"uptime_ms":1214210,
     "utc_ms":1795647253023}                                               (one line in the file)

`uptime_ms` is the host's at that moment, and `boot` the kernel's name for that start of the host;
`ntp_utc_ms`, when NTP last set the clock, may be null.
"""

import os
from pathlib import Path
from typing import Final

from appliance.clock_watch import Anchor
from appliance.durable import Disk, replace
from appliance.ledger_walk import DamagedLine, pack_line, unpack_line
from firmware_bridge.host_clock import ClockReading

NAME: Final = "clock"


class AnchorDamaged(ValueError):
    """The file is not as it was written."""


def anchored(now: ClockReading, by: str, before: Anchor | None = None) -> Anchor:
    """Return this moment as one at which the clock was believed, by whom, after the one before."""
    synced_s = now.utc_s if now.ntp else before.ntp_utc_s if before else None
    return Anchor(now.utc_s, now.uptime_s, now.boot, by, synced_s)


def read_anchor(data: Path) -> Anchor | None:
    """Return what the file holds; None if there is none.

    Raises:
        AnchorDamaged: see there.
    """
    path = data / NAME
    try:
        value = unpack_line(path.read_bytes().removesuffix(b"\n"))
        return Anchor(
            utc_s=_whole(value["utc_ms"]) / 1000,
            uptime_s=_whole(value["uptime_ms"]) / 1000,
            boot=str(value["boot"]),
            by=str(value["by"]),
            ntp_utc_s=None if (synced := value["ntp_utc_ms"]) is None else _whole(synced) / 1000,
        )
    except FileNotFoundError:
        return None
    except (IsADirectoryError, DamagedLine, KeyError, TypeError) as error:
        raise AnchorDamaged(f"{path}: {error}") from None


def keep_anchor(data: Path, anchor: Anchor, *, disk: Disk = os) -> None:
    """Put a moment in the file's place; after a power cut it holds this one or the one before.

    Raises:
        OSError: the disk failed.
    """
    line = pack_line(
        {
            "boot": anchor.boot,
            "by": anchor.by,
            "ntp_utc_ms": None if anchor.ntp_utc_s is None else round(anchor.ntp_utc_s * 1000),
            "uptime_ms": round(anchor.uptime_s * 1000),
            "utc_ms": round(anchor.utc_s * 1000),
        }
    )
    replace(data / NAME, line, mode=0o640, disk=disk)


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"got {value!r}, want a whole number")
    return value

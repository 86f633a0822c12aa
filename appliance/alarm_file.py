"""The alarms on the disk: what was wrong yesterday is still wrong after a restart.

`alarms.json` in the data folder, written anew with each change:

    {"alarms": [{"seen_by": "", "since": "2026-11-23T02:00:00.000Z", "what": "line_down",
                 "where": "line 8"}, ...],
     "sum": SHA-256 of the canonical JSON without it, in hex}

A data folder has it from its first day: that it is missing is damage too.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from appliance import canonical, durable
from appliance.api import Alarm


class AlarmsLost(Exception):
    """The file is missing or is not as it was written: which alarms there were is not known."""


def read(path: Path) -> list[Alarm]:
    """Return the alarms that were raised when it was last written.

    Raises:
        AlarmsLost: it is missing or damaged.
    """
    try:
        kept = json.loads(path.read_bytes())
        alarms = [Alarm(**alarm) for alarm in kept["alarms"]]
        damaged = kept["sum"] != _sum(alarms)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise AlarmsLost(f"{path}: {error}") from error
    if damaged:
        raise AlarmsLost(f"{path}: the sum is not that of the list")
    return alarms


def write(path: Path, alarms: Iterable[Alarm], *, disk: durable.Disk = os) -> None:
    """Put the alarms on the disk, in one step.

    Raises:
        OSError: the disk failed; the file is the old one or the new one, whole.
    """
    listed = list(alarms)
    kept = {"alarms": [asdict(alarm) for alarm in listed], "sum": _sum(listed)}
    durable.replace(path, canonical.encode(kept), mode=0o640, disk=disk)


def _sum(alarms: list[Alarm]) -> str:
    return hashlib.sha256(
        canonical.encode({"alarms": [asdict(alarm) for alarm in alarms]})
    ).hexdigest()

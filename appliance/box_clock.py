"""What the clock is worth to a data folder, for whoever looks at it without the recorder.

A missing or damaged `DATA/clock` costs little: the newest entry of the ledger takes its place,
until NTP, the hardware clock or a person vouches for the clock again.
"""

import os
from datetime import datetime
from pathlib import Path
from typing import Final

from appliance.box import Box
from appliance.clock_anchor import AnchorDamaged, read_anchor
from appliance.clock_watch import Anchor, ClockState, judge
from appliance.ledger_walk import ENTRIES, read_entry
from firmware_bridge.host_clock import ClockReading, look

#: The newest whole entry is within so much of the ledger's end: an entry is some 400 bytes.
_TAIL_BYTES: Final = 65_536


def clock_state(box: Box, now: ClockReading | None = None) -> ClockState:
    """Return what the clock is worth to a data folder; None reads the clocks now."""
    return judge(now or look(), last_believed(box), trial=box.trial)


def last_believed(box: Box) -> Anchor | None:
    """Return the last moment at which the clock was believed, as far as the folder can tell."""
    try:
        found = read_anchor(box.data)
    except AnchorDamaged:
        found = None
    return found or newest_entry(box.ledger)


def newest_entry(ledger: Path) -> Anchor | None:
    """Return the time of the ledger's newest entry; None if no entry can be read."""
    try:
        with (ledger / ENTRIES).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = log.read().splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        try:
            entry = read_entry(line)
            return Anchor(datetime.fromisoformat(entry.time).timestamp(), 0.0, "", "ledger")
        except ValueError:
            continue  # cut off at either end, or damaged: `verify` says so
    return None

"""What the doctor says of alarms, of the watch that tells of them, and of the disk's answer.

Findings as (level, what, remedy).
"""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from time import monotonic
from typing import Final

from appliance import alarm_file
from appliance.alarm_file import AlarmsLost
from appliance.alarms import Ends, kind_of
from appliance.api import Alarm
from appliance.box import Box
from appliance.site import Site
from appliance.watch import state

Finding = tuple[str, str, str]

#: A power cut costs 0.5 s and the time of a flush, and may cost 1 s; a card that is well takes 5 to
#: 50 ms. Bench value.
SLOW_S: Final = 0.5
_FASTER: Final = "replace the memory card, or end what else writes to it"
_FEW_INODES: Final = 10_000


def alarms(raised: Iterable[Alarm]) -> Iterator[Finding]:
    """Say each alarm with its remedy."""
    for alarm in raised:
        kind = kind_of(alarm.what)
        where = f" ({alarm.where})" if alarm.where else ""
        yield "wrong", f"alarm since {alarm.since}: {kind.title}{where}", kind.remedy


def kept_alarms(opened: Box) -> Iterator[Finding]:
    """Say what was wrong as the recorder stopped, and is not over because of that."""
    try:
        kept = alarm_file.read(opened.alarms)
    except AlarmsLost as error:
        yield (
            "wrong",
            f"{error}: earlier alarms are not known",
            "start the recorder: it begins anew",
        )
        return
    yield from alarms(one for one in kept if kind_of(one.what).ends is not Ends.WATCHED)


def disk(opened: Box) -> Iterator[Finding]:
    """Say how the disk answers."""
    inodes = os.statvfs(opened.data).f_favail
    if 0 < inodes < _FEW_INODES:
        yield "wrong", f"{inodes} files more and the disk is full", "make room, or a larger disk"
    with tempfile.TemporaryFile(dir=opened.data) as probe:
        began_s = monotonic()
        probe.write(b"kirok")
        probe.flush()
        os.fsync(probe.fileno())
        took_s = monotonic() - began_s
    slow = took_s > SLOW_S
    yield (
        "note" if slow else "fine",
        f"a flush takes {1000 * took_s:.0f} ms",
        _FASTER if slow else "",
    )


def flushes(counters: Mapping[str, int]) -> Iterator[Finding]:
    """Say how long the disk took at most for what was recorded."""
    slowest_s = counters.get("slowest_flush_ms", 0) / 1000
    if slowest_s > SLOW_S:
        text = f"the disk once took {slowest_s:.1f} s for what was recorded, since the start"
        yield "note", f"{text}: a power cut then costs over 1 s of a call", _FASTER


def watch(opened: Box, here: Site | None) -> Iterator[Finding]:
    """Say whether somebody tells of alarms."""
    if here is None or (here.notices.mail is None and here.notices.syslog is None):
        yield "note", "alarms go neither by mail nor to the log", "set up [mail] in site.toml"
    elif state.shown(opened.data) is None:
        yield "wrong", "`kirok watch` does not run: nobody is told", "systemctl start kirok-watch"
    else:
        yield "fine", "alarms are told by `kirok watch`", ""

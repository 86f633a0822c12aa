"""The recorder's duty to prove itself: what a silent failure would hide for months.

    each night     a self-test of every idle line (`selftest.py`)
    after it       calls heard against recordings that open (`reconcile.py`), and a share of the
                   earlier days' recordings
    each hour      has every line been proved, by a call or a test, within UNPROVED_S
                   has a line fallen silent that is usually busy (`silence.py`)

The recorder's thread only looks at the time. The hour's work is done on a thread of its own with a
connection of its own; the night's count is another process, at the lowest priority, and reading
every segment of the day takes nothing from the recorder.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from appliance.api import NightCount
from appliance.box import Box
from appliance.calendar import is_working_day
from appliance.call_machine import Mode
from appliance.daily import due
from appliance.index import CallIndex
from appliance.index_row import iso
from appliance.index_schema import IndexBroken
from appliance.policy import Policy
from appliance.raised import Raised
from appliance.silence import WINDOW, Silences
from appliance.site import Site
from appliance.writer import Writer

log = logging.getLogger(__name__)

#: A day, and two hours in which a busy line waits for its turn.
UNPROVED: Final = timedelta(hours=26)
_HOURLY_S: Final = 3600.0
#: A minute late is soon enough.
_LOOK_S: Final = 60.0
#: The first look at the hour's things: by then a box that was off has tested its lines.
_FIRST_S: Final = 1200.0
#: A round of 64 lines takes 5 minutes; a line that is in use is waited for.
_AFTER_TESTS: Final = timedelta(minutes=40)
#: Calls that were pending then are looked at again.
_LOOK_BACK: Final = timedelta(days=2)
#: More alarms than this say no more.
_MOST_ALARMS: Final = 20

Now = Callable[[], datetime]


@dataclass(frozen=True)
class Hourly:
    """What the hour's look has found, by line."""

    unproved: frozenset[int]
    silent: dict[int, int]


class ProofDuty:
    """`turn` on the recorder's thread; what it starts works on threads of its own.

    Attributes:
        night: the last reconciliation.
    """

    def __init__(self, box: Box, site: Site, writer: Writer, alarms: Raised, now: Now) -> None:
        """Look after a data folder."""
        self._box = box
        self._site = site
        self._writer = writer
        self._alarms = alarms
        self._now = now
        self._began = now()
        with CallIndex.open_readonly(box.index) as index:
            tests = [at for at, _ in index.line_tests().values()]
            counted = index.last_count()
        self._tested = max(tests, default=self._began)
        self._counted = counted[0] if counted else self._began
        self._reread = box.policy.day(self._counted)
        self.night = _night(*counted) if counted else None
        self._look_s = 0.0
        self._hour_s: float | None = None
        self._working: threading.Thread | None = None

    def turn(self, now_s: float, begin_tests: Callable[[], None]) -> None:
        """Begin what is due."""
        if now_s < self._look_s:
            return
        self._look_s = now_s + _LOOK_S
        if self._hour_s is None:
            self._hour_s = now_s + _FIRST_S
        now, zone, at = self._now(), self._box.policy.zone, self._site.notices.selftest.at
        if due(at, zone, self._tested, now):
            self._tested = now
            begin_tests()
        if self._working is not None and self._working.is_alive():
            return
        if due(at, zone, self._counted + _AFTER_TESTS, now) and now >= self._tested + _AFTER_TESTS:
            self._counted = now
            self._begin(self._count)
        elif now_s >= self._hour_s:
            self._hour_s = now_s + _HOURLY_S
            self._begin(self._look)

    def _begin(self, work: Callable[[], None]) -> None:
        self._working = threading.Thread(target=_guarded, args=(work,), name="proof", daemon=True)
        self._working.start()

    # ------------------------------------------------------------ on a thread of its own

    def _look(self) -> None:
        lines = [line.number for line in self._site.lines if line.mode is not Mode.NONE]
        now = self._now()
        with CallIndex.open_readonly(self._box.index) as index:
            found = look(index, {line: self._began for line in lines}, now, self._box.policy)
        for line in lines:
            self._alarms.set("line_unproved", f"line {line}", line in found.unproved)
            expected = found.silent.get(line)
            self._alarms.set(
                "line_silent", f"line {line}", expected is not None, expected=str(expected)
            )

    def _count(self) -> None:
        now = self._now()
        since, tonight = now - _LOOK_BACK, self._box.policy.day(now)
        nights = max(1, (tonight - self._reread).days)
        try:
            count = run_count(self._box, since, nights)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._alarms.set("count_failed", "", True, wrong=str(error))
            raise
        self._alarms.set("count_failed", "", False)
        self._reread = tonight
        wrong = count["wrong"]
        for one in wrong[:_MOST_ALARMS]:
            self._alarms.set("reconcile_failed", one["call"], True, wrong=one["wrong"])
        facts = {"since": iso(since), **count, "wrong": [one["call"] for one in wrong]}
        self._writer.do(lambda store: store.enter_count(facts))
        self.night = _night(now, facts)


def _night(at: datetime, found: Mapping[str, Any]) -> NightCount:
    numbers = {name: int(found[name]) for name in ("heard", "recorded", "proved")}
    reread = int(found.get("reread", 0))
    return NightCount(at=str(iso(at)), wrong=len(found["wrong"]), reread=reread, **numbers)


def look(index: CallIndex, lines: Mapping[int, datetime], now: datetime, policy: Policy) -> Hourly:
    """Look at what is to be looked at each hour.

    Args:
        lines: and since when each that was never proved could have been.
    """
    proved = {**lines, **index.last_proved(lines)}
    unproved = [line for line in lines if now - proved[line] > UNPROVED]

    def is_holiday(day: date) -> bool:
        return day.weekday() < 5 and not is_working_day(policy.profile.calendar, day)

    past = Silences(index.calls_by_hour(now - WINDOW), now, policy.zone, is_holiday)
    silent = past.find(index.last_calls(lines))
    return Hourly(frozenset(unproved), {one.line: round(one.expected) for one in silent})


def run_count(box: Box, since: datetime, nights: int = 0) -> dict[str, Any]:
    """Reconcile in a process of its own, and return what it found.

    Args:
        nights: of earlier days the share of so many nights is read again.

    Raises:
        OSError, ValueError, subprocess.SubprocessError: it could not.
    """
    command = [sys.executable, "-m", "appliance", "reconcile", "--data", str(box.data)]
    done = subprocess.run(
        [
            "nice",
            "-n",
            "19",
            *command,
            "--since",
            str(iso(since)),
            "--nights",
            str(nights),
            "--json",
        ],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if done.returncode not in (0, 1) or not done.stdout:
        raise ValueError(done.stderr.decode(errors="replace")[-500:])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _guarded(work: Callable[[], None]) -> None:
    try:
        work()
    except (OSError, ValueError, IndexBroken, subprocess.SubprocessError) as error:
        log.error("the check of what was proved failed: %s", error)


def utc_now() -> datetime:
    return datetime.now(UTC)

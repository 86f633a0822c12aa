"""`kirok selftest`, `reconcile`: prove now what is else proved each night."""

import argparse
import json
import os
import pwd
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Final

from appliance import box, site
from appliance.api import BoxStatus, RecorderAway
from appliance.call_machine import Mode
from appliance.commands.common import (
    DONE,
    WRONG,
    NotATime,
    Subparsers,
    add_command,
    add_data,
    moment,
)
from appliance.control import ControlClient
from appliance.index import CallIndex
from appliance.index_schema import IndexBroken
from appliance.progress import Progress
from appliance.reconcile import cycle, reconcile, share
from appliance.selftest import LENGTH_S, QUIET_S, ROUND_S

MISUSE: Final = (NotATime,)
FAULTS: Final = (IndexBroken, RecorderAway)

_LOOK_S: Final = 0.5


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    test = add_command(
        commands, "selftest", _selftest, "send a tone through the whole path of every idle line"
    )
    test.add_argument("--config", type=Path, metavar="FILE", required=True, help="site.toml")
    test.add_argument(
        "--seconds", type=float, metavar="N", default=ROUND_S, help="wait so long for busy lines"
    )
    test.add_argument("--json", action="store_true", help="one JSON object a line")
    count = add_command(
        commands, "reconcile", _reconcile, "compare the calls heard with the recordings that open"
    )
    add_data(count)
    count.add_argument(
        "--since", metavar="ISO", required=True, help="calls that began from then on"
    )
    count.add_argument(
        "--nights",
        type=int,
        metavar="N",
        default=0,
        help="read again a share of the earlier days too, so many nights' worth",
    )
    count.add_argument("--json", action="store_true", help="a JSON object")


def _selftest(given: argparse.Namespace) -> int:
    here = site.load(given.config)
    recorder = ControlClient(box.open_box(here.data).socket)
    before = recorder.status()
    if before.board != "streaming":
        print("the tap board does not answer: nothing can be tested")
        return WRONG
    lines = [line.line for line in before.lines if line.mode != Mode.NONE.value]
    recorder.self_test(pwd.getpwuid(os.getuid()).pw_name)
    status = _wait(recorder, before, lines, given.seconds)
    good = True
    for line in (line for line in status.lines if line.line in lines):
        fresh = _fresh(before, status, line.line)
        wrong = (line.test.wrong if line.test else "") if fresh else "in use: not tested"
        good = good and not wrong
        if given.json:
            print(json.dumps({"line": line.line, "passed": not wrong, "wrong": wrong}))
        else:
            print(f"line {line.line}: {wrong or 'passed'}")
    return DONE if good else WRONG


def _wait(
    recorder: ControlClient, before: BoxStatus, lines: list[int], limit_s: float
) -> BoxStatus:
    """Wait until each of these lines has been tested, or for so long."""
    until = monotonic() + min(limit_s, ROUND_S + len(lines) * (LENGTH_S + QUIET_S))
    with Progress("lines", len(lines)) as progress:
        while True:
            status = recorder.status()
            done = sum(_fresh(before, status, line) for line in lines)
            progress.at(done)
            if done == len(lines) or monotonic() >= until:
                return status
            Event().wait(_LOOK_S)


def _fresh(before: BoxStatus, now: BoxStatus, line: int) -> bool:
    """Say whether a line has been tested since then."""
    tests = [{one.line: one.test for one in status.lines}.get(line) for status in (before, now)]
    return tests[1] is not None and tests[1] != tests[0]


def _reconcile(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    since = moment(given.since, opened.policy.zone, end_of_day=False)
    assert since is not None
    with CallIndex.open_readonly(opened.index) as index:
        days = [day for day, *_ in index.last_recordings()] if given.nights else []
        tonight, every = opened.policy.day(datetime.now(UTC)), cycle(opened.policy.retention_days)
        reread = share(days, tonight, given.nights, every)
        count = reconcile(opened, index, since, reread)
    if given.json:
        print(json.dumps(count.as_json()))
    else:
        print(
            f"{count.heard} calls heard, {count.recorded} recorded, {count.proved} proved,"
            f" {count.pending} wait for their proof"
        )
        if given.nights:
            print(f"{count.reread} recordings of {len(reread)} earlier days were read again")
        for one in count.wrong:
            print(f"call {one.call}: {one.wrong}")
    return WRONG if count.wrong else DONE

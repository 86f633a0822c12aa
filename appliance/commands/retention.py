"""`kirok retention`: what is erased when, and why the rest is kept."""

import argparse
import json
import sys
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import Final

from appliance import box
from appliance.api import RecorderAway, Refused
from appliance.box import Box
from appliance.box_clock import clock_state
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
from appliance.engine import BoxInUse, open_parts
from appliance.index import CallIndex
from appliance.progress import Progress
from appliance.recovery import recover
from appliance.retention import Decision, Moment, decide
from appliance.show_calls import local
from appliance.store import Store

MISUSE: Final = (NotATime, Refused)
FAULTS: Final = (BoxInUse, RecorderAway)

#: A running recorder erases 10 000 calls in some seconds; a slow card takes longer.
_PATIENCE_S: Final = 600.0
_LOOK_S: Final = 0.2
_REMEDY: Final = (
    "`kirok doctor --deep` says what is wrong: mend that and run this again, since they are kept"
    " against the rule; the recorder too tries again by itself"
)


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    sweep = add_command(
        commands, "retention", _retention, "erase what is due, and say why each call stays"
    )
    add_data(sweep)
    sweep.add_argument("--now", metavar="ISO", help="as if it were then (trial folders only)")
    sweep.add_argument("--dry-run", action="store_true", help="say it, and erase nothing")
    sweep.add_argument("--json", action="store_true", help="one JSON object a line")


def _retention(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    now = _now(opened, given.now)
    with CallIndex.open_readonly(opened.index) as index:
        decisions = list(decide(index.kept(), now, opened.policy))
    for each in decisions:
        print(
            json.dumps(each.as_json(), ensure_ascii=False) if given.json else _shown(each, opened)
        )
    if given.dry_run:
        return DONE
    left = _erase(opened, [each.id for each in decisions if each.erase], given.now, now)
    if left:
        print(f"kirok: {left} calls that are due could not be erased; {_REMEDY}", file=sys.stderr)
    overdue = [each for each in decisions if not each.erase and _overdue(each, now)]
    return WRONG if left or overdue else DONE


def _overdue(decision: Decision, now: Moment) -> bool:
    return not now.trusted and decision.due is not None and decision.due <= now.utc


def _now(opened: Box, text: str | None) -> Moment:
    if text is None:
        return Moment(datetime.now(UTC), clock_state(opened).trusted)
    if not opened.trial:
        raise Refused(f"--now: {opened.data} is a real folder, which goes by its clock alone")
    at = moment(text, opened.policy.zone)
    assert at is not None
    return Moment(at.astimezone(UTC), True)


def _shown(decision: Decision, opened: Box) -> str:
    due = local(decision.due, opened.policy.zone) if decision.due else "-"
    action = "erase" if decision.erase else "keep"
    return f"{decision.id}  {due:19}  {action:5}  {decision.why}"


def _erase(opened: Box, due: list[str], now_text: str | None, now: Moment) -> int:
    """Erase what is due, here or by the recorder that runs; return how many are left."""
    try:
        with open_parts(opened) as parts:
            recover(parts.index, opened.vault, parts.ledger)
            store = Store(parts, lambda call: None)
            for _ in store.eraser.sweep(lambda: now):
                pass
            store.close()
            return parts.index.count_kept(due)
    except BoxInUse:
        ControlClient(opened.socket).sweep(None if now_text is None else now.utc.isoformat())
        return _wait(opened, due)


def _wait(opened: Box, due: list[str]) -> int:
    until_s = monotonic() + _PATIENCE_S
    with CallIndex.open_readonly(opened.index) as index, Progress("erasing", len(due)) as progress:
        while left := index.count_kept(due):
            progress.at(len(due) - left)
            if monotonic() >= until_s:
                break
            Event().wait(_LOOK_S)
    return left

"""`kirok clock`: what the clock is worth, and a person's word that it is right."""

import argparse
import getpass
import json
import sys
from datetime import UTC, datetime
from typing import Final

from appliance import box, clock_report
from appliance.api import RecorderAway
from appliance.box import Box
from appliance.box_clock import clock_state, last_believed
from appliance.clock_anchor import keep_anchor
from appliance.clock_keeper import ClockKeeper, NotTheHostsClock
from appliance.commands.common import DONE, WRONG, Subparsers, add_command, add_data
from appliance.control import ControlClient
from appliance.engine import BoxInUse, open_parts
from appliance.registry import read_people, same_name
from appliance.show_calls import local
from firmware_bridge.host_clock import look, time_service


class NoSuchPerson(LookupError):
    """Nobody has this name."""


class NotConfirmed(ValueError):
    """Nobody said that the clock is right."""


MISUSE: Final = (NotConfirmed, NoSuchPerson, BoxInUse)
FAULTS: Final = (NotTheHostsClock,)


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    clock = add_command(
        commands, "clock", _clock, "say whether the clock is believed, or confirm it by hand"
    )
    add_data(clock)
    clock.add_argument(
        "--confirm", action="store_true", help="say that the clock is right; asks first"
    )
    clock.add_argument(
        "--as", dest="name", metavar="NAME", help="who says so; default: the account"
    )
    clock.add_argument("--yes", action="store_true", help="do not ask")
    clock.add_argument("--json", action="store_true", help="one JSON object")


def _clock(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    if given.confirm:
        _confirm(opened, _person(opened, given.name), asks=not given.yes)
    now = look()
    state = clock_state(opened, now)
    report = clock_report.report(now, state, opened.data, time_service())
    if given.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        zone = opened.policy.zone
        shown = f"{local(datetime.fromtimestamp(now.utc_s, UTC), zone)} ({zone.key})"
        print("\n".join(clock_report.text(report, shown)))
    return DONE if state.trusted else WRONG


def _person(opened: Box, name: str | None) -> str:
    """Return the id of who confirms, for the ledger holds no name; without a name the account."""
    if name is None:
        return f"account {getpass.getuser()}"
    for person in read_people(opened.registry):
        if same_name(person.name) == same_name(name):
            return person.id
    raise NoSuchPerson(f"nobody here is named {name!r}; leave --as out for the account's name")


def _confirm(opened: Box, person: str, *, asks: bool) -> None:
    if asks:
        _ask(opened)
    try:
        refused = ControlClient(opened.socket).confirm_clock(person)
    except RecorderAway:
        _confirm_alone(opened, person)
        return
    if refused:
        raise NotTheHostsClock(refused)


def _ask(opened: Box) -> None:
    zone = opened.policy.zone
    now = f"{datetime.now(zone):%Y-%m-%d %H:%M:%S}"
    if not sys.stdin.isatty():
        raise NotConfirmed("no terminal to ask at: look at the time and say --yes")
    if input(f"The clock shows {now} ({zone.key}). Is it right? [y/N] ").strip().lower() != "y":
        raise NotConfirmed("nothing was confirmed: set the clock first, for example with `date -s`")


def _confirm_alone(opened: Box, person: str) -> None:
    """Confirm while no recorder runs."""
    keeper = ClockKeeper(last_believed(opened), trial=opened.trial)
    with open_parts(opened, keeper.utc) as parts:
        entry = keeper.confirm(person)
        parts.ledger.append(entry.act, **entry.facts)
        parts.ledger.sync()
        # Power goes now: an entry, and a clock that is not believed: it is confirmed again.
        if anchor := keeper.to_keep():
            keep_anchor(opened.data, anchor)

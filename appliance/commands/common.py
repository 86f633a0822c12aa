"""What every command needs: its parser, its exit codes, and the passphrase asked for."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

DONE, WRONG, MISUSED = 0, 1, 2

Command = Callable[[argparse.Namespace], int]
Subparsers = argparse._SubParsersAction


class PassphraseMissing(ValueError):
    """No passphrase was given, or not the same twice."""


class NotATime(ValueError):
    """It is no date and no time."""


def moment(text: str | None, zone: ZoneInfo, *, end_of_day: bool = False) -> datetime | None:
    """Return a day's beginning or end, or a time, in the site's zone unless it names its own.

    Raises:
        NotATime: see there.
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        wanted = "want 2026-11-23 or 2026-11-23T09:00"
        raise NotATime(f"{text!r} is no date or time; {wanted}") from None
    if len(text) == 10 and end_of_day:
        at = at.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return at if at.tzinfo else at.replace(tzinfo=zone)


def add_command(
    commands: "Subparsers[argparse.ArgumentParser]", name: str, run: Command, does: str
) -> argparse.ArgumentParser:
    """Add a command that `run` does, and return its parser."""
    parser = commands.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")
    parser.set_defaults(run=run)
    return parser


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names the data folder."""
    parser.add_argument("--data", type=Path, metavar="DIR", required=True, help="the data folder")


def ask_passphrase(prompt: str, *, new: bool = False, name: str = "KIROK_PASSPHRASE") -> str:
    """Return what the environment has by this name, or ask at the terminal; twice for a new one.

    Raises:
        PassphraseMissing: none was given, or the two differ.
    """

    def ask() -> str:
        typed = getpass.getpass(prompt)
        if new and getpass.getpass("Again: ") != typed:
            raise PassphraseMissing("the two passphrases differ")
        return typed

    given = _given(name, "passphrase", ask)
    if not given:
        raise PassphraseMissing("the passphrase is empty")
    return given


def ask_code() -> str:
    """Return KIROK_CODE, or what is typed from the authenticator app or the recovery codes.

    Raises:
        PassphraseMissing: there is neither.
    """
    return _given("KIROK_CODE", "second factor", lambda: input("Code of the authenticator app: "))


def ask_sheet() -> str:
    """Return KIROK_RECOVERY, or what is typed from the recovery sheet.

    Raises:
        PassphraseMissing: there is neither.
    """

    def ask() -> str:
        print("The sheet's 24 words, or its four lines of letters, then an empty line:")
        return "".join(takewhile(str.strip, sys.stdin))

    given = _given("KIROK_RECOVERY", "sheet", ask)
    if not given.strip():
        raise PassphraseMissing("nothing of the sheet was given")
    return given


def _given(name: str, what: str, ask: Callable[[], str]) -> str:
    given = from_environment(name)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise PassphraseMissing(f"no terminal to ask for the {what}: set {name}")
    return ask()


def from_environment(name: str) -> str | None:
    """Take a secret out of the environment, so that no child of this process inherits it."""
    return os.environ.pop(name, None)

"""The `kirok` command.

Exit codes: 0 done, 1 found something wrong, 2 misused. Results go to standard output, logs and
messages to standard error.
"""

import argparse
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from typing import Final

from appliance import box, disk_failure, policy, site
from appliance.box_file import BoxBroken
from appliance.commands import (
    bench,
    captures,
    clock,
    keeping,
    ledgers,
    owning,
    packages,
    people,
    policies,
    proving,
    retention,
    services,
    watching,
)
from appliance.commands.common import DONE, MISUSED, WRONG, Command, PassphraseMissing
from dsp.opus import OpusMissing

GROUPS: Final = (
    services,
    captures,
    keeping,
    ledgers,
    owning,
    packages,
    proving,
    retention,
    clock,
    people,
    policies,
    watching,
)

#: The caller's mistake; the message says what to do.
_MISUSE: Final = (
    policy.PolicyError,
    site.SiteError,
    box.BoxMissing,
    PassphraseMissing,
    *(error for group in GROUPS for error in group.MISUSE),
)
#: Something is wrong with the box; the message says what.
_FAULTS: Final = (
    OpusMissing,
    BoxBroken,
    OSError,
    sqlite3.DatabaseError,
    *(error for group in GROUPS for error in group.FAULTS),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if given.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    run: Command = given.run
    try:
        code = run(given)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read us, such as `head`, has seen enough; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except _MISUSE as error:
        print(f"kirok: {error}", file=sys.stderr)
        return MISUSED
    except _FAULTS as error:
        print(f"kirok: {error}", file=sys.stderr)
        if remedy := disk_failure.remedy(error):
            print(f"kirok: {remedy}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kirok",
        description="Record a city hall's telephone lines, and keep and hand out the recordings"
        " as its regulation says.",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="say more on standard error")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in (*GROUPS, bench):
        group.add(commands)
    return parser

"""`kirok own`: give each part of a data folder to the service whose it is."""

import argparse
import os
from typing import Final

from appliance import box, owners
from appliance.commands.common import DONE, Subparsers, add_command, add_data

MISUSE: Final = (owners.NoUsers,)
FAULTS: Final = ()


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    own = add_command(
        commands,
        "own",
        _own,
        "give each part of a data folder to the user of the service whose it is; as root, after"
        " init as another user, or a copy put back",
    )
    add_data(own)


def _own(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    users = owners.of_this_machine()
    if users is None or os.geteuid() != 0:
        raise owners.NoUsers(
            "run this as root, once the users are there: systemd-sysusers kirok.conf"
        )
    owners.give(opened.data, users)
    print(f"{opened.data}: recordings {owners.RECORD}'s, people and documents {owners.WEB}'s")
    return DONE

"""`kirok demo`, `init`, `record`, `web`: what runs, and what it runs on."""

import argparse
import os
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from appliance import box, owners, policy, private_memory, sheet
from appliance.commands.common import DONE, Subparsers, add_command, add_data, ask_passphrase
from appliance.daemon import record
from appliance.demo import run_demo
from appliance.engine import BoxInUse
from appliance.writer import WriterFailed

MISUSE: Final = (policy.PolicyError, box.BoxExists, sheet.SheetRefused)
FAULTS: Final = (BoxInUse, WriterFailed)


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    demo = add_command(
        commands,
        "demo",
        _demo,
        "run a board simulator, the recorder and the page here, with sample calls on 8 lines",
    )
    demo.add_argument("--seconds", type=float, metavar="N", help="end after so long (else: Ctrl-C)")
    demo.add_argument(
        "--data", type=Path, metavar="DIR", default=Path("demo-data"), help="default: demo-data"
    )
    demo.add_argument("--port", type=int, metavar="P", default=8077, help="of the page")
    demo.add_argument("--policy", metavar="NAME|FILE", help="default: osan")
    init = add_command(commands, "init", _init, "begin a data folder: keys, index, site.toml")
    add_data(init)
    init.add_argument("--policy", metavar="NAME|FILE", default="osan", help="default: osan")
    init.add_argument(
        "--admin",
        metavar="NAME",
        help="first administrator; passphrase asked for, or from KIROK_PASSPHRASE",
    )
    init.add_argument(
        "--sheet",
        type=Path,
        metavar="FILE.pdf",
        help="write the recovery sheet there too, to be printed and then deleted",
    )
    init.add_argument(
        "--trial", action="store_true", help="a folder for replay, never for a city's calls"
    )
    for name, run, does in (
        ("record", _record, "record: the service that owns board, vault and index"),
        ("web", _web, "serve the page"),
    ):
        service = add_command(commands, name, run, does)
        service.add_argument("--config", type=Path, metavar="FILE", required=True, help="site.toml")


def _demo(given: argparse.Namespace) -> int:
    return run_demo(given.data, given.port, given.policy, given.seconds)


def _init(given: argparse.Namespace) -> int:
    if given.sheet:
        sheet.check_target(given.sheet, given.data)
    admin = None
    if given.admin:
        admin = box.Admin(given.admin, ask_passphrase(f"Passphrase for {given.admin}: ", new=True))
    profile = policy.profile_text(given.policy)
    if box.part_of(given.data).exists():
        print(f"{given.data}: an earlier init was ended before the folder was there;")
        print("a recovery sheet or a code that it has shown opens nothing: destroy it")
    now = datetime.now(UTC)
    plan = box.Plan(profile, admin, given.trial)
    box.create(given.data, plan, now, partial(_show_once, given, now))
    print(f"{given.data}: made, policy {given.policy}{', for trials only' if given.trial else ''}")
    users = owners.of_this_machine()
    if users and os.geteuid() == 0 and not given.trial:
        owners.give(given.data, users)
    print(f"Next: edit {given.data / 'site.toml'}, then `kirok doctor --data {given.data}`")
    return DONE


def _show_once(
    given: argparse.Namespace, now: datetime, opened: box.Box, made: box.Created
) -> None:
    shown = sheet.Sheet(opened, made.recovery, now)
    print(sheet.as_text(shown))
    if given.sheet:
        sheet.write_pdf(shown, given.sheet)
        print(f"{given.sheet}: the same sheet. Print it, put it in the safe, and delete the file")
    if made.setup_code:
        print(f"The page asks once for this code: {made.setup_code}")
    sys.stdout.flush()


def _record(given: argparse.Namespace) -> int:
    private_memory.lock()
    return record(given.config)


def _web(given: argparse.Namespace) -> int:
    # The page is another package's process; nothing of it is imported here.
    os.execv(sys.executable, [sys.executable, "-m", "web_min", "--config", str(given.config)])

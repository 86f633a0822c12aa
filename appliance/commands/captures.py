"""`kirok analyse` and `replay`: what is in a capture."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from appliance import analyse, box, notice_file, plot, policy, show_calls, site
from appliance.box import Box
from appliance.call_machine import Mode
from appliance.commands.common import (
    DONE,
    MISUSED,
    WRONG,
    Subparsers,
    add_command,
    add_data,
    from_environment,
)
from appliance.replay import NotATrial, Take, replay
from firmware_bridge.capture import CaptureError

MISUSE: Final = (notice_file.NoticeFileError, NotATrial, CaptureError)
FAULTS: Final = (plot.PlotMissing,)


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    heard = add_command(commands, "analyse", _analyse, "print what is heard in captures")
    heard.add_argument(
        "capture",
        nargs="+",
        help="NAME.wav, with NAME.volts.wav beside it; - reads names on standard input",
        metavar="CAPTURE.wav",
    )
    heard.add_argument("--json", action="store_true", help="one JSON object a line")
    heard.add_argument(
        "--notice",
        type=Path,
        metavar="FILE.wav",
        action="append",
        default=[],
        help="an announcement to look for in calls; may be given again",
    )
    heard.add_argument("--plot", type=Path, metavar="OUT.png", help="also draw the one capture")
    again = add_command(
        commands, "replay", _replay, "record a capture as if it came from the board"
    )
    again.add_argument("capture", type=Path)
    add_data(again)
    again.add_argument("--policy", metavar="NAME|FILE", help="default: the folder's own")
    again.add_argument("--mode", choices=[m.value for m in Mode], default=Mode.FULL.value)
    again.add_argument("--start", type=datetime.fromisoformat, metavar="ISO", help="when it began")
    again.add_argument("--json", action="store_true", help="one JSON object a line")


def _analyse(given: argparse.Namespace) -> int:
    named = given.capture != ["-"]
    paths = given.capture if named else [line.rstrip("\n") for line in sys.stdin if line.strip()]
    announcements = [notice_file.read(path) for path in given.notice]
    if given.plot and len(paths) != 1:
        print(f"kirok: --plot draws one capture, got {len(paths)}", file=sys.stderr)
        return MISUSED
    code = DONE
    for path in paths:
        try:
            events = analyse.analyse(Path(path), announcements)
        except CaptureError as error:
            print(f"kirok: {error}", file=sys.stderr)
            code = MISUSED
            continue
        if given.json:
            own = {} if named and len(paths) == 1 else {"file": path}
            for event in events:
                print(json.dumps({**own, **event.as_json()}, ensure_ascii=False))
        else:
            if len(paths) > 1:
                print(path)
            print("\n".join(analyse.table(events)))
        if given.plot and (left_out := plot.draw(Path(path), events, given.plot)):
            names = ", ".join(map(str, left_out))
            print(f"kirok: {given.plot}: no room for line {names}", file=sys.stderr)
    return code


def _replay(given: argparse.Namespace) -> int:
    opened = _trial_folder(given.data, given.policy or "osan")
    rule = policy.load(given.policy) if given.policy else opened.policy
    start = given.start
    if start is not None and start.tzinfo is None:
        start = start.replace(tzinfo=rule.zone)
    take = Take(rule, Mode(given.mode), start)
    rows = replay(opened, site.load(opened.site_file), given.capture, take)
    if given.json:
        for row in rows:
            print(json.dumps(row.as_json(), ensure_ascii=False))
    else:
        print("\n".join(show_calls.table(rows, rule.zone)))
    failed = [row for row in rows if row.proof == "failed"]
    for row in failed:
        print(f"kirok: {row.id}: proof failed: {row.proof_note}", file=sys.stderr)
    return WRONG if failed else DONE


def _trial_folder(data: Path, profile: str) -> Box:
    """Open a folder for a replay; make a trial folder where there is nothing yet."""
    if data.exists() and any(data.iterdir()):
        return box.open_box(data)
    passphrase = from_environment("KIROK_PASSPHRASE")
    admin = box.Admin("trial", passphrase) if passphrase else None
    plan = box.Plan(policy.profile_text(profile), admin, trial=True)
    made = box.create(data, plan, datetime.now(UTC))
    print(f"kirok: {data}: made a trial folder", file=sys.stderr)
    if made.setup_code:
        print(f"kirok: the page asks once for this code: {made.setup_code}", file=sys.stderr)
    return box.open_box(data)

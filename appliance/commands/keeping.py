"""`kirok calls`, `doctor`: what is kept, and whether it is sound."""

import argparse
import json
from pathlib import Path
from typing import Final

from appliance import box, doctor, keys, show_calls
from appliance.api import NoSuchCall, RecorderAway
from appliance.commands.common import DONE, WRONG, Subparsers, add_command, add_data, moment
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.index_schema import IndexBroken
from appliance.playback import CannotOpen

MISUSE: Final = (NoSuchCall, keys.WrongPassphrase)
FAULTS: Final = (CannotOpen, IndexBroken, RecorderAway)


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    calls = add_command(commands, "calls", _calls, "list calls, newest first")
    add_data(calls)
    calls.add_argument("--from", dest="since", metavar="ISO", help="a day or a time")
    calls.add_argument("--to", dest="until", metavar="ISO", help="a day (its end) or a time")
    calls.add_argument("--line", type=int)
    calls.add_argument("--number", help="a part of the number")
    calls.add_argument("--json", action="store_true", help="one JSON object a line")
    doctor = add_command(commands, "doctor", _doctor, "say what is wrong, and the remedy")
    where = doctor.add_mutually_exclusive_group()
    where.add_argument("--config", type=Path, metavar="FILE", help="site.toml")
    where.add_argument("--data", type=Path, metavar="DIR", help="the data folder")
    doctor.add_argument(
        "--deep", action="store_true", help="check every segment, row, key and ledger entry"
    )
    doctor.add_argument("--json", action="store_true", help="one JSON object a line")


def _calls(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    zone = opened.policy.zone
    query = CallQuery(
        from_utc=moment(given.since, zone),
        to_utc=moment(given.until, zone, end_of_day=True),
        line=given.line,
        number=given.number,
        limit=None,
    )
    with CallIndex.open_readonly(opened.index) as index:
        rows = index.search(query)
    if given.json:
        for row in rows:
            print(json.dumps(row.as_json(), ensure_ascii=False))
    else:
        print("\n".join(show_calls.table(rows, zone)))
    return DONE


def _doctor(given: argparse.Namespace) -> int:
    findings = doctor.examine(given.config, given.data, deeper=given.deep)
    for finding in findings:
        print(json.dumps(finding.as_json(), ensure_ascii=False) if given.json else finding)
    return WRONG if any(finding.level == "wrong" for finding in findings) else DONE

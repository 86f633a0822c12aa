"""`kirok bench`: what Kirok hears and costs, beside its peers."""

import argparse
import subprocess
import sys
from pathlib import Path

from appliance.commands.common import DONE, MISUSED, WRONG, Subparsers, add_command


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    bench = add_command(commands, "bench", _bench, "measure Kirok beside its peers on this machine")
    bench.add_argument("part", nargs="?", choices=["dsp", "path", "index", "all"], default="all")
    bench.add_argument("--seed", type=int, default=1, help="of the signals; default: 1")
    bench.add_argument("--repeats", type=int, metavar="N", default=5, help="medians; default: 5")
    bench.add_argument(
        "--minutes", type=float, default=5.0, help="of speech from each voice; default: 5"
    )
    bench.add_argument(
        "--dir", type=Path, default=Path(), help="on the disk to be measured; default: here"
    )
    bench.add_argument(
        "--calls", type=int, default=1_000_000, help="in the index; default: 1000000"
    )
    bench.add_argument("--every", action="store_true", help="also each condition and its limit")
    bench.add_argument("--json", action="store_true", help="one JSON object")


def _bench(given: argparse.Namespace) -> int:
    # scipy, and what only the bench needs, is no weight on the recorder.
    from appliance.bench.run import Wanted, bench, bench_json  # noqa: PLC0415

    if given.repeats < 1 or given.minutes < 0 or given.calls < 1000 or not given.dir.is_dir():
        limits = "--repeats from 1, --minutes from 0, --calls from 1000, --dir a folder"
        print(f"kirok: want {limits}", file=sys.stderr)
        return MISUSED
    wanted = Wanted(
        given.part, given.seed, given.repeats, given.dir, given.minutes, given.every, given.calls
    )
    try:
        for line in [bench_json(wanted)] if given.json else bench(wanted):
            print(line, flush=True)
    except subprocess.SubprocessError as error:
        print(f"kirok: {error}", file=sys.stderr)
        return WRONG
    return DONE

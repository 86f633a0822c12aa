"""The `kirok` command.

Exit codes: 0 done, 1 found something wrong, 2 misused. Results go to standard output, logs and
messages to standard error.
"""

import argparse
import getpass
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from appliance import (
    analyse,
    box,
    doctor,
    keys,
    ledger,
    notice_file,
    plot,
    policy,
    show_calls,
    site,
)
from appliance.api import NoSuchCall, RecorderAway
from appliance.box import Box
from appliance.call_machine import Mode
from appliance.daemon import record
from appliance.demo import run_demo
from appliance.engine import BoxInUse
from appliance.export import NotAllowed, export
from appliance.index import CallIndex, CallQuery, IndexBroken
from appliance.playback import CannotOpen
from appliance.policy import PolicyError
from appliance.replay import NotATrial, Take, replay
from appliance.writer import WriterFailed
from dsp.opus import OpusMissing
from firmware_bridge.capture import CaptureError

DONE, WRONG, MISUSED = 0, 1, 2

#: The caller's mistake; the message says what to do.
_MISUSE = (
    policy.PolicyError,
    site.SiteError,
    box.BoxExists,
    box.BoxMissing,
    notice_file.NoticeFileError,
    NotATrial,
    CaptureError,
    NoSuchCall,
    NotAllowed,
    keys.WrongPassphrase,
)
#: Something is wrong with the box; the message says what.
_FAULTS = (
    BoxInUse,
    CannotOpen,
    IndexBroken,
    WriterFailed,
    OpusMissing,
    plot.PlotMissing,
    RecorderAway,
    box.BoxBroken,
    OSError,
)

Command = Callable[[argparse.Namespace], int]


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
    _add_services(commands)
    _add_captures(commands)
    _add_keeping(commands)
    _add_bench(commands)
    return parser


Subparsers = argparse._SubParsersAction


def _command(
    commands: "Subparsers[argparse.ArgumentParser]", name: str, run: Command, does: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")
    parser.set_defaults(run=run)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", required=True, help="the data folder")


def _add_services(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    demo = _command(
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
    init = _command(commands, "init", _init, "begin a data folder: keys, index, site.toml")
    _add_data(init)
    init.add_argument("--policy", metavar="NAME|FILE", default="osan", help="default: osan")
    init.add_argument(
        "--admin",
        metavar="NAME",
        help="first administrator; passphrase asked for, or from KIROK_PASSPHRASE",
    )
    init.add_argument(
        "--trial", action="store_true", help="a folder for replay, never for a city's calls"
    )
    for name, run, does in (
        ("record", _record, "record: the service that owns board, vault and index"),
        ("web", _web, "serve the page"),
    ):
        service = _command(commands, name, run, does)
        service.add_argument("--config", type=Path, metavar="FILE", required=True, help="site.toml")


def _add_captures(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    heard = _command(commands, "analyse", _analyse, "print what is heard in captures")
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
    again = _command(commands, "replay", _replay, "record a capture as if it came from the board")
    again.add_argument("capture", type=Path)
    _add_data(again)
    again.add_argument("--policy", metavar="NAME|FILE", help="default: the folder's own")
    again.add_argument("--mode", choices=[m.value for m in Mode], default=Mode.FULL.value)
    again.add_argument("--start", type=datetime.fromisoformat, metavar="ISO", help="when it began")
    again.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_keeping(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    calls = _command(commands, "calls", _calls, "list calls, newest first")
    _add_data(calls)
    calls.add_argument("--from", dest="since", metavar="ISO", help="a day or a time")
    calls.add_argument("--to", dest="until", metavar="ISO", help="a day (its end) or a time")
    calls.add_argument("--line", type=int)
    calls.add_argument("--number", help="a part of the number")
    calls.add_argument("--json", action="store_true", help="one JSON object a line")
    package = _command(commands, "export", _export, "write a call's package for somebody outside")
    package.add_argument("call", help="the call's id")
    _add_data(package)
    package.add_argument("--out", type=Path, metavar="DIR", required=True)
    package.add_argument(
        "--as", dest="name", metavar="NAME", required=True, help="who takes it out"
    )
    ground = package.add_mutually_exclusive_group(required=True)
    ground.add_argument("--request", metavar="ID", help="the approved request")
    ground.add_argument("--trial", action="store_true", help="none; trial folders only")
    log = commands.add_parser("ledger", help="the append-only log")
    verbs = log.add_subparsers(metavar="VERB", required=True)
    verify = _command(verbs, "verify", _ledger_verify, "re-check the ledger and its signed heads")
    _add_data(verify)
    doctor = _command(commands, "doctor", _doctor, "say what is wrong, and the remedy")
    where = doctor.add_mutually_exclusive_group()
    where.add_argument("--config", type=Path, metavar="FILE", help="site.toml")
    where.add_argument("--data", type=Path, metavar="DIR", help="the data folder")
    doctor.add_argument(
        "--deep", action="store_true", help="check every segment, row, key and ledger entry"
    )
    doctor.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_bench(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    bench = _command(commands, "bench", _bench, "measure Kirok beside its peers on this machine")
    bench.add_argument("part", nargs="?", choices=["dsp", "path", "all"], default="all")
    bench.add_argument("--seed", type=int, default=1, help="of the signals; default: 1")
    bench.add_argument("--repeats", type=int, metavar="N", default=5, help="medians; default: 5")
    bench.add_argument(
        "--minutes", type=float, default=5.0, help="of speech from each voice; default: 5"
    )
    bench.add_argument(
        "--dir", type=Path, default=Path(), help="on the disk to be measured; default: here"
    )
    bench.add_argument("--every", action="store_true", help="also each condition and its limit")
    bench.add_argument("--json", action="store_true", help="one JSON object")


# ---------------------------------------------------------------- commands


def _demo(given: argparse.Namespace) -> int:
    return run_demo(given.data, given.port, given.policy, given.seconds)


def _init(given: argparse.Namespace) -> int:
    admin = None
    if given.admin:
        admin = box.Admin(given.admin, ask_passphrase(f"Passphrase for {given.admin}: ", new=True))
    profile = policy.profile_text(given.policy)
    made = box.create(given.data, box.Plan(profile, admin, given.trial), datetime.now(UTC))
    print(f"{given.data}: made, policy {given.policy}{', for trials only' if given.trial else ''}")
    print(box.recovery_sheet(made.recovery))
    if made.setup_code:
        print(f"The page asks once for this code: {made.setup_code}")
    print(f"Next: edit {given.data / 'site.toml'}, then `kirok doctor --data {given.data}`")
    return DONE


def _record(given: argparse.Namespace) -> int:
    return record(given.config)


def _web(given: argparse.Namespace) -> int:
    # The page is another package's process; nothing of it is imported here.
    os.execv(sys.executable, [sys.executable, "-m", "web_min", "--config", str(given.config)])


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


def _calls(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    zone = opened.policy.zone
    query = CallQuery(
        from_utc=_moment(given.since, opened, end_of_day=False),
        to_utc=_moment(given.until, opened, end_of_day=True),
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


def _export(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    if given.request:
        raise NotAllowed("requests are kept on paper still; trial folders need none: --trial")
    person = given.name, ask_passphrase(f"Passphrase of {given.name}: ")
    print(export(opened, given.call, given.out, person, datetime.now(UTC)))
    return DONE


def _ledger_verify(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    findings = ledger.verify(opened.ledger, keys.public_key_from_text(opened.public_key))
    for finding in findings:
        print(finding)
    if not findings:
        print("the ledger is whole and signed")
    return WRONG if findings else DONE


def _doctor(given: argparse.Namespace) -> int:
    findings = doctor.examine(given.config, given.data, deep=given.deep)
    for finding in findings:
        print(json.dumps(finding.as_json(), ensure_ascii=False) if given.json else finding)
    return WRONG if any(finding.level == "wrong" for finding in findings) else DONE


def _bench(given: argparse.Namespace) -> int:
    # scipy, and what only the bench needs, is no weight on the recorder.
    from appliance.bench.run import Wanted, bench, bench_json  # noqa: PLC0415

    if given.repeats < 1 or given.minutes < 0 or not given.dir.is_dir():
        print("kirok: want --repeats from 1, --minutes from 0, --dir a folder", file=sys.stderr)
        return MISUSED
    wanted = Wanted(given.part, given.seed, given.repeats, given.dir, given.minutes, given.every)
    try:
        for line in [bench_json(wanted)] if given.json else bench(wanted):
            print(line, flush=True)
    except subprocess.SubprocessError as error:
        print(f"kirok: {error}", file=sys.stderr)
        return WRONG
    return DONE


# ---------------------------------------------------------------- helpers


def ask_passphrase(prompt: str, *, new: bool = False) -> str:
    """Return KIROK_PASSPHRASE, or ask at the terminal; twice for a new one.

    Raises:
        PolicyError: none was given, or the two differ.
    """
    given = os.environ.get("KIROK_PASSPHRASE")
    if given is None:
        if not sys.stdin.isatty():
            raise PolicyError("no terminal to ask for the passphrase: set KIROK_PASSPHRASE")
        given = getpass.getpass(prompt)
        if new and getpass.getpass("Again: ") != given:
            raise PolicyError("the two passphrases differ")
    if not given:
        raise PolicyError("the passphrase is empty")
    return given


def _trial_folder(data: Path, profile: str) -> Box:
    """Open a folder for a replay; make a trial folder where there is nothing yet."""
    if data.exists() and any(data.iterdir()):
        return box.open_box(data)
    passphrase = os.environ.get("KIROK_PASSPHRASE")
    admin = box.Admin("trial", passphrase) if passphrase else None
    plan = box.Plan(policy.profile_text(profile), admin, trial=True)
    made = box.create(data, plan, datetime.now(UTC))
    print(f"kirok: {data}: made a trial folder", file=sys.stderr)
    if made.setup_code:
        print(f"kirok: the page asks once for this code: {made.setup_code}", file=sys.stderr)
    return box.open_box(data)


def _moment(text: str | None, opened: Box, *, end_of_day: bool) -> datetime | None:
    """Return a day's beginning or end, or a time, in the site's zone unless it names its own."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        wanted = "want 2026-11-23 or 2026-11-23T09:00"
        raise PolicyError(f"{text!r} is no date or time; {wanted}") from None
    if len(text) == 10 and end_of_day:
        at = at.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return at if at.tzinfo else at.replace(tzinfo=opened.policy.zone)

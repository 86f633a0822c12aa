"""`kirok export`, `verify`: a call for somebody outside, and whether a package is genuine."""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance import box
from appliance.api import NoSuchCall, RecorderAway
from appliance.box import Box
from appliance.commands.common import (
    DONE,
    WRONG,
    Subparsers,
    add_command,
    add_data,
    ask_code,
    ask_passphrase,
    from_environment,
)
from appliance.export import NotAllowed, Taker, export, new_package_pass
from appliance.export_request import export_for
from appliance.index_schema import IndexBroken
from appliance.keys import WrongPassphrase
from appliance.package import box_pub
from appliance.package.box_pub import NotAKey
from appliance.package.findings import Report
from appliance.package.verify import verify
from appliance.package.zip_file import PassphraseNeeded
from appliance.paper import CannotPrint
from appliance.playback import CannotOpen
from appliance.words import LANGUAGES

PACKAGE_PASSPHRASE: Final = "KIROK_PACKAGE_PASSPHRASE"
#: WinZip's 1000 rounds of PBKDF2 slow nobody down: the length must do it.
SHORT_PASSPHRASE: Final = 16


class NoPackage(ValueError):
    """There is no such file."""


MISUSE: Final = (NoSuchCall, NotAllowed, WrongPassphrase, NoPackage, NotAKey)
FAULTS: Final = (CannotOpen, CannotPrint, IndexBroken, RecorderAway)


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    package = add_command(
        commands, "export", _export, "write a call's package for somebody outside"
    )
    package.add_argument("call", help="the call's id")
    add_data(package)
    package.add_argument("--out", type=Path, metavar="DIR", required=True)
    package.add_argument(
        "--as", dest="name", metavar="NAME", required=True, help="who takes it out"
    )
    ground = package.add_mutually_exclusive_group(required=True)
    ground.add_argument("--request", metavar="ID", help="the approved request: all its calls")
    ground.add_argument("--trial", action="store_true", help="none; trial folders only")
    package.add_argument(
        "--again",
        metavar="REASON",
        default="",
        help="why the copy of a request that was provided is made anew",
    )
    package.add_argument(
        "--encrypt",
        action="store_true",
        help="as a ZIP that a passphrase opens, if the policy does not ask for it;"
        f" {PACKAGE_PASSPHRASE} gives it, else one is made and shown once",
    )
    check = add_command(commands, "verify", _verify, "say whether a package is genuine")
    check.add_argument(
        "package",
        type=Path,
        help=f"the ZIP; asks for the passphrase of an encrypted one, or reads {PACKAGE_PASSPHRASE}",
    )
    check.add_argument("--json", action="store_true", help="one JSON object")
    check.add_argument("--language", choices=LANGUAGES, help="else that of LANG")
    check.add_argument(
        "--key", metavar="KEY", help="the box's: a file (box.pub), or the line on its label"
    )


def _export(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    chosen = from_environment(PACKAGE_PASSPHRASE)
    passphrase, closed = ask_passphrase(f"Passphrase of {given.name}: "), ""
    rule = opened.policy.profile.provision
    if given.encrypt or (rule is not None and rule.encrypted):
        closed = chosen or new_package_pass()
    taker = Taker(given.name, passphrase, package_pass=closed, again=given.again, ask_code=ask_code)
    for path in _packages(opened, given, taker):
        print(path)
    if closed and not chosen:
        print(f"It opens with the passphrase {closed}", file=sys.stderr)
        print("This is shown once: hand it over on another way than the package.", file=sys.stderr)
    elif closed and len(closed) < SHORT_PASSPHRASE:
        print(
            f"kirok: a passphrase under {SHORT_PASSPHRASE} letters can be guessed", file=sys.stderr
        )
    return DONE


def _packages(opened: Box, given: argparse.Namespace, taker: Taker) -> list[Path]:
    now = datetime.now(UTC)
    if given.request:
        return export_for(opened, (given.request, given.call), given.out, taker, now)
    return [export(opened, given.call, given.out, taker, now)]


def _verify(given: argparse.Namespace) -> int:
    if not given.package.is_file():
        raise NoPackage(f"{given.package}: there is no such file")
    key = _key(given.key) if given.key else None
    report = _judged(given.package, key)
    language = given.language or language_of(os.environ)
    if given.json:
        print(json.dumps(report.as_json(language), ensure_ascii=False))
    else:
        print("\n".join(report.lines(language)))
    return DONE if report.genuine else WRONG


def _judged(package: Path, key: Ed25519PublicKey | None) -> Report:
    now, given = datetime.now(UTC), from_environment(PACKAGE_PASSPHRASE)
    try:
        return verify(package, key, now, given)
    except PassphraseNeeded:
        asked = ask_passphrase("Passphrase of the package: ", name=PACKAGE_PASSPHRASE)
        return verify(package, key, now, asked)


def _key(text: str) -> Ed25519PublicKey:
    path = Path(text)
    try:
        known = path.read_text(errors="replace") if path.is_file() else text
    except OSError as error:
        raise NotAKey(f"{text}: {error.strerror}") from None
    return box_pub.from_text(known)


def language_of(environ: "os._Environ[str] | dict[str, str]") -> str:
    """Return the language that the environment asks for, or English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            asked = environ[name][:2]
            return asked if asked in LANGUAGES else "en"
    return "en"

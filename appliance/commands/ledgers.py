"""`kirok ledger`: whether the log is whole, its head to be taken away, and proofs for others."""

import argparse
import base64
import json
import sqlite3
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance import box, checkpoint, deep, disk_failure, keys, ledger_audit, ledger_proofs
from appliance.box import Box
from appliance.commands.common import DONE, WRONG, Subparsers, add_command, add_data
from appliance.durable import replace
from appliance.index import CallIndex
from appliance.index_schema import IndexBroken
from appliance.ledger_walk import ENTRIES, HEAD, Finding


class NoHead(ValueError):
    """The file holds no head of a ledger."""


class NotProved(ValueError):
    """The ledger does not prove that."""


MISUSE: Final = (NoHead,)
FAULTS: Final = (NotProved,)
#: A head is three short lines and a signature.
_MAX_HEAD_BYTES: Final = 4096


def add(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    log = commands.add_parser("ledger", help="the append-only log")
    verbs = log.add_subparsers(metavar="VERB", required=True)
    verify = add_command(
        verbs, "verify", _verify, "re-check the ledger, its signed heads and heads taken away"
    )
    add_data(verify)
    verify.add_argument(
        "--head",
        type=Path,
        metavar="FILE",
        nargs="+",
        default=[],
        help="heads that were taken away before: the ledger must continue each of them",
    )
    verify.add_argument("--json", action="store_true", help="one JSON object a finding")
    head = add_command(verbs, "head", _head, "print the latest signed head, to be taken away")
    add_data(head)
    head.add_argument("--out", type=Path, metavar="FILE", help="write it to a file instead")
    prove = add_command(verbs, "prove", _prove, "print a proof for somebody without the ledger")
    add_data(prove)
    what = prove.add_mutually_exclusive_group(required=True)
    what.add_argument("--entry", type=int, metavar="N", help="that entry N is in it (tlog-proof)")
    what.add_argument(
        "--since", type=Path, metavar="FILE", help="that it continues a head that was taken away"
    )


def _verify(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    taken = {str(path): _note(path) for path in given.head}
    findings = ledger_audit.verify(opened.ledger, _key(opened), taken) + _typed(opened)
    for finding in findings:
        print(json.dumps(asdict(finding), ensure_ascii=False) if given.json else finding)
    if not findings and not given.json:
        continues = f", and continues the {len(taken)} heads given" if taken else ""
        print(f"the ledger is whole and signed{continues}")
    return WRONG if findings else DONE


def _typed(opened: Box) -> list[Finding]:
    """Return what people typed and the ledger does not commit to; the index alone has it."""
    try:
        with CallIndex.open_readonly(opened.index) as index:
            found = deep.typed_findings(opened.ledger / ENTRIES, index)
    except (IndexBroken, OSError, sqlite3.DatabaseError) as error:
        why = disk_failure.remedy(error) or disk_failure.DAMAGED
        print(f"what people typed cannot be compared: {error}; {why}", file=sys.stderr)
        return []
    return [one for one in found if one.what == "typed"]


def _head(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    note = (opened.ledger / HEAD).read_text()
    try:
        head = checkpoint.read(note, _key(opened))
    except checkpoint.BadCheckpoint as error:
        raise NotProved(f"{opened.ledger / HEAD}: {error}; see kirok ledger verify") from None
    if given.out is None:
        print(note, end="")
        return DONE
    replace(given.out, note.encode(), mode=0o644)
    print(f"{given.out}: the head over {head.size} entries", file=sys.stderr)
    return DONE


def _prove(given: argparse.Namespace) -> int:
    opened = box.open_box(given.data)
    try:
        if given.since is None:
            (proved,) = ledger_proofs.prove(opened.ledger, [given.entry], _key(opened))
            print(proved.proof.text(), end="")
            return DONE
        growth = ledger_proofs.prove_growth(opened.ledger, _note(given.since), _key(opened))
    except ValueError as error:
        if isinstance(error, NoHead):
            raise
        raise NotProved(str(error)) from None
    for one in growth.hashes:
        print(base64.b64encode(one).decode())
    print(f"\n{growth.note}", end="")
    return DONE


def _note(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_HEAD_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NoHead(f"{path}: {getattr(error, 'strerror', None) or 'not a head'}") from None


def _key(opened: Box) -> Ed25519PublicKey:
    return keys.public_key_from_text(opened.public_key)

"""What is in a package: its files, and how they hold together.

A ZIP (zip_file.py) named by the call, with these files in this order:

    README                      how to check all of it without Kirok
    cover.pdf                   the cover sheet
    CALL.wav                    the recording, for any player: 8 kHz, 16 bit, decoded from
    CALL.opus                   the recording: the packets as recorded, in an Ogg file
    CALL.al                     what follows them from where a fax machine or a modem was heard, as
                                recorded: G.711 A-law, 8000 bytes a second; else not there
    record.json                 the call's facts, as `kirok calls --json` prints them
    ledger/call.json            the ledger's entry of the call: canonical JSON, a leaf of its tree
    ledger/call.tlog-proof      that it is in the ledger (C2SP tlog-proof)
    ledger/package.json         the entry of this package, and
    ledger/package.tlog-proof   that it is in the ledger
    ledger/head                 the signed head that both are under (C2SP checkpoint)
    ledger/salt                 opens the commitments in call.json, hex (call_entry.py); not there
                                when the entry has none
    ledger/check.txt            Python: follows both proofs
    box.pub                     the box's Ed25519 key, PEM
    MANIFEST                    SHA-256 of all of them but these two, as sha256sum writes it, sorted
    MANIFEST.sig                the box's signature of MANIFEST, 64 bytes

    box.pub ──signs──► MANIFEST ──sums──► every other file
       │
       └──signs──► ledger/head ◄──proof── ledger/package.json ──sums──► CALL.*, record.json
                        ▲
                        └────────proof── ledger/call.json ──facts──► record.json
                                                         ──commitments──► number, digits, keys, the
                                                                          packets of CALL.opus
                                                                          and CALL.al

The last line is what says that nobody changed the sound between the end of the call and its being
taken out: the commitments were entered, and signed for, when the call ended. The package is entered
before it is handed out: the box cannot deny it later, and a package of which the ledger knows
nothing is none.

    package.json  {"act":"package", ..., "facts":{"call":...,"person":...,"purpose":...,
                   "opus":SHA-256,"record":SHA-256,"wav":SHA-256}}      with CALL.al also "alaw"
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from appliance import ulid

README, COVER, RECORD = "README", "cover.pdf", "record.json"
CALL_ENTRY, CALL_PROOF = "ledger/call.json", "ledger/call.tlog-proof"
PACKAGE_ENTRY, PACKAGE_PROOF = "ledger/package.json", "ledger/package.tlog-proof"
HEAD, SALT, CHECK = "ledger/head", "ledger/salt", "ledger/check.txt"
KEY, MANIFEST, SIGNATURE = "box.pub", "MANIFEST", "MANIFEST.sig"

_AUDIO: Final = re.compile(rf"({ulid.PATTERN})\.(?:opus|wav|al)", re.ASCII)
_ROW: Final = re.compile(r"([0-9a-f]{64})  (\S+)", re.ASCII)
_CALL_NAME: Final = re.compile(ulid.PATTERN, re.ASCII)


class BadManifest(ValueError):
    """It is not as sha256sum writes it, or not sorted."""


def opus_name(call_id: str) -> str:
    return f"{call_id}.opus"


def wav_name(call_id: str) -> str:
    return f"{call_id}.wav"


def alaw_name(call_id: str) -> str:
    return f"{call_id}.al"


def parts(call_id: str) -> dict[str, str]:
    """Return the files whose sums are in the package's entry, each with its name there."""
    return {
        "opus": opus_name(call_id),
        "alaw": alaw_name(call_id),
        "wav": wav_name(call_id),
        "record": RECORD,
    }


def optional(call_id: str) -> frozenset[str]:
    """Return what not every package has: see the list."""
    return frozenset({SALT, alaw_name(call_id)})


def names(call_id: str) -> tuple[str, ...]:
    """Return the names of a package's files, in order."""
    return (
        *(README, COVER, wav_name(call_id), opus_name(call_id), alaw_name(call_id), RECORD),
        *(CALL_ENTRY, CALL_PROOF, PACKAGE_ENTRY, PACKAGE_PROOF, HEAD, SALT, CHECK),
        *(KEY, MANIFEST, SIGNATURE),
    )


def call_id_of(files: Mapping[str, object], record_id: object) -> str | None:
    """Return the call that a package is of: as its record says, else as its sound is named."""
    if isinstance(record_id, str) and _CALL_NAME.fullmatch(record_id):
        return record_id
    found = {match[1] for name in files if (match := _AUDIO.fullmatch(name))}
    return found.pop() if len(found) == 1 else None


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """Return the sums of these files, as sha256sum writes them."""
    return sums_text({name: sha256(content).hexdigest() for name, content in files.items()})


def sums_text(sums: Mapping[str, str]) -> bytes:
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()


def read_manifest(data: bytes) -> dict[str, str]:
    """Return the sums by name.

    Raises:
        BadManifest: see there.
    """
    rows = data.decode("ascii", errors="replace").splitlines()
    matches = [_ROW.fullmatch(row) for row in rows]
    sums = {match[2]: match[1] for match in matches if match}
    if not rows or sums_text(sums) != data:
        raise BadManifest("not as sha256sum writes it, or not sorted")
    return sums

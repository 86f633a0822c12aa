"""Takes a call out as a package (`package/contents.py`), and enters that in the ledger.

    1  the key       who takes it out, and why, is in the ledger before the key is given
    2  the sound     decrypted, and never encoded again
    3  the entry     the sums of what is about to be handed out, under a head signed now
    4  the package   with the proofs of both entries, then MANIFEST, then its signature

Power goes in between: entries that say what was begun, and no package. The recorder holds the keys,
the ledger and the box's name, and does 1, 3 and the signature; when none runs, this process takes
the folder and does it itself.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance import call_entry, checkpoint, keyring, keys, ledger_proofs, paper, wav
from appliance.api import NoSuchCall, RecorderAway
from appliance.box import Box
from appliance.control import ControlClient
from appliance.durable import replace
from appliance.engine import open_parts
from appliance.index import CallIndex
from appliance.index_row import CallRow, iso
from appliance.ledger_proofs import Proved
from appliance.package import box_pub, contents, readme, zip_file
from appliance.package.cover import Provision, values
from appliance.package.zip_aes import SALT_BYTES
from appliance.people import Opener
from appliance.playback import CannotOpen, Recording, open_recording
from appliance.registry_storage import read_tables
from appliance.store import Store

TRIAL = "trial"


class NotAllowed(PermissionError):
    """This person may not take this out, or not so."""


@dataclass(frozen=True)
class Taker:
    """Who takes a call out, and why.

    Attributes:
        purpose: TRIAL, or the approved request.
        package_pass: what the package is encrypted with; "" for not at all.
        again: why a copy that was provided is made anew; "" for the first.
        ask_code: asks for a code of their authenticator app, if they have a second factor.
    """

    name: str
    passphrase: str
    purpose: str = TRIAL
    package_pass: str = ""
    again: str = ""
    ask_code: Callable[[], str] = lambda: ""


@dataclass(frozen=True)
class Holder:
    """Who takes a call out, with the vault's secret in hand. Attributes: person: their id."""

    person: str
    secret: bytes
    taker: Taker


@dataclass(frozen=True)
class _Opened:
    """A call that has been opened to be handed out."""

    row: CallRow
    recording: Recording
    salt: bytes


class Authority(Protocol):
    """What the owner of keys, ledger and signing key does for an export; see `api.Recorder`."""

    def open_key(self, call_id: str, person: str, act: str, purpose: str) -> bytes: ...

    def enter_package(
        self, call_id: str, person: str, purpose: str, sums: dict[str, str]
    ) -> int: ...

    def sign_manifest(self, manifest: str) -> bytes: ...


def export(box: Box, call_id: str, out: Path, taker: Taker, now: datetime) -> Path:
    """Write a call's package into a folder and return its path.

    Raises:
        NotAllowed: the folder is a real one, where only an approved request opens a call.
        NoSuchCall: there is none, or nothing of it was recorded, or it has been erased.
        WrongPassphrase, CannotOpen, CannotPrint, OSError: see there.
    """
    if taker.purpose == TRIAL and not box.trial:
        raise NotAllowed(f"{box.data} is no trial folder: a call goes out by an approved request")
    return write_package(box, call_id, out, holder(unlock(box, taker), taker), now)


def holder(opener: Opener, taker: Taker) -> Holder:
    """Return who takes calls out, once their passphrase was given.

    Raises:
        NotAllowed: none of their roles opens a recording.
    """
    if not opener.secret:
        raise NotAllowed(f"no role of {taker.name} opens a recording")
    return Holder(opener.id, opener.secret, taker)


def write_package(box: Box, call_id: str, out: Path, holder: Holder, now: datetime) -> Path:
    """Write a call's package into a folder and return its path.

    Raises:
        NoSuchCall: there is none, or nothing of it was recorded, or it has been erased.
        CannotOpen, CannotPrint, OSError: see there.
    """
    with CallIndex.open_readonly(box.index) as index:
        row = index.get(call_id)
    if not row.recorded or row.erased is not None:
        raise NoSuchCall(f"nothing of call {call_id} is kept")
    with _authority(box) as authority:
        package = packed(box, row, holder, authority, now)
    path = out / f"{call_id}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, package, mode=0o640)
    return path


def packed(box: Box, row: CallRow, holder: Holder, authority: Authority, now: datetime) -> bytes:
    """Return a call's package.

    Raises:
        NoSuchCall, CannotOpen, CannotPrint, OSError: see there.
    """
    taker = holder.taker
    age_file = authority.open_key(row.id, holder.person, "export", taker.purpose)
    opened = _open(box, row, holder.secret, age_file)
    files = _files(box, opened, (holder.person, taker), authority, now)
    return _pack(files, taker.package_pass)


def new_package_pass() -> str:
    """Return a passphrase of 100 bits in five groups, without letters that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))
    return "-".join(groups)


def unlock(box: Box, taker: Taker) -> Opener:
    """Return whom a passphrase opens, with the vault's secret if they may open recordings.

    Raises:
        WrongPassphrase: or there is nobody of this name; the two are not told apart.
    """
    for row in read_tables(box.registry).get("people", {}).values():
        if row["name"] == taker.name:
            own = keys.unwrap_secret(row["wrapped"], taker.passphrase)
            held = str(row.get("recipient", "")), str(row.get("vault", ""))
            return Opener(str(row["id"]), keyring.vault_secret(*held, own), own)
    raise keys.WrongPassphrase(f"no {taker.name!r} with this passphrase")


@contextmanager
def _authority(box: Box) -> Iterator[Authority]:
    """Give the recorder, or what does the same when none runs."""
    recorder = ControlClient(box.socket)
    try:
        recorder.status()
    except RecorderAway:
        with open_parts(box) as parts:
            yield Store(parts, lambda call: None)
        return
    yield recorder


def _open(box: Box, row: CallRow, identity: bytes, age_file: bytes) -> _Opened:
    recording = open_recording(box.vault, row, identity, age_file)
    data_key = keys.open_data_key(age_file, identity.decode())
    return _Opened(row, recording, call_entry.salt_of(data_key))


def _files(
    box: Box, opened: _Opened, who: tuple[str, Taker], authority: Authority, now: datetime
) -> dict[str, bytes]:
    """Return the package's files in order, entered and signed."""
    row, (person, taker) = opened.row, who
    files = _recording(opened)
    sums = _sums(row.id, files)
    entry = authority.enter_package(row.id, person, taker.purpose, sums)
    public = keys.public_key_from_text(box.public_key)
    call, package = _proofs(box, row, entry, public)
    files |= _ledger(call, package, opened.salt)
    files[contents.KEY] = box_pub.pem(public)
    head = checkpoint.read(package.proof.note, public)
    places = (call.proof.index, package.proof.index)
    provision = Provision(
        *(row, box.id, box.public_key, taker.name, taker.purpose, now, sums, places, head)
    )
    files[contents.COVER] = paper.pdf("fact_sheet", values(provision, box.policy), now)
    number = (row.number or "") if contents.SALT in files else None
    alaw = bool(opened.recording.alaw)
    facts = readme.Facts(row.id, box.id, str(iso(now)), box.public_key, number, alaw)
    files[contents.README] = readme.text(facts, box.policy.language).encode()
    manifest = contents.manifest_of(files)
    signature = authority.sign_manifest(manifest.decode())
    files |= {contents.MANIFEST: manifest, contents.SIGNATURE: signature}
    return {name: files[name] for name in contents.names(row.id) if name in files}


def _recording(opened: _Opened) -> dict[str, bytes]:
    row, recording = opened.row, opened.recording
    pcm = b"".join(recording.pcm(0, recording.samples))
    record = json.dumps(row.as_json(), ensure_ascii=False, indent=2)
    files = {
        contents.wav_name(row.id): wav.header(recording.samples) + pcm,
        contents.opus_name(row.id): recording.ogg,
        contents.RECORD: record.encode() + b"\n",
    }
    if recording.alaw:
        files[contents.alaw_name(row.id)] = recording.alaw
    return files


def _sums(call_id: str, files: dict[str, bytes]) -> dict[str, str]:
    parts = contents.parts(call_id).items()
    return {part: sha256(files[name]).hexdigest() for part, name in parts if name in files}


def _proofs(box: Box, row: CallRow, entry: int, public: Ed25519PublicKey) -> list[Proved]:
    """Return the proofs of the call's entry and of the package's.

    Raises:
        CannotOpen: the ledger is damaged: what it says of the call cannot be proved.
    """
    if row.entry is None:
        raise CannotOpen(f"call {row.id} has no entry in the ledger: start the recorder once")
    try:
        return ledger_proofs.prove(box.ledger, [row.entry, entry], public)
    except ValueError as error:
        raise CannotOpen(f"the ledger proves nothing: {error}; see kirok ledger verify") from error


def _ledger(call: Proved, package: Proved, salt: bytes) -> dict[str, bytes]:
    files = {
        contents.CALL_ENTRY: call.entry,
        contents.CALL_PROOF: call.proof.text().encode(),
        contents.PACKAGE_ENTRY: package.entry,
        contents.PACKAGE_PROOF: package.proof.text().encode(),
        contents.HEAD: call.proof.note.encode(),
        contents.CHECK: readme.check_program(),
    }
    if "audio" in json.loads(call.entry)["facts"]:
        files[contents.SALT] = f"{salt.hex()}\n".encode()
    return files


def _pack(files: dict[str, bytes], package_pass: str) -> bytes:
    packed = zip_file.plain(files)
    if package_pass:
        packed = zip_file.encrypted(files, package_pass, _salts(len(files)))
    return b"".join(zip_file.pack(packed))


def _salts(count: int) -> Iterable[bytes]:
    return [secrets.token_bytes(SALT_BYTES) for _ in range(count)]

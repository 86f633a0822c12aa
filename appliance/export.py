"""A call as a package for somebody outside: the audio as recorded, its facts, and what proves both.

A ZIP named by the call:

    CALL.opus       the recording: the packets as recorded, in an Ogg file
    CALL.wav        the same, decoded, for programs that do not read Opus
    record.json     the call's row
    box.pub         the box's Ed25519 key, PEM
    MANIFEST        SHA-256 of each of them, as sha256sum writes it
    MANIFEST.sig    the box's signature of MANIFEST
    README          how to check it without Kirok

The audio is decrypted and never encoded again. Who took it out, and why, is in the ledger before
the key is.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization

from appliance import keys, wav
from appliance.api import NoSuchCall, RecorderAway
from appliance.box import Box, signing_key
from appliance.control import ControlClient
from appliance.durable import replace
from appliance.engine import open_parts
from appliance.index import CallIndex
from appliance.index_row import CallRow, iso
from appliance.playback import Recording, open_recording
from appliance.registry_storage import read_tables
from appliance.store import Store

README: Final = """\
{call}: a recording made by Kirok box {box}, taken out {now}.

To check that nothing was changed, with programs that every Linux has:

    sha256sum --check MANIFEST
    openssl pkeyutl -verify -pubin -inkey box.pub -rawin -in MANIFEST -sigfile MANIFEST.sig

The first says that the files are those of MANIFEST, the second that the box signed MANIFEST. That
box.pub is the box's own: compare its line with the one on the box's label,

    {public_key}

{call}.opus is the recording as it was made; {call}.wav is the same, decoded.
"""
#: The same package has the same bytes.
_TIME: Final = (2026, 1, 1, 0, 0, 0)


class NotAllowed(PermissionError):
    """This person may not take this out, or not so."""


def export(box: Box, call_id: str, out: Path, person: tuple[str, str], now: datetime) -> Path:
    """Write a call's package into a folder and return its path.

    Args:
        person: name and passphrase of who takes it out.

    Raises:
        NotAllowed: the folder is a real one, where only an approved request opens a call.
        NoSuchCall: there is none, or nothing of it was recorded, or it has been erased.
        WrongPassphrase, CannotOpen, OSError: see there.
    """
    if not box.trial:
        raise NotAllowed(f"{box.data} is no trial folder: a call goes out by an approved request")
    who, identity = _unlock(box, *person)
    with CallIndex.open_readonly(box.index) as index:
        row = index.get(call_id)
    if not row.recorded or row.erased is not None:
        raise NoSuchCall(f"nothing of call {call_id} is kept")
    age_file = _key(box, call_id, who)
    recording = open_recording(box.vault, row, identity, age_file)
    files = _files(box, row, recording, now)
    out.mkdir(parents=True, exist_ok=True)
    package = out / f"{call_id}.zip"
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), content)
    replace(package, zipped.getvalue(), mode=0o640)
    return package


def _unlock(box: Box, name: str, passphrase: str) -> tuple[str, bytes]:
    """Return a person's id, and the vault's secret.

    Raises:
        WrongPassphrase: or there is nobody of this name; the two are not told apart.
    """
    for row in read_tables(box.registry).get("people", {}).values():
        if row["name"] == name:
            return str(row["id"]), keys.unwrap_secret(row["wrapped"], passphrase)
    raise keys.WrongPassphrase(f"no {name!r} with this passphrase")


def _key(box: Box, call_id: str, person: str) -> bytes:
    """Return the call's sealed key: from the recorder, or from the folder when none runs."""
    purpose = "trial"
    try:
        return ControlClient(box.socket).open_key(call_id, person, "export", purpose)
    except RecorderAway:
        with open_parts(box) as parts:
            return Store(parts, lambda call: None).open_key(call_id, person, "export", purpose)


def _files(box: Box, row: CallRow, recording: Recording, now: datetime) -> dict[str, bytes]:
    signing = signing_key(box)
    public = signing.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pcm = b"".join(recording.pcm(0, recording.samples))
    record = json.dumps(row.as_json(), ensure_ascii=False, indent=2)
    readme = README.format(call=row.id, box=box.id, now=iso(now), public_key=box.public_key)
    files = {
        f"{row.id}.opus": recording.ogg,
        f"{row.id}.wav": wav.header(recording.samples) + pcm,
        "record.json": record.encode() + b"\n",
        "box.pub": public,
        "README": readme.encode(),
    }
    manifest = manifest_of(files)
    return {**files, "MANIFEST": manifest, "MANIFEST.sig": signing.sign(manifest)}


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """Return the sums of these files, as sha256sum writes them."""
    rows = [f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return "".join(rows).encode()

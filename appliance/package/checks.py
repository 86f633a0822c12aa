"""Judges the files of a package: every link that `contents.py` draws is followed.

What can still be looked at after something did not match is looked at: all that is wrong is named.
"""

import binascii
import json
from collections.abc import Mapping, Set
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance import call_entry, checkpoint, keys, tlog_proof
from appliance.checkpoint import BadCheckpoint, Checkpoint, KeyDiffers
from appliance.ledger_walk import DamagedLine, Entry, checked, read_entry
from appliance.package import box_pub, contents, sound
from appliance.package.box_pub import NotAKey
from appliance.package.contents import BadManifest
from appliance.package.findings import Report
from appliance.tlog_proof import BadProof

#: A clock that is off by less than a day, or a zone mistaken for another, is no forgery.
DAY: Final = timedelta(days=1)
ORIGIN: Final = "kirok/"
#: What a call's entry and its record both say.
_SAME: Final = ("line", "direction", "start", "end", "mode", "why", "ended_by")
_GOOD_CLOCKS: Final = ("ntp", "rtc")


def judge(files: Mapping[str, bytes], wanted: Ed25519PublicKey | None, now: datetime) -> Report:
    """Return what is found in these files.

    Args:
        wanted: the box's key as it is known from elsewhere, or None.
    """
    report = Report(key_given=wanted is not None)
    record = _record(files, report)
    call_id = contents.call_id_of(files, record.get("id"))
    if call_id is None:
        report.find("no_call")
        return report
    report.call = call_id
    _names(files, call_id, report)
    _manifest(files, report)
    key = _key(files, wanted, report)
    if key is not None:
        _signature(files, key, report)
        head = _head(files, key, report)
        _facts(files, record, _entries(files, key, head, report), report)
    sound.judge(files, call_id, record, report)
    _times(record, now, report)
    return report


def _record(files: Mapping[str, bytes], report: Report) -> dict[str, Any]:
    try:
        record = json.loads(files.get(contents.RECORD, b"{}"))
        if not isinstance(record, dict):
            raise ValueError("no object")
        return record
    except (ValueError, RecursionError):
        report.find("malformed", name=contents.RECORD)
        return {}


def _names(files: Mapping[str, bytes], call_id: str, report: Report) -> None:
    wanted, optional = contents.names(call_id), contents.optional(call_id)
    for name in wanted:
        if name not in files and name not in optional:
            report.find("missing", name=name)
    for name in files:
        if name not in wanted:
            report.find("extra", name=name)


def _manifest(files: Mapping[str, bytes], report: Report) -> None:
    try:
        sums = contents.read_manifest(files.get(contents.MANIFEST, b""))
    except BadManifest:
        if contents.MANIFEST in files:
            report.find("malformed", name=contents.MANIFEST)
        return
    for name in sorted(files.keys() - {contents.MANIFEST, contents.SIGNATURE}):
        if name not in sums:
            report.find("not_in_manifest", name=name)
        elif sums[name] != sha256(files[name]).hexdigest():
            report.find("sum", name=name)
    for name in sorted(sums.keys() - files.keys()):
        report.find("missing", name=name)


# ---------------------------------------------------------------- who signed


def _key(
    files: Mapping[str, bytes], wanted: Ed25519PublicKey | None, report: Report
) -> Ed25519PublicKey | None:
    """Return the key that the package says is the box's."""
    if contents.KEY not in files:
        return wanted
    try:
        key = box_pub.from_pem(files[contents.KEY])
    except NotAKey:
        report.find("malformed", name=contents.KEY)
        return wanted
    report.key = keys.public_key_text(key)
    if wanted is not None and key.public_bytes_raw() != wanted.public_bytes_raw():
        report.find("other_box", key=report.key, wanted=keys.public_key_text(wanted))
    return key


def _signature(files: Mapping[str, bytes], key: Ed25519PublicKey, report: Report) -> None:
    if {contents.MANIFEST, contents.SIGNATURE} <= files.keys():
        try:
            key.verify(files[contents.SIGNATURE], files[contents.MANIFEST])
        except InvalidSignature:
            report.find("signature")


def _head(files: Mapping[str, bytes], key: Ed25519PublicKey, report: Report) -> Checkpoint | None:
    if contents.HEAD not in files:
        return None
    try:
        head = checkpoint.read(files[contents.HEAD].decode(), key)
    except KeyDiffers:
        report.find("head_other_box")
    except (BadCheckpoint, UnicodeDecodeError):
        report.find("head_signature")
    else:
        report.box, report.size = head.origin.removeprefix(ORIGIN), head.size
        return head
    return None


# ---------------------------------------------------------------- the ledger


def _entries(
    files: Mapping[str, bytes], key: Ed25519PublicKey, head: Checkpoint | None, report: Report
) -> dict[str, Entry]:
    """Return the entries that are in the ledger, by their files' names."""
    found = {}
    for name, proof in (
        (contents.CALL_ENTRY, contents.CALL_PROOF),
        (contents.PACKAGE_ENTRY, contents.PACKAGE_PROOF),
    ):
        if name not in files:
            continue
        entry = _entry(files[name])
        if entry is None:
            report.find("malformed", name=name)
            continue
        if proof in files and head is not None:
            _proof(files, (name, proof), entry, key, report)
        found[name] = entry
    return found


def _proof(
    files: Mapping[str, bytes],
    named: tuple[str, str],
    entry: Entry,
    key: Ed25519PublicKey,
    report: Report,
) -> None:
    name, proof_name = named
    try:
        proof = tlog_proof.read(files[proof_name].decode())
    except (BadProof, UnicodeDecodeError):
        report.find("malformed", name=proof_name)
        return
    if proof.note.encode() != files[contents.HEAD]:
        report.find("two_heads", name=proof_name)
        return
    try:
        tlog_proof.check(files[name], proof, key)
    except ValueError:
        report.find("proof", name=name)
    if proof.index != entry.index:
        report.find("proof", name=name)


def _entry(data: bytes) -> Entry | None:
    try:
        return read_entry(checked(data))
    except DamagedLine:
        return None


def _facts(
    files: Mapping[str, bytes],
    record: Mapping[str, Any],
    entries: Mapping[str, Entry],
    report: Report,
) -> None:
    call, package = entries.get(contents.CALL_ENTRY), entries.get(contents.PACKAGE_ENTRY)
    if call is not None:
        _call(files, record, call, report)
    if package is not None:
        _package(files, package, report)
    if call is not None and package is not None:
        report.entries = call.index, package.index


def _call(
    files: Mapping[str, bytes], record: Mapping[str, Any], entry: Entry, report: Report
) -> None:
    facts = entry.facts
    _right_act(contents.CALL_ENTRY, entry, call_entry.ACTS, report)
    for name in _SAME:
        # A time that was put right later was entered as the clock told it then.
        field = f"told_{name}" if record.get(f"told_{name}") else name
        if facts.get(name) != record.get(field):
            report.find("fact", field=field, found=record.get(field), entered=facts.get(name))
    audio_s = sound.said_s(record)
    if round(audio_s * 1000) != facts.get("audio_ms"):
        report.find("fact", field="audio_s", found=audio_s, entered=f"{facts.get('audio_ms')} ms")
    if "audio" in facts:
        _commitments(files, record, entry, report)
    elif contents.SALT in files:
        report.find("extra", name=contents.SALT)


def _commitments(
    files: Mapping[str, bytes], record: Mapping[str, Any], entry: Entry, report: Report
) -> None:
    if contents.SALT not in files:
        report.find("missing", name=contents.SALT)
        return
    try:
        salt = binascii.unhexlify(files[contents.SALT].removesuffix(b"\n"))
        call_entry.commit("", salt)
    except ValueError:
        report.find("malformed", name=contents.SALT)
        return
    for name in call_entry.COMMITTED:
        text = str(record.get(name) or "").encode(errors="replace")
        if call_entry.commit(text, salt) != entry.facts.get(name):
            report.find("commitment", field=name)
    sound_name = contents.opus_name(report.call)
    if sound_name in files:
        bound = sound.commitment(files, report.call, salt) == entry.facts.get("audio")
        report.sound_bound = bound
        if not bound:
            report.find("sound", name=sound_name)


def _package(files: Mapping[str, bytes], entry: Entry, report: Report) -> None:
    facts = entry.facts
    _right_act(contents.PACKAGE_ENTRY, entry, {call_entry.PACKAGE}, report)
    report.entered, report.clock = entry.time, entry.clock
    report.person, report.purpose = str(facts.get("person")), str(facts.get("purpose"))
    report.trial = facts.get("purpose") == "trial"
    for part, name in contents.parts(report.call).items():
        if name in files and sha256(files[name]).hexdigest() != facts.get(part):
            report.find("entered", name=name)
        elif name not in files and part in facts:
            report.find("missing", name=name)


def _right_act(name: str, entry: Entry, acts: Set[str], report: Report) -> None:
    if entry.act not in acts:
        report.find("malformed", name=name)
    if entry.facts.get("call") != report.call:
        report.find("other_call", name=name, call=entry.facts.get("call"))


# ---------------------------------------------------------------- the times


def _times(record: Mapping[str, Any], now: datetime, report: Report) -> None:
    report.start, report.end = str(record.get("start")), str(record.get("end"))
    entered, ended = _time(report.entered), _time(report.end)
    if entered is None:
        return
    if entered > now + DAY:
        report.find("future", at=report.entered)
    # A capture that is replayed in a trial folder has any time it likes.
    sure = report.clock in _GOOD_CLOCKS and record.get("clock") in _GOOD_CLOCKS
    if sure and not report.trial and ended is not None and entered < ended - DAY:
        report.find("too_early", at=report.entered, end=report.end)


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)

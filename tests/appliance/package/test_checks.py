import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance import canonical, checkpoint, keys
from appliance.checkpoint import Checkpoint
from appliance.merkle import inclusion_proof, leaf_hash, root_of
from appliance.package import box_pub, contents
from appliance.package.checks import judge
from appliance.tlog_proof import Proof
from tests.appliance.scene import START

NOW = START + timedelta(days=400)
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def found(files, wanted=None, now=NOW):
    return {
        (m.what, m.facts.get("name", m.facts.get("field", "")))
        for m in judge(files, wanted, now).mismatches
    }


def signed(files, key):
    """Sign a package anew, as whoever has that key would."""
    rest = {n: c for n, c in files.items() if n not in (contents.MANIFEST, contents.SIGNATURE)}
    manifest = contents.manifest_of(rest)
    return {**rest, contents.MANIFEST: manifest, contents.SIGNATURE: key.sign(manifest)}


@pytest.fixture
def key(exported):
    return keys.load_signing_key(exported[0].signing_key)


def test_what_the_box_made_is_genuine(files, key):
    report = judge(files, key.public_key(), NOW)
    assert report.genuine
    assert (report.sound_bound, report.trial, report.exact, report.key_given) == (True,) * 4
    assert report.person == "p1"


def test_every_file_that_lacks_is_named(files):
    for name in files:
        rest = {n: c for n, c in files.items() if n != name}
        assert ("missing", name) in found(rest), name


def test_every_file_with_a_changed_byte_is_named(files):
    for name, content in files.items():
        spoilt = {**files, name: content[:-2] + bytes([content[-2] ^ 1]) + content[-1:]}
        names = {where for _, where in found(spoilt)}
        assert name in names | ({name} if name.startswith("MANIFEST") else set()), name
        assert found(spoilt), name


def test_a_renamed_and_an_added_file_are_named(files):
    renamed = {("cover2.pdf" if n == "cover.pdf" else n): c for n, c in files.items()}
    assert {("missing", "cover.pdf"), ("extra", "cover2.pdf")} <= found(renamed)
    assert ("extra", "../x") in found({**files, "../x": b""})


def test_a_file_of_another_call_is_named_though_the_box_signed(files, other_files, key):
    """As whoever could make the box sign would: MANIFEST fits, the ledger does not."""
    mine = judge(files, None, NOW).call
    theirs = judge(other_files, None, NOW).call
    for kind in ("opus", "wav"):
        swapped = signed({**files, f"{mine}.{kind}": other_files[f"{theirs}.{kind}"]}, key)
        assert ("entered", f"{mine}.{kind}") in found(swapped)
    opus = signed({**files, f"{mine}.opus": other_files[f"{theirs}.opus"]}, key)
    assert ("opus_damaged", f"{mine}.opus") in found(opus)  # the stream's number is its call's
    for name in (contents.CALL_ENTRY, contents.PACKAGE_ENTRY):
        swapped = signed({**files, name: other_files[name]}, key)
        assert {("other_call", name), ("proof", name)} <= found(swapped)
    swapped = signed({**files, contents.CALL_PROOF: other_files[contents.CALL_PROOF]}, key)
    assert ("two_heads", contents.CALL_PROOF) in found(swapped)
    assert ("commitment", "number") in found(
        signed({**files, contents.SALT: other_files[contents.SALT]}, key)
    )


def changed_record(files, **changes):
    record = {**json.loads(files[contents.RECORD]), **changes}
    return {**files, contents.RECORD: json.dumps(record).encode()}


@pytest.mark.parametrize(
    ("changes", "what", "field"),
    [
        ({"line": 7}, "fact", "line"),
        ({"start": "2026-11-22T00:00:00.000Z"}, "fact", "start"),
        ({"end": None}, "fact", "end"),
        ({"audio_s": 1.0}, "fact", "audio_s"),
        ({"number": "110"}, "commitment", "number"),
        ({"number": "\ud800"}, "commitment", "number"),
        ({"digits": ["0"]}, "commitment", "digits"),
        ({"keys": "#"}, "commitment", "keys"),
        ({"rings": 1 << 80}, "entered", "record.json"),
    ],
)
def test_a_changed_record_is_named_though_the_box_signed(files, key, changes, what, field):
    assert (what, field) in found(signed(changed_record(files, **changes), key))


@pytest.mark.parametrize("record", [b"", b"[]", b"{", b"[" * 50_000, b'{"audio_s":1e999}', b"\xff"])
def test_a_record_that_is_none_is_named(files, record):
    assert ("sum", contents.RECORD) in found({**files, contents.RECORD: record})


def test_another_box_is_told_by_the_key_or_by_the_head(files):
    forged = signed({**files, contents.KEY: box_pub.pem(STRANGER.public_key())}, STRANGER)
    assert found(forged) == {("head_other_box", "")}
    wanted = box_pub.from_pem(files[contents.KEY])
    assert {what for what, _ in found(forged, wanted)} == {"head_other_box", "other_box"}
    assert found(files, STRANGER.public_key()) == {("other_box", "")}
    assert ("signature", "") in found(signed(files, STRANGER))


def a_ledger(key, entries, origin="kirok/box-7"):
    """Return a head over these entries, and their proofs."""
    leaves = [leaf_hash(entry) for entry in entries]
    note = checkpoint.sign(Checkpoint(origin, len(leaves), root_of(leaves)), key)
    return note, [
        Proof(index, tuple(inclusion_proof(leaves, index)), note).text().encode()
        for index in range(len(leaves))
    ]


def in_a_ledger_of(files, key, **times):
    """Put a package's entries into a ledger of their own under a key, and sign all of it."""
    entries = []
    for index, name in enumerate((contents.CALL_ENTRY, contents.PACKAGE_ENTRY)):
        prev = base64.b64encode(bytes(32)).decode() if index else ""
        value = {**canonical.decode(files[name]), "index": index, "prev": prev, **times}
        entries.append(canonical.encode(value))
    note, (call, package) = a_ledger(key, entries)
    made = {
        **files,
        **{contents.CALL_ENTRY: entries[0], contents.PACKAGE_ENTRY: entries[1]},
        **{contents.CALL_PROOF: call, contents.PACKAGE_PROOF: package},
        **{contents.HEAD: note.encode(), contents.KEY: box_pub.pem(key.public_key())},
    }
    return signed(made, key)


def test_a_whole_forgery_is_told_by_the_key_alone(files):
    forged = in_a_ledger_of(files, STRANGER)
    assert found(forged) == set()
    assert found(forged, box_pub.from_pem(files[contents.KEY])) == {("other_box", "")}


def test_a_date_in_the_future_is_named(files):
    late = (NOW + timedelta(days=2)).isoformat()
    assert found(in_a_ledger_of(files, STRANGER, time=late)) == {("future", "")}


def test_a_proof_of_another_place_is_named(files, key):
    proof = files[contents.CALL_PROOF].decode()
    index = int(proof.splitlines()[1].split()[1])
    moved = proof.replace(f"index {index}\n", f"index {index + 1}\n", 1).encode()
    assert ("proof", contents.CALL_ENTRY) in found(
        signed({**files, contents.CALL_PROOF: moved}, key)
    )


@pytest.mark.parametrize("name", ["call.json", "call.tlog-proof", "head", "salt"])
def test_what_is_not_as_the_box_writes_it_is_named_though_it_signed(files, key, name):
    path = f"ledger/{name}"
    for spoilt in (b"", b"\xff\xfe", files[path] + b"\n", files[path].replace(b":", b" :")):
        if spoilt != files[path]:
            assert found(signed({**files, path: spoilt}, key)), spoilt


def test_nothing_at_all_says_which_call():
    assert ("no_call", "") in found({})

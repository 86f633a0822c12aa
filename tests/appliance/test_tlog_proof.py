import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance import checkpoint, tlog_proof
from appliance.checkpoint import BadCheckpoint, Checkpoint
from appliance.merkle import inclusion_proof, leaf_hash, root_of
from appliance.tlog_proof import BadProof, Proof, check

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ENTRIES = [f"entry {n}".encode() for n in range(7)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
NOTE = checkpoint.sign(Checkpoint("kirok/box-7", 7, root_of(LEAVES)), KEY)


def proof_of(index):
    return Proof(index, tuple(inclusion_proof(LEAVES, index)), NOTE)


def test_the_text_is_c2sps():
    rows = proof_of(6).text().splitlines()
    assert rows[:2] == ["c2sp.org/tlog-proof@v1", "index 6"]
    assert [len(row) for row in rows[2:4]] == [44, 44]
    assert rows[4:7] == ["", "kirok/box-7", "7"]


@pytest.mark.parametrize("index", range(7))
def test_what_is_written_is_read_and_holds(index):
    proof = tlog_proof.read(proof_of(index).text())
    assert proof == proof_of(index)
    assert check(ENTRIES[index], proof, KEY.public_key()).size == 7


def test_another_entry_another_place_and_another_key_do_not_hold():
    public = KEY.public_key()
    with pytest.raises(BadProof, match="no entry 3"):
        check(ENTRIES[2], proof_of(3), public)
    with pytest.raises(BadProof):
        check(ENTRIES[3], Proof(2, proof_of(3).hashes, NOTE), public)
    with pytest.raises(BadCheckpoint):
        check(ENTRIES[3], proof_of(3), Ed25519PrivateKey.generate().public_key())


def test_a_log_of_one_entry_needs_no_hashes():
    note = checkpoint.sign(Checkpoint("kirok/box-7", 1, LEAVES[0]), KEY)
    proof = tlog_proof.read(Proof(0, (), note).text())
    assert check(ENTRIES[0], proof, KEY.public_key()).size == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1", "@v2"),
        ("index 6", "index 06"),
        ("index 6", "index -6"),
        ("index 6", f"index {'9' * 5000}"),
        ("\n\n", "\n"),
        ("=\n", "\n"),
        ("index 6\n", "index 6\nnot base 64\n"),
    ],
)
def test_anything_else_is_no_proof(old, new):
    with pytest.raises(BadProof):
        tlog_proof.read(proof_of(6).text().replace(old, new, 1))

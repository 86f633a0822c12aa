"""What a ledger proves to somebody who does not have it.

Source: RFC 6962, 2.1.1 (inclusion) and 2.1.2 (consistency).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance import checkpoint
from appliance.ledger_walk import CRC_BYTES, ENTRIES, HEAD, read_lines
from appliance.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
)
from appliance.tlog_proof import Proof


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry's canonical JSON, and that it is in the log; tlog_proof.check() checks it."""

    entry: bytes
    proof: Proof


@dataclass(frozen=True, slots=True)
class Growth:
    """That the tree of one head is a beginning of another's; see merkle.verify_consistency."""

    old: str
    note: str
    hashes: tuple[bytes, ...]


def prove(directory: Path, indexes: Sequence[int], key: Ed25519PublicKey) -> list[Proved]:
    """Return the proofs that these entries are under the last published head.

    Raises:
        ValueError: the head does not reach to one, or the log is not what was signed.
    """
    note = (directory / HEAD).read_text()
    head = checkpoint.read(note, key)
    leaves: list[bytes] = []
    entries: dict[int, bytes] = {}
    for number, (_, line) in zip(range(head.size), read_lines(directory / ENTRIES), strict=False):
        entry = line[CRC_BYTES:-1]
        leaves.append(leaf_hash(entry))
        if number in indexes:
            entries[number] = entry
    lacking = sorted(set(indexes) - entries.keys())
    if lacking or root_of(leaves) != head.root:
        what = f"entry {lacking[0]}, " if lacking else ""
        raise ValueError(f"{what}a head over {head.size}, a log of {len(leaves)} that is not its")
    return [
        Proved(entries[index], Proof(index, tuple(inclusion_proof(leaves, index)), note))
        for index in indexes
    ]


def prove_growth(directory: Path, old: str, key: Ed25519PublicKey) -> Growth:
    """Return the proof that the last published head continues one that was taken away.

    Raises:
        ValueError: it does not, or one of the heads is not this box's.
    """
    note = (directory / HEAD).read_text()
    was, head = checkpoint.read(old, key), checkpoint.read(note, key)
    lines = zip(range(head.size), read_lines(directory / ENTRIES), strict=False)
    leaves = [leaf_hash(line[CRC_BYTES:-1]) for _, (_, line) in lines]
    if not 0 < was.size <= head.size == len(leaves):
        raise ValueError(f"a head over {was.size}, now {head.size}, a log of {len(leaves)}")
    hashes = tuple(consistency_proof(leaves, was.size))
    if root_of(leaves) != head.root:
        raise ValueError("the log is not what its head was signed for")
    if not verify_consistency(was.size, head.size, hashes, was.root, head.root):
        raise ValueError("the head that was taken away is of another history")
    return Growth(old, note, hashes)

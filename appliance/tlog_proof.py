"""That an entry is in a log, as one text that needs no log to be checked.

    c2sp.org/tlog-proof@v1
    index 1042             of the entry, from 0
    gSKyXo...=             hashes from the leaf's sibling up, base 64, a line each
                           an empty line
    kirok/box-7 ...        the signed head, see checkpoint.py

Source: C2SP tlog-proof; RFC 6962, 2.1.1 for the hashes.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance import checkpoint
from appliance.checkpoint import Checkpoint
from appliance.merkle import leaf_hash, verify_inclusion

_FIRST = "c2sp.org/tlog-proof@v1"
_PROOF = re.compile(
    _FIRST + r"\nindex (?P<index>0|[1-9][0-9]{0,18})\n(?P<hashes>(?:[A-Za-z0-9+/]{43}=\n){0,64})\n"
    r"(?P<note>.+)",
    re.DOTALL | re.ASCII,
)


class BadProof(ValueError):
    """The text is no proof, or proves something else."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Attributes: index, of the entry; hashes, lowest first; note, the signed head."""

    index: int
    hashes: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in self.hashes)
        return f"{_FIRST}\nindex {self.index}\n{hashes}\n{self.note}"


def read(text: str) -> Proof:
    """Return the proof that a text says.

    Raises:
        BadProof: see there.
    """
    match = _PROOF.fullmatch(text)
    if match is None:
        raise BadProof("not a proof")
    try:
        hashes = tuple(base64.b64decode(line, validate=True) for line in match["hashes"].split())
    except binascii.Error:
        raise BadProof("not a proof") from None
    proof = Proof(int(match["index"]), hashes, match["note"])
    if proof.text() != text:
        raise BadProof("not the one encoding")
    return proof


def check(entry: bytes, proof: Proof, key: Ed25519PublicKey) -> Checkpoint:
    """Return the head that the entry is under.

    Raises:
        BadCheckpoint: the head is not this key's.
        BadProof: the entry is not under it.
    """
    head = checkpoint.read(proof.note, key)
    leaf = leaf_hash(entry)
    if not verify_inclusion(leaf, proof.index, head.size, proof.hashes, head.root):
        raise BadProof(f"no entry {proof.index} under this head")
    return head

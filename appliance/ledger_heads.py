"""The ledger's signed heads on the disk: the file `head`, the file `resume`, the entries "head".

    resume   one line as in entries.log: {"last":...,"note":...,"offset":...,"peaks":[...]}
             the tree at the head in `note`, the last leaf before it and the offset behind its line

The resume is believed only if its tree is the one that the box has signed.
"""

import base64
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance import checkpoint
from appliance.checkpoint import BadCheckpoint, Checkpoint
from appliance.ledger_walk import HEAD, RESUME, DamagedLine, Walk, pack_line, unpack_line
from appliance.merkle import Tree


@dataclass(frozen=True, slots=True)
class Resume:
    tree: Tree
    last: bytes
    offset: int


def read_head(directory: Path, key: Ed25519PublicKey) -> Checkpoint | str:
    """Return the head in its file, or why it can not be believed."""
    try:
        return checkpoint.read((directory / HEAD).read_text(), key)
    except (OSError, ValueError) as error:
        return short(error)


def check_head_entry(
    walk: Walk, index: int, note: str, key: Ed25519PublicKey, heads: dict[int, bytes]
) -> None:
    first = max(heads, default=0)
    try:
        head = checkpoint.read(note, key)
    except BadCheckpoint as error:
        walk.find("head", index, index, str(error))
        return
    if head.size != walk.tree.size or head.root != walk.tree.root():
        # All later roots differ with this one: the first says where.
        if not any(finding.what == "head" for finding in walk.findings):
            walk.find("head", first, head.size - 1, "these entries are not those that were signed")
        return
    heads[head.size] = head.root


def pack_resume(note: str, peaks: list[bytes], last: bytes, offset: int) -> bytes:
    return pack_line(
        {
            "last": base64.b64encode(last).decode(),
            "note": note,
            "offset": offset,
            "peaks": [base64.b64encode(peak).decode() for peak in peaks],
        }
    )


def read_resume(directory: Path, key: Ed25519PublicKey) -> Resume:
    """Return where the last head left off; believe it only if the box has signed that tree.

    Raises:
        FileNotFoundError, ValueError: there is none, or it can not be believed.
    """
    value = unpack_line((directory / RESUME).read_bytes().removesuffix(b"\n"))
    head = checkpoint.read(str(value.get("note")), key)
    peaks, offset = value.get("peaks"), value.get("offset")
    if not isinstance(peaks, list) or type(offset) is not int or offset < 0:
        raise DamagedLine("no place to resume from")
    tree = Tree(head.size, [base64.b64decode(str(peak)) for peak in peaks])
    if tree.root() != head.root:
        raise DamagedLine("its tree is not the signed one")
    return Resume(tree, base64.b64decode(str(value.get("last"))), offset)


def short(error: Exception) -> str:
    """Return why, without the path that an error of the system names."""
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)

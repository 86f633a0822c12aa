"""The Merkle tree of an append-only log.

    leaf(entry)       = SHA-256(00 || entry)
    node(left, right) = SHA-256(01 || left || right)
    root of none      = SHA-256()
    root of n         = node(root of the first k, root of the rest), k the largest
                        power of 2 below n

Sequences of hashes here are of leaves, 32 bytes each.

Source: RFC 6962, section 2.1; the checking of proofs as in RFC 9162, 2.1.3.2 and 2.1.4.2.
"""

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


class Tree:
    """A tree that only grows: the roots of its whole subtrees, largest first."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError(f"got {len(peaks)} peaks, want {size.bit_count()} for {size} leaves")
        self.size = size
        self.peaks = list(peaks)

    def push(self, leaf: bytes) -> None:
        # Each trailing 1 bit of the size is a subtree that the new leaf fills up.
        carried, size = leaf, self.size
        while size & 1:
            carried = node_hash(self.peaks.pop(), carried)
            size >>= 1
        self.peaks.append(carried)
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return sha256().digest()
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    tree = Tree()
    for leaf in leaves:
        tree.push(leaf)
    return tree.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes that lead from a leaf to the root, lowest first."""
    if not 0 <= index < len(leaves):
        raise ValueError(f"got index {index}, want below {len(leaves)}")
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(leaves[:k], index), root_of(leaves[k:])]
    return [*inclusion_proof(leaves[k:], index - k), root_of(leaves[:k])]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the hashes that show the first old_size leaves to be a beginning of these."""
    if not 0 < old_size <= len(leaves):
        raise ValueError(f"got old size {old_size}, want 1 to {len(leaves)}")
    return _subproof(leaves, old_size, whole=True)


def _subproof(leaves: Sequence[bytes], old_size: int, *, whole: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if whole else [root_of(leaves)]
    k = _split(len(leaves))
    if old_size <= k:
        return [*_subproof(leaves[:k], old_size, whole=whole), root_of(leaves[k:])]
    return [*_subproof(leaves[k:], old_size - k, whole=False), root_of(leaves[:k])]


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Say whether the leaf is entry number index of the tree of that size and root."""
    sides = _sides(index, size - 1, len(proof)) if 0 <= index < size else None
    if sides is None:
        return False
    found = leaf
    for sibling, left in zip(proof, sides, strict=True):
        found = node_hash(sibling, found) if left else node_hash(found, sibling)
    return found == root


def verify_consistency(
    old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes
) -> bool:
    """Say whether the tree of old_size and old_root is a beginning of the other."""
    if not 0 < old_size <= size:
        return False
    if old_size == size or not proof:
        return old_size == size and not proof and old_root == root
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    # When the old tree is one whole subtree of the new, its root starts the climb and is left out.
    first, *siblings = proof if at else [old_root, *proof]
    sides = _sides(at, last, len(siblings))
    if sides is None:
        return False
    old_found = found = first
    for sibling, left in zip(siblings, sides, strict=True):
        # What lies to the right of the old tree's edge is new.
        old_found = node_hash(sibling, old_found) if left else old_found
        found = node_hash(sibling, found) if left else node_hash(found, sibling)
    return (old_found, found) == (old_root, root)


def _sides(at: int, last: int, steps: int) -> list[bool] | None:
    """Say of each sibling on the way up whether it is the left one; None if steps is wrong.

    Args:
        at: the node's place on its level.
        last: the place of the level's last node.
    """
    sides = []
    for _ in range(steps):
        if last == 0:
            return None
        left = bool(at & 1) or at == last
        # A last node without a sibling goes up as it is.
        while left and at and not at & 1:
            at, last = at >> 1, last >> 1
        sides.append(left)
        at, last = at >> 1, last >> 1
    return sides if last == 0 else None

"""`kirok ledger verify`: the whole ledger against itself, its heads, and heads taken away before.

What can be known of an attacker who holds the disk but not the box's key:

    changed, removed, moved, doubled, put in       the entry is named: its follower knows its hash
    the same, with all that follows made to fit    the heads do not fit: named are the entries
                                                   between the last head that fits and the next
    the last entries cut off                       the heads in `head` and `resume` count more
    the same, with both put back as they were      a head that was taken away counts more; and
                                                   calls have no entry (`doctor --deep`)
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance import checkpoint
from appliance.checkpoint import BadCheckpoint, Checkpoint
from appliance.ledger_heads import check_head_entry, read_head, read_resume, short
from appliance.ledger_walk import (
    ENTRIES,
    HEAD,
    HEAD_ACT,
    RESUME,
    DamagedLine,
    Entry,
    Finding,
    Walk,
    read_entry,
    read_lines,
)

#: Half of a small board's ten milliseconds.
REST_EVERY = 500


def verify(
    directory: Path,
    key: Ed25519PublicKey,
    taken: Mapping[str, str] | None = None,
    rest: Callable[[], None] = lambda: None,
    also: Callable[[Entry | None], None] = lambda entry: None,
) -> list[Finding]:
    """Check the whole ledger against itself, its heads and the box's public key.

    Args:
        taken: heads that were taken away before, by a name for each: this log must continue them.
        rest: called every REST_EVERY entries: a recorder that checks itself must not hurry.
        also: given the entry of each line, None where it is damaged: for who reads along.

    Raises:
        FileNotFoundError: there is no ledger.
    """
    walk = Walk()
    heads: dict[int, bytes] = {}
    # The head first: the recorder may go on writing, and the log must reach at least this far.
    head = read_head(directory, key)
    witnesses = _Witnesses(walk, key, taken or {})
    for number, (offset, line) in enumerate(read_lines(directory / ENTRIES)):
        if not line.endswith(b"\n"):
            # The recorder may be in the middle of writing it.
            if (directory / ENTRIES).stat().st_size == offset + len(line):
                walk.find("torn", walk.size, walk.size, "the last line has no end")
            break
        entry = _read(walk, line[:-1])
        also(entry)
        in_place = entry is not None and walk.take(entry)
        witnesses.look()
        if entry is not None and in_place and entry.act == HEAD_ACT:
            check_head_entry(walk, entry.index, str(entry.facts.get("note")), key, heads)
        if number % REST_EVERY == REST_EVERY - 1:
            rest()
    walk.close()
    witnesses.look()
    _check_head_file(walk, head, heads)
    witnesses.close()
    try:
        read_resume(directory, key)
    except (OSError, ValueError) as error:
        walk.find("resume", walk.size, walk.size, f"{RESUME}: {short(error)}")
    return walk.findings


def _read(walk: Walk, line: bytes) -> Entry | None:
    try:
        return read_entry(line)
    except DamagedLine as error:
        walk.damaged(line, error)
        return None


class _Witnesses:
    """Heads that were taken away, looked for along the walk."""

    def __init__(self, walk: Walk, key: Ed25519PublicKey, taken: Mapping[str, str]) -> None:
        self._walk = walk
        self._heads: dict[str, Checkpoint] = {}
        for name, note in taken.items():
            try:
                self._heads[name] = checkpoint.read(note, key)
            except BadCheckpoint as error:
                walk.find("witness", 0, 0, f"{name} is no head of this box: {error}")
        self._wanted = {head.size for head in self._heads.values()}
        self._roots: dict[int, bytes] = {}

    def look(self) -> None:
        """Note the tree as it is, if a head was taken away of one of this size."""
        size = self._walk.tree.size
        if size in self._wanted and size not in self._roots:
            self._roots[size] = self._walk.tree.root()

    def close(self) -> None:
        """Say which heads this log does not continue."""
        for name, head in self._heads.items():
            if head.size > self._walk.size:
                why = f"{name}, taken away before, counts {head.size} entries"
                self._walk.find("witness", self._walk.size, head.size - 1, why)
            elif head.size and self._roots.get(head.size) != head.root:
                why = f"{name} was taken away of another history"
                self._walk.find("witness", 0, head.size - 1, why)


def _check_head_file(walk: Walk, head: Checkpoint | str, heads: dict[int, bytes]) -> None:
    if isinstance(head, str):
        walk.find("head", walk.size, walk.size, f"{HEAD}: {head}")
    elif head.size > walk.size:
        why = f"a signed head counts {head.size} entries"
        walk.find("truncated", walk.size, head.size - 1, why)
    elif heads.get(head.size) != head.root:
        walk.find("head", 0, head.size - 1, f"{HEAD}: its tree is not this log's")

"""Where a ledger goes on at a start: behind its last whole line, as far as the heads reach.

Only what follows the last head is read, unless something is wrong with that. What is found here is
found at once; what lies before is looked through while the recorder runs (`ledger_duty.py`).
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.checkpoint import Checkpoint
from appliance.ledger_heads import Resume, check_head_entry, read_head, read_resume, short
from appliance.ledger_walk import ENTRIES, HEAD, HEAD_ACT, RESUME, Walk, looks_torn, read_lines


def recover(directory: Path, key: Ed25519PublicKey) -> tuple[Walk, int, bytes]:
    """Return the walk at the end of the log, the offset of that end, and what is torn behind it."""
    path = directory / ENTRIES
    found = path.stat().st_size
    resume, why_not = _try_resume(directory, key)
    replay = _Replay(key)
    if resume is None or found < resume.offset:
        replay.run(path, Walk(), 0)
    else:
        replay.heads[resume.tree.size] = resume.tree.root()
        replay.run(path, Walk(resume.tree, resume.last), resume.offset)
    walk = replay.walk
    if resume is not None and found < resume.offset:
        why = f"the log has {found} bytes, a signed head counts {resume.offset}"
        walk.find("truncated", walk.size, resume.tree.size - 1, why)
        walk.tree, walk.last = resume.tree, resume.last
    head = read_head(directory, key)
    if isinstance(head, Checkpoint):
        walk.lose_until(head.size, "truncated", f"a signed head counts {head.size} entries")
        if replay.heads.get(head.size, head.root) != head.root:
            walk.find("head", 0, head.size - 1, f"{HEAD}: its tree is not this log's")
    elif replay.heads:
        walk.find("head", walk.size, walk.size, f"{HEAD}: {head}")
    # A log whose first head was cut short has no resume yet.
    if why_not and (len(replay.heads) > 1 or (directory / RESUME).exists()):
        walk.find("resume", walk.size, walk.size, f"{RESUME}: {why_not}")
    return walk, replay.end, replay.torn


def _try_resume(directory: Path, key: Ed25519PublicKey) -> tuple[Resume | None, str]:
    """Return where to resume from, or why not."""
    try:
        return read_resume(directory, key), ""
    except (OSError, ValueError) as error:
        return None, short(error)


class _Replay:
    """A start's reading of the log.

    Attributes:
        heads: roots by size, of the heads that were met.
        end: offset behind the last line that is whole.
        torn: what is behind that.
    """

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self.heads: dict[int, bytes] = {}
        self.walk = Walk()
        self.end = 0
        self.torn = b""

    def run(self, path: Path, walk: Walk, offset: int) -> None:
        self.walk, self.end = walk, offset
        for at, line in read_lines(path, offset):
            if self.torn or looks_torn(line):
                # What follows a torn line was in the same fsync, which never returned.
                self.torn += line
                continue
            entry = walk.push(line[:-1])
            if entry is not None and entry.act == HEAD_ACT:
                note = str(entry.facts.get("note"))
                check_head_entry(walk, entry.index, note, self._key, self.heads)
            self.end = at + len(line)
        walk.close()

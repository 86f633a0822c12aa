"""The ledger's lines, and following them with suspicion.

entries.log holds a line an entry:

    8 hex digits, CRC-32 of the JSON | space | canonical JSON | LF

    {"act":"listen","clock":"ntp","facts":{...},"index":7,"prev":"...",
     "time":"2026-11-23T00:00:00.000Z"}                                   (one line in the file)

`prev` is the leaf hash of the entry before in base 64, "" at index 0. The leaf is RFC 6962's hash
of the JSON. The CRC tells an accident from an act; `prev` names the one entry that was touched, and
gives its true leaf, so that the signed heads behind it can still be checked; the heads, which are
themselves entries (act "head"), catch whoever made all of that fit.
"""

import base64
import binascii
import errno
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance import canonical
from appliance.merkle import Tree, leaf_hash

ENTRIES = "entries.log"
HEAD = "head"
RESUME = "resume"
HEAD_ACT = "head"

#: What stands in the tree for an entry of which nothing is known any more.
LOST = leaf_hash(b"")

CRC_BYTES = 9
_FIELDS = {"act", "clock", "facts", "index", "prev", "time"}


class DamagedLine(ValueError):
    """A line is not as it was written."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong with the ledger.

    Attributes:
        what: "damaged" "changed" "missing" "out_of_order" "duplicated" "inserted" "torn"
            "truncated" "head" "resume" "witness" "typed" "typed_lost".
        first: index of the first entry concerned, and last: of the last.
        why: for people.
    """

    what: str
    first: int
    last: int
    why: str

    def __str__(self) -> str:
        where = str(self.first) if self.first == self.last else f"{self.first} to {self.last}"
        return f"{self.what}: entry {where}: {self.why}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, and its leaf."""

    index: int
    time: str
    clock: str
    act: str
    facts: dict[str, object]
    prev: bytes
    leaf: bytes


def pack_line(value: dict[str, object]) -> bytes:
    """Return an object as a line, LF included."""
    return checked(canonical.encode(value)) + b"\n"


def checked(text: bytes) -> bytes:
    """Return JSON with its CRC before it."""
    return b"%08x " % zlib.crc32(text) + text


def unpack_line(line: bytes) -> dict[str, object]:
    """Return the object on a line, LF left off.

    Raises:
        DamagedLine: see there.
    """
    text = line[CRC_BYTES:]
    try:
        if line == checked(text):
            return canonical.decode(text)
    except canonical.NotCanonical:
        pass
    raise DamagedLine("the line is not as it was written")


#: How the line of an entry begins, whatever its act.
ANY = (b"{",)


def beginnings(acts: Iterable[str]) -> tuple[bytes, ...]:
    """Return how the lines of these acts begin: the rest of a million need not be parsed."""
    return tuple(f'{{"act":"{act}"'.encode() for act in acts)


def sound_entry(line: bytes, begin: tuple[bytes, ...]) -> Entry | None:
    """Return the entry on a line, LF left off, if it begins so and is as it was written.

    What is damaged is named by the ledger's own check.
    """
    if not line[CRC_BYTES:].startswith(begin):
        return None
    try:
        return read_entry(line)
    except DamagedLine:
        return None


def read_entry(line: bytes) -> Entry:
    """Return the entry on a line, LF left off.

    Raises:
        DamagedLine: see there, or the line is no entry.
    """
    value = unpack_line(line)
    index, facts, prev = value.get("index"), value.get("facts"), value.get("prev")
    act, time, clock = value.get("act"), value.get("time"), value.get("clock")
    if not (
        value.keys() == _FIELDS
        and type(index) is int
        and isinstance(facts, dict)
        and isinstance(prev, str)
        and isinstance(act, str)
        and isinstance(time, str)
        and isinstance(clock, str)
    ):
        raise DamagedLine("the line is no entry")
    try:
        before = base64.b64decode(prev, validate=True)
    except binascii.Error:
        raise DamagedLine("prev is not base 64") from None
    if index < 0 or len(before) != (32 if index else 0):
        raise DamagedLine("prev is no leaf")
    return Entry(index, time, clock, act, facts, before, leaf_hash(line[CRC_BYTES:]))


def read_lines(path: Path, offset: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield each line's offset and bytes, LF included; the last may lack it.

    Raises:
        OSError: it cannot be read.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise IsADirectoryError(errno.EISDIR, "not a file", str(path))
    with open(path, "rb") as file:
        file.seek(offset)
        for line in file:
            yield offset, line
            offset += len(line)


def sound_entries(path: Path, offset: int = 0, begin: tuple[bytes, ...] = ANY) -> Iterator[Entry]:
    """Yield the entries behind an offset that begin so; the rest of a line it fell into is none.

    Raises:
        OSError: see read_lines().
    """
    for _, line in read_lines(path, offset):
        if (entry := sound_entry(line.removesuffix(b"\n"), begin)) is not None:
            yield entry


def looks_torn(line: bytes) -> bool:
    """Say whether a line is what an append leaves that was cut short.

    A line without an end, or with a run of zeros: pages that were never written. JSON has none.
    """
    return not line.endswith(b"\n") or bytes(8) in line


class Walk:
    """Goes along the log line by line.

    Attributes:
        findings: what was wrong so far.
        tree: of all entries before the last; close() adds that one.
        last: the leaf of the last entry; empty before the first.
    """

    def __init__(self, tree: Tree | None = None, last: bytes = b"") -> None:
        self.findings: list[Finding] = []
        self.tree = tree or Tree()
        self.last = last
        self._held = False
        self._known_bad = False
        self._rivals: set[bytes] = set()  # leaves of entries that have the last one's number
        self._missing: dict[int, bytes] = {}  # leaves of entries that did not stand in their place

    @property
    def size(self) -> int:
        return self.tree.size + self._held

    def push(self, line: bytes) -> Entry | None:
        """Take the next line, LF left off; return its entry if it is one and in its place."""
        try:
            entry = read_entry(line)
        except DamagedLine as error:
            self.damaged(line, error)
            return None
        return entry if self.take(entry) else None

    def damaged(self, line: bytes, error: DamagedLine) -> None:
        """Take the next line, which is no entry."""
        self.close()
        self.find("damaged", self.size, self.size, str(error))
        self._hold(leaf_hash(line[CRC_BYTES:]), known_bad=True)

    def take(self, entry: Entry) -> bool:
        """Take the next entry; return whether it is in its place."""
        if entry.index < self.size:
            self._late(entry)
            return False
        if entry.index > self.size:
            self._miss(entry)
        else:
            self._believe(entry)
        self._hold(entry.leaf, known_bad=False)
        return True

    def close(self) -> None:
        """Take the last entry as it is, since none follows."""
        if self._held:
            self.tree.push(self.last)
            self._held = False

    def lose_until(self, size: int, what: str, why: str) -> None:
        """Count entries up to size as lost."""
        self.close()
        if self.size < size:
            self.find(what, self.size, size - 1, why)
        while self.size < size:
            self.tree.push(LOST)
            self.last = LOST

    def find(self, what: str, first: int, last: int, why: str) -> None:
        self.findings.append(Finding(what, first, last, why))

    def _late(self, entry: Entry) -> None:
        """Say what an entry is whose number has been."""
        index = entry.index
        if self._missing.get(index) == entry.leaf:
            self.findings = [f for f in self.findings if (f.what, f.last) != ("missing", index)]
            self.find("out_of_order", index, index, f"it stands behind {self.size - 1}")
        elif index == self.size - 1 and entry.leaf == self.last:
            self.find("duplicated", index, index, "it is there twice")
        elif index == self.size - 1:
            self._rivals.add(entry.leaf)
            self.find("inserted", index, index, "two entries have this number")
        else:
            self.find("out_of_order", index, index, f"it stands behind {self.size - 1}")

    def _believe(self, entry: Entry) -> None:
        """Take the follower's word for the last entry's leaf."""
        if self.last != entry.prev:
            if not self._known_bad and entry.prev not in self._rivals:
                before = entry.index - 1
                self.find("changed", before, before, "its follower knows another")
            self.last = entry.prev
            # Right after a resume the last leaf is in the tree already, and signed for.
        self.close()

    def _miss(self, entry: Entry) -> None:
        # Of the missing, the follower knows the last one's leaf.
        self.lose_until(entry.index - 1, "missing", "no trace of it")
        before = entry.index - 1
        self.find("missing", before, before, "only its hash is left")
        self._missing[before] = entry.prev
        self.last = entry.prev
        self.tree.push(entry.prev)

    def _hold(self, leaf: bytes, *, known_bad: bool) -> None:
        self.last = leaf
        self._rivals.clear()
        self._held = True
        self._known_bad = known_bad

"""The ledger: every act, in the order in which it was entered, for good.

    ledger/entries.log   the entries (see ledger_walk.py)
    ledger/head          the last signed head (see checkpoint.py), for a witness to take away
    ledger/resume        the tree at that head, so that a start need not read the whole log (see
                         ledger_heads.py)
    ledger/torn-*.bin    what a power cut left of entries not yet acknowledged

An entry counts once sync() has returned: one write and one fsync for any number of entries. Heads
come now and then (publish_head) and go into the log as entries too. What is entered holds no number
and no name in clear: `call_entry` has what stands in for them.

Source: RFC 6962 for the tree; C2SP tlog-checkpoint for the heads.
"""

import base64
import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance import address, checkpoint
from appliance.checkpoint import Checkpoint
from appliance.durable import Disk, make_directory, publish, refuse_if_moved, replace, write_all
from appliance.ledger_heads import pack_resume
from appliance.ledger_start import recover
from appliance.ledger_walk import CRC_BYTES, ENTRIES, HEAD, HEAD_ACT, RESUME, pack_line
from appliance.merkle import leaf_hash

#: As sha256sum writes it.
MANIFEST = re.compile(rb"(?:[0-9a-f]{64}  [!-~]{1,200}\n){1,64}")

#: A clock gives UTC and its quality: "ntp" "rtc" "unsynced" "stepped".
Clock = Callable[[], tuple[datetime, str]]


class Ledger:
    """The open ledger; its owner alone writes. For any number of threads.

    append() never waits for the disk: sync() writes outside of the lock that append() takes.

    Attributes:
        findings: what was wrong at the start, in what had to be read: raise an alarm.
        found: entries that were there at the start, lost ones included.
    """

    def __init__(
        self,
        directory: Path,
        key: Ed25519PrivateKey,
        box_id: str,
        clock: Clock,
        *,
        disk: Disk = os,
    ) -> None:
        """Open a ledger that is there, and cut off what a power cut left half-written.

        Raises:
            FileNotFoundError: there is none: a wrong path must not begin an empty one.
        """
        self._directory = directory
        self._key = key
        self._origin = f"kirok/{box_id}"
        self._clock = clock
        self._disk = disk
        self._state = threading.Lock()  # held for the attributes below it, never for the disk
        self._buffer: list[bytes] = []
        self._io = threading.Lock()  # held for the file; taken before _state
        self._broken = False
        walk, self._offset, torn = recover(directory, key.public_key())
        self.findings = walk.findings
        self._tree, self._last = walk.tree, walk.last
        self.found = walk.size
        self._headed: int | None = None
        self._fd = disk.open(directory / ENTRIES, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o640)
        if torn:
            self._cut(torn)

    @classmethod
    def create(cls, directory: Path, *, disk: Disk = os) -> None:
        """Make an empty ledger in a folder that is there.

        Raises:
            FileExistsError: there is one.
        """
        make_directory(directory, mode=0o750, disk=disk)
        publish(directory / ENTRIES, b"", mode=0o640, disk=disk)

    @property
    def size(self) -> int:
        """Entries so far, those not yet on the disk included."""
        return self._tree.size

    def append(self, act: str, /, **facts: object) -> int:
        """Enter an act, and return its index; it is on the disk after the next sync().

        A person's act has the address that they do it from beside it.

        Raises:
            TypeError, ValueError: the facts are not JSON; nothing was entered.
        """
        if facts.get("person") and address.here():
            facts.setdefault("address", address.here())
        with self._state:
            return self._append(act, facts)

    def sync(self) -> None:
        """Put every entry on the disk: one write, one fsync.

        Raises:
            OSError: the disk failed; which entries are there is known at the next start. This
                object takes no more.
        """
        with self._io:
            with self._state:
                lines, self._buffer = self._buffer, []
            self._write(lines)

    def publish_head(self) -> str:
        """Sync, sign the tree, and put the head where a witness finds it; return the signed note.

        Raises:
            OSError: as sync().
        """
        with self._io:
            with self._state:
                size, offset = self._tree.size, self._offset
                peaks, last = list(self._tree.peaks), self._last
                head = Checkpoint(self._origin, size, self._tree.root())
                note = checkpoint.sign(head, self._key)
                unchanged = self._headed is not None and self._headed == size - 1
                if not unchanged:
                    self._append(HEAD_ACT, {"note": note})
                lines, self._buffer = self._buffer, []
            self._write(lines)
            if unchanged:
                return (self._directory / HEAD).read_text()
            # Power goes now: the head is in the log, and the file holds the one before: both true.
            replace(self._directory / HEAD, note.encode(), mode=0o640, disk=self._disk)
            resume = pack_resume(note, peaks, last, offset)
            replace(self._directory / RESUME, resume, mode=0o640, disk=self._disk)
            self._headed = size
            return note

    def sign_manifest(self, manifest: bytes) -> bytes:
        """Return the box's signature of a package's MANIFEST, 64 bytes of Ed25519.

        Raises:
            ValueError: it is none. The key signs heads as well: neither may pass for the other.
        """
        if not MANIFEST.fullmatch(manifest):
            raise ValueError("not a MANIFEST of SHA-256 sums")
        return self._key.sign(manifest)

    def close(self) -> None:
        """Publish a head, and give the file up."""
        try:
            if not self._broken:
                self.publish_head()
        finally:
            self._broken = True
            fd, self._fd = self._fd, -1
            if fd >= 0:
                self._disk.close(fd)

    def _append(self, act: str, facts: dict[str, object]) -> int:
        now, quality = self._clock()
        index = self._tree.size
        line = pack_line(
            {
                "act": act,
                "clock": quality,
                "facts": facts,
                "index": index,
                "prev": base64.b64encode(self._last).decode(),
                "time": _utc_text(now),
            }
        )
        self._last = leaf_hash(line[CRC_BYTES:-1])
        self._tree.push(self._last)
        self._buffer.append(line)
        self._offset += len(line)
        return index

    def _write(self, lines: list[bytes]) -> None:
        if self._broken:
            raise ValueError(f"{self._directory / ENTRIES} is closed or has failed before")
        if not lines:
            return
        try:
            write_all(self._fd, b"".join(lines), disk=self._disk)
            # Power goes now: none, some or all of the lines, the last perhaps in part.
            self._disk.fdatasync(self._fd)
            refuse_if_moved(self._directory / ENTRIES, os.fstat(self._fd))
        except BaseException:
            self._broken = True
            raise
        # Power goes now: all of the lines.

    def _cut(self, torn: bytes) -> None:
        """Cut the log after its last line, keep what was cut beside it, and enter that it was."""
        name = f"torn-{self._tree.size:09d}-{sha256(torn).hexdigest()[:8]}.bin"
        replace(self._directory / name, torn, mode=0o640, disk=self._disk)
        # Power goes now: the torn log and a copy of the tear; the next start does the same again.
        self._disk.ftruncate(self._fd, self._offset)
        self._disk.fsync(self._fd)
        self.append("torn", bytes=len(torn), sha256=sha256(torn).hexdigest())
        self.sync()


def _utc_text(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

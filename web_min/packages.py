"""Packages that have been made and wait to be saved, in memory and for minutes only.

Making one is an act in the ledger; it is saved by whoever made it, in the session in which they
did, as often as the browser asks within the time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

#: Thrown away so long after it was made: time to save it twice.
KEEP_S: Final = 900.0
#: All together: a call of an hour is 65 MB with its WAV. The oldest goes first.
BYTES_MAX: Final = 256_000_000


@dataclass(frozen=True, slots=True)
class Package:
    """Attributes: passphrase: that opens it, shown to whoever made it."""

    name: str
    content: bytes
    passphrase: str
    made_s: float


class Packages:
    """Those of all sessions; used by several threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._kept: dict[tuple[str, str], Package] = {}
        self._lock = Lock()

    def put(self, session_id: str, request_id: str, name: str, made: tuple[bytes, str]) -> None:
        """Keep a package, with its passphrase; throw others away until all fit."""
        with self._lock:
            self._kept[session_id, request_id] = Package(name, *made, self._monotonic())
            while len(self._kept) > 1 and self._bytes() > BYTES_MAX:
                del self._kept[next(iter(self._kept))]

    def get(self, session_id: str, request_id: str) -> Package | None:
        """Return what this session has made for a request, None when it is there no more."""
        now = self._monotonic()
        with self._lock:
            self._kept = {k: p for k, p in self._kept.items() if p.made_s + KEEP_S > now}
            return self._kept.get((session_id, request_id))

    def close_session(self, session_id: str) -> None:
        with self._lock:
            self._kept = {k: p for k, p in self._kept.items() if k[0] != session_id}

    def _bytes(self) -> int:
        return sum(len(package.content) for package in self._kept.values())

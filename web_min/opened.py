"""Recordings that somebody is listening to, in memory and for minutes only.

Opening one costs an entry in the ledger, so what is open stays open between the requests of one
player; it never outlives its session.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from appliance.playback import Recording

#: Put away so long after the last request of its player.
KEEP_S: Final = 600.0
#: All together; an hour of Opus is 7 MB. The longest unused goes first.
BYTES_MAX: Final = 64_000_000


@dataclass(slots=True)
class _Entry:
    audio: Recording
    used_s: float


class Opened:
    """The open recordings of all sessions; used by several threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._lock = Lock()

    def put(self, session_id: str, call_id: str, audio: Recording) -> None:
        """Keep a recording, and put others away until all fit; this one is kept in any case."""
        with self._lock:
            self._entries[session_id, call_id] = _Entry(audio, self._monotonic())
            while len(self._entries) > 1 and self._bytes() > BYTES_MAX:
                del self._entries[min(self._entries, key=lambda k: self._entries[k].used_s)]

    def get(self, session_id: str, call_id: str) -> Recording | None:
        """Return a recording that this session has opened, or None once it has been put away."""
        now = self._monotonic()
        with self._lock:
            for key in [k for k, e in self._entries.items() if e.used_s + KEEP_S <= now]:
                del self._entries[key]
            entry = self._entries.get((session_id, call_id))
            if entry is None:
                return None
            entry.used_s = now
            return entry.audio

    def close_session(self, session_id: str) -> None:
        with self._lock:
            for key in [k for k in self._entries if k[0] == session_id]:
                del self._entries[key]

    def _bytes(self) -> int:
        return sum(len(entry.audio.ogg) + len(entry.audio.alaw) for entry in self._entries.values())

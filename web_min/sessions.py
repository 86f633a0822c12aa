"""Who is signed in: kept in the page's memory alone, so that a session ends when it is to end.

A session of somebody whose roles open recordings holds the vault's secret, which is nowhere else in
clear; it goes with the session, and the session with the role.

Source: OWASP Session Management Cheat Sheet (ids of 128 bits and more, idle and absolute limits).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from appliance.people import Opener
from appliance.second_factor import Factor

#: Signed out after so long without a request; the page warns first and can extend (WCAG 2.2.1).
IDLE_S: Final = 600.0
#: Signed out after so long in any case: longer than a working day.
LIFETIME_S: Final = 12 * 3600.0
#: Random bytes in an id: 256 bits.
ID_BYTES: Final = 32
#: More people than a city hall has at its recorder; the longest idle goes first.
SESSIONS_MAX: Final = 200


@dataclass(slots=True)
class Session:
    """Attributes: opener: who it is, and what their passphrase opened; *_s: monotonic clock.

    proposed: the second factor that is being set up.
    """

    id: str
    name: str
    role: str
    opener: Opener = field(repr=False)
    began_s: float
    seen_s: float
    proposed: Factor | None = field(default=None, repr=False)

    @property
    def person_id(self) -> str:
        return self.opener.id

    @property
    def secret(self) -> bytes:
        """The vault's secret; b"" for somebody whose roles open no recording."""
        return self.opener.secret

    @property
    def ends_s(self) -> float:
        return min(self.seen_s + IDLE_S, self.began_s + LIFETIME_S)


def new_id() -> str:
    return secrets.token_urlsafe(ID_BYTES)


class Sessions:
    """All sessions of the page; used by several threads."""

    def __init__(self, monotonic: Callable[[], float], ended: Callable[[Session], None]) -> None:
        """Begin with none.

        Args:
            monotonic: seconds that never step.
            ended: told of each session that is over.
        """
        self._monotonic = monotonic
        self._ended = ended
        self._sessions: dict[str, Session] = {}
        self._lock = Lock()

    def begin(self, opener: Opener, name: str, role: str) -> Session:
        now = self._monotonic()
        session = Session(new_id(), name, role, opener, now, now)
        with self._lock:
            self._sessions[session.id] = session
            idle = min(self._sessions.values(), key=lambda s: s.seen_s)
            full = len(self._sessions) > SESSIONS_MAX
        if full:
            self.end(idle.id)
        return session

    def find(self, session_id: str, touch: bool) -> Session | None:
        """Return a session that still lasts.

        Args:
            session_id: as the browser sent it.
            touch: count this as somebody at work; the page's own polling is not.
        """
        self.sweep()
        with self._lock:
            session = self._sessions.get(session_id)
            if session and touch:
                session.seen_s = self._monotonic()
            return session

    def left_s(self, session: Session) -> float:
        """Return in how many seconds a session ends unless somebody does something."""
        return max(0.0, session.ends_s - self._monotonic())

    def end(self, session_id: str) -> None:
        with self._lock:
            session = self._sessions.pop(session_id, None)
        if session:
            self._ended(session)

    def end_person(self, person_id: str, *, but: str = "") -> None:
        """End all of somebody's sessions, but for one."""
        with self._lock:
            theirs = [s.id for s in self._sessions.values() if s.person_id == person_id]
        for session_id in theirs:
            if session_id != but:
                self.end(session_id)

    def sweep(self) -> None:
        """End those whose time is over."""
        now = self._monotonic()
        with self._lock:
            over = [s for s in self._sessions.values() if s.ends_s <= now]
            for session in over:
                del self._sessions[session.id]
        for session in over:
            self._ended(session)

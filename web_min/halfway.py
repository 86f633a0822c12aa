"""Who has given the right passphrase and not yet the code: in memory, for five minutes.

They are under a fresh browser id, so that one planted before is worth nothing, and are nobody yet:
no page but the one that asks for the code knows of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from appliance.people import Opener
from web_min.sessions import new_id

#: Time to find the phone, or the paper.
LASTS_S: Final = 300.0
#: The oldest goes first.
WAITING_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """Attributes: onward: where to go once inside."""

    opener: Opener = field(repr=False)
    onward: str
    since_s: float


class Halfway:
    """Used by several threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._waiting: dict[str, Waiting] = {}
        self._lock = Lock()

    def begin(self, opener: Opener, onward: str) -> str:
        """Keep somebody; return the browser id that they go on under."""
        browser = new_id()
        with self._lock:
            self._waiting[browser] = Waiting(opener, onward, self._monotonic())
            while len(self._waiting) > WAITING_MAX:
                del self._waiting[min(self._waiting, key=lambda b: self._waiting[b].since_s)]
        return browser

    def find(self, browser: str) -> Waiting | None:
        """Return who waits under a browser id, or None once their time is over."""
        now = self._monotonic()
        with self._lock:
            for each in [b for b, w in self._waiting.items() if w.since_s + LASTS_S <= now]:
                del self._waiting[each]
            return self._waiting.get(browser)

    def end(self, browser: str) -> None:
        with self._lock:
            self._waiting.pop(browser, None)

    def end_person(self, person_id: str) -> None:
        """Forget somebody: their roles are others now."""
        with self._lock:
            for each in [b for b, w in self._waiting.items() if w.opener.id == person_id]:
                del self._waiting[each]

"""How many refusals of nobody in particular go to the ledger, which can never be shortened.

Anybody on the network can be refused without a passphrase, as fast as they can ask: what is entered
of that is a burst and then a trickle, so that it fills no disk.
"""

from collections.abc import Callable
from threading import Lock
from typing import Final

#: So many at once: every page and form of the box, tried in every way by somebody patient.
BURST: Final = 2000
#: And then one in so many seconds: 8 640 a day, 3 MB of ledger (bench value).
EACH_S: Final = 10.0


class Turnstile:
    """For any number of threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._left = float(BURST)
        self._at_s = monotonic()
        self._lock = Lock()

    def may_pass(self) -> bool:
        """Say whether one more is let through, and count it."""
        with self._lock:
            now_s = self._monotonic()
            self._left = min(float(BURST), self._left + (now_s - self._at_s) / EACH_S)
            self._at_s = now_s
            if self._left < 1.0:
                return False
            self._left -= 1.0
            return True

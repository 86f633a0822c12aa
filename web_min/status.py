"""The box as it is now, asked of the recorder at most twice a second however many look.

Twenty open boards must not become twenty requests a second to the process that records.
"""

from collections.abc import Callable
from threading import Lock
from typing import Final

from appliance.api import BoxStatus, Recorder, RecorderAway

#: Half of the board's own period, so that what a page shows is never older than two of them.
FRESH_S: Final = 0.5


class Status:
    def __init__(self, recorder: Recorder, monotonic: Callable[[], float]) -> None:
        self._recorder = recorder
        self._monotonic = monotonic
        self._asked_s: float | None = None
        self._known: BoxStatus | None = None
        self._lock = Lock()

    def get(self) -> BoxStatus | None:
        """Return the box's status, or None while the recorder does not answer."""
        # One asks and the others take what was known: a recorder that hangs must hold up one
        # thread of the page, not all of them. Before the first answer they have to wait.
        if self._lock.acquire(blocking=self._asked_s is None):
            try:
                if self._old():
                    self._known = self._ask()
                    self._asked_s = self._monotonic()
            finally:
                self._lock.release()
        return self._known

    def forget(self) -> None:
        """Ask again at the next call: something has just been done."""
        self._asked_s = None

    def _old(self) -> bool:
        return self._asked_s is None or self._monotonic() - self._asked_s >= FRESH_S

    def _ask(self) -> BoxStatus | None:
        try:
            return self._recorder.status()
        except RecorderAway:
            return None

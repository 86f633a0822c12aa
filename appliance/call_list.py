"""The call index for who must run also while it cannot be read: the page, and the demo.

It is opened at the first question, and anew after each that it could not answer: once the recorder
has made it again, or the disk is back, the next question is answered.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from appliance import disk_failure
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.index_row import CallRow
from appliance.index_schema import IndexBroken, meant
from appliance.typed import Typed

log = logging.getLogger(__name__)

T = TypeVar("T")

_NO_FILE: Final = (0, 0)


class CallListAway(Exception):
    """The call index cannot be read now; the message says why, with what to do."""


class CallList:
    """For any number of threads."""

    def __init__(self, path: Path) -> None:
        """Read this index, as soon as it is asked something."""
        self._path = path
        self._lock = Lock()
        self._index: CallIndex | None = None
        self._wrong = ""
        self._damaged = _NO_FILE  # a damaged file may answer another question, and stays damaged

    @property
    def wrong(self) -> str:
        """Why it could not be read, with what to do; "" while it can."""
        return self._wrong

    def search(self, query: CallQuery) -> list[CallRow]:
        """Return what fits.

        Raises:
            CallListAway: see there.
        """
        return self._asked(lambda index: index.search(query))

    def get(self, call_id: str) -> CallRow:
        """Return one call.

        Raises:
            NoSuchCall: there is none with this id.
            CallListAway: see there.
        """
        return self._asked(lambda index: index.get(call_id))

    def held(self) -> dict[str, str]:
        """Return each held call's hold.

        Raises:
            CallListAway: see there.
        """
        return self._asked(lambda index: index.held())

    def typed(self, entries: Iterable[int]) -> dict[int, Typed]:
        """Return what was typed for these entries of the ledger.

        Raises:
            CallListAway: see there.
        """
        return self._asked(lambda index: index.typed(entries))

    def _asked(self, question: Callable[[CallIndex], T]) -> T:
        try:
            answer = question(self._opened())
        except sqlite3.DatabaseError as error:
            raise self._away(meant(error, self._path)) from error
        except (IndexBroken, OSError) as error:
            raise self._away(error) from error
        if self._wrong and self._damaged != _identity(self._path):
            self._wrong = ""
        return answer

    def _opened(self) -> CallIndex:
        with self._lock:
            if self._index is None:
                self._index = CallIndex.open_readonly(self._path)
            return self._index

    def _away(self, error: Exception) -> CallListAway:
        with self._lock:
            self._index = None  # others may read from it: it goes with the garbage
        broken = isinstance(error, IndexBroken)
        wrong = disk_failure.DAMAGED if broken else disk_failure.remedy(error) or str(error)
        if wrong != self._wrong:
            log.error("the list of calls cannot be read: %s (%s)", wrong, error)
        self._wrong = wrong
        self._damaged = _identity(self._path) if broken else _NO_FILE
        return CallListAway(wrong)


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return _NO_FILE
    return found.st_dev, found.st_ino

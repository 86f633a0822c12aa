"""What the box does by itself in the office, once a minute: see appliance/office/chores.py.

A minute, though the rule counts days: a request that has lapsed, or a report that is overdue, is
said so before anybody has looked twice; and whoever opens a page waits for none of it.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from threading import Event, Thread
from typing import Final

from appliance.call_list import CallListAway
from appliance.notebook import Notebook
from appliance.office.chores import Chores
from appliance.registry import LedgerBehind

log = logging.getLogger(__name__)

PERIOD_S: Final = 60.0


class Rounds:
    def __init__(self, chores: Chores, notebook: Notebook, today: Callable[[], date]) -> None:
        self._chores = chores
        self._notebook = notebook
        self._today = today

    def make(self) -> None:
        """Do what is there to be done, and tell the ledger, or leave it for the next round."""
        try:
            self._chores.do(self._today())
        except LedgerBehind:
            log.error("the recorder has been away for too long: nothing is done in the office")
        except CallListAway as error:
            log.error("nothing is done in the office: %s", error)
        self._notebook.tell_of_other_hands()
        self._notebook.send()

    @contextmanager
    def going_on(self, period_s: float = PERIOD_S) -> Iterator[None]:
        """Make a round at once and one each period, for as long as this lasts."""
        ended = Event()
        thread = Thread(target=self._walk, args=(ended, period_s), name="rounds", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _walk(self, ended: Event, period_s: float) -> None:
        while True:
            try:
                self.make()
            except Exception:  # the page goes on; each round begins anew, and a chore is done once
                log.exception("a round in the office failed")
            if ended.wait(period_s):
                return

"""What happened at the page, or to the people, on its way to the recorder's ledger.

While the recorder is away the notes wait in the registry, on the disk, and go in order, each with
the time at which it happened, as soon as it answers again. A note of what changes the registry
itself is written together with the change (`Registry.one_write`), so that neither is without the
other after a power cut, and is sent then.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from threading import Lock
from typing import Final, Protocol

from appliance import address
from appliance.api import RecorderAway
from appliance.index_row import iso
from appliance.ledger_people import BEHIND
from appliance.registry import Registry

log = logging.getLogger(__name__)

#: Where a note that waits has the address that its act was done from.
FROM: Final = "from"
_NO_FACTS: Final = ("act", "person", FROM)


class Desk(Protocol):
    """Who enters notes in the ledger: the recorder, or its stand-in while none runs."""

    def note(self, act: str, person: str, **facts: str) -> None:
        """Enter an act in the ledger.

        Raises:
            RecorderAway: it cannot be done now.
        """


class Notebook:
    def __init__(self, recorder: Desk, registry: Registry, now: Callable[[], datetime]) -> None:
        self._recorder = recorder
        self._registry = registry
        self._now = now
        self._lock = Lock()

    def note(self, act: str, person: str, **facts: str) -> None:
        """Enter an act in the ledger, or keep it until that can be done.

        Args:
            act: "login" "login_refused" "logout" "setup" "setup_refused" "search" "button" ...
            person: their id, or "" when it is not known who it was.
            facts: no number and no name: the ledger outlives both.
        """
        with self._lock:
            try:
                self._send_waiting()
                self._recorder.note(act, person, **facts)
            except RecorderAway:
                if not self.keep(act, person, **facts):
                    log.error("the ledger is away and no more notes can wait: lost %s", act)

    def keep(self, act: str, person: str, **facts: str) -> bool:
        """Leave a note in the registry, to be sent later; False when too many wait."""
        at = iso(self._now()) or ""
        note = {"act": act, "person": person, "at": at, FROM: address.here(), **facts}
        return self._registry.keep_unsent(note)

    def send(self) -> None:
        """Send what waits, if the recorder is there."""
        with self._lock, suppress(RecorderAway):
            self._send_waiting()

    def tell_of_other_hands(self) -> None:
        """Note that somebody changed the registry's file while we had it; it is as it was again."""
        if self._registry.was_changed():
            self.keep(BEHIND, "", acts="registry.json")

    def _send_waiting(self) -> None:
        sent = 0
        try:
            for waiting in self._registry.unsent():
                self._send(waiting)
                sent += 1
        finally:
            if sent:
                self._registry.drop_unsent(sent)

    def _send(self, waiting: Mapping[str, str]) -> None:
        facts = {key: value for key, value in waiting.items() if key not in _NO_FACTS}
        with address.at(waiting.get(FROM, "")):
            self._recorder.note(waiting["act"], waiting["person"], **facts)

"""Calls whose proof waits for somebody who can open them.

The recorder proves a call with the key that it made for it, which is in memory alone. When it was
killed or lost its power in between, nobody on the box can open the recording until a person signs
in who can. Then all that wait are opened, one after the other, behind the session: the key is
asked for in the person's name and is in the ledger ("prove"), the sound is decoded and forgotten.
"""

import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Final

from appliance.api import NoSuchCall, Recorder, RecorderAway
from appliance.call_list import CallListAway
from appliance.index_query import CallQuery
from appliance.index_row import CallRow
from appliance.playback import CannotOpen
from web_min.audio import OpenAudio
from web_min.sessions import Session

log = logging.getLogger(__name__)

PURPOSE: Final = "proof after the recorder was cut off"

Start = Callable[[Callable[[], None]], None]


def on_a_thread(work: Callable[[], None]) -> None:
    """Begin work beside the requests."""
    threading.Thread(target=work, name="pending", daemon=True).start()


class Pending:
    """Proves what waits; one sweep at a time, however many sign in."""

    def __init__(
        self,
        recorder: Recorder,
        search: Callable[[CallQuery], list[CallRow]],
        open_audio: OpenAudio,
        lives: Callable[[Session], bool],
        behind: Start,
    ) -> None:
        """Begin with none.

        Args:
            lives: says whether a session still lasts: its key is not used after its end.
            behind: begins what nobody waits for.
        """
        self._recorder = recorder
        self._search = search
        self._open_audio = open_audio
        self._lives = lives
        self._behind = behind
        self._lock = threading.Lock()

    def begin(self, session: Session) -> None:
        """Prove what waits, if this session can open recordings."""
        if session.secret:
            context = copy_context()  # with the address that it was opened from
            self._behind(lambda: context.run(self._sweep, session))

    def _sweep(self, session: Session) -> None:
        if not self._lock.acquire(blocking=False):
            return
        try:
            for call in self._search(CallQuery(proof="pending", limit=None)):
                if not self._lives(session):
                    return
                self._prove(call, session)
        except (RecorderAway, CallListAway) as error:
            log.warning("the calls that wait for their proof wait on: %s", error)
        finally:
            self._lock.release()

    def _prove(self, call: CallRow, session: Session) -> None:
        if call.end is None:
            return
        try:
            key = self._recorder.open_key(call.id, session.person_id, "prove", PURPOSE)
        except NoSuchCall:
            return  # erased meanwhile
        try:
            whole = self._open_audio(call, session.secret, key).is_whole(call.audio_samples)
        except CannotOpen as error:
            log.error("call %s: %s", call.id, error)
            whole = False
        self._recorder.opened(call.id, whole)

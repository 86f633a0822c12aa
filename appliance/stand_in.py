"""Enters notes in the ledger for a command: by the recorder, or by itself while none runs."""

from contextlib import suppress

from appliance.api import RecorderAway
from appliance.box import Box
from appliance.control import ControlClient
from appliance.engine import BoxInUse, open_parts


class StandIn:
    def __init__(self, box: Box) -> None:
        self._box = box

    def note(self, act: str, person: str, **facts: str) -> None:
        """Enter an act in the ledger, on the disk before this returns.

        Raises:
            RecorderAway: a recorder has the folder and does not answer, or has the key.
        """
        with suppress(RecorderAway):
            ControlClient(self._box.socket).note(act, person, **facts)
            return
        try:
            with open_parts(self._box) as parts:
                parts.ledger.append(act, person=person, **facts)
                parts.ledger.sync()
        except (BoxInUse, FileNotFoundError) as error:
            # The signing key may be the recorder's alone, as a systemd credential.
            raise RecorderAway(str(error)) from None

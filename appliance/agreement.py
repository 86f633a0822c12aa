"""Does a call's row agree with its reel and its key? Needs no key, and changes nothing.

Each segment of the call is read and its chain followed to the end; the chain must be the one that
the row was given as the call ended, and the day's table must hold the call's key. Whether the sound
is right was said by the proof; what could have happened since then is found here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from appliance.box import Box
from appliance.index_row import CallRow
from appliance.secret_keeping import day_secrets
from appliance.vault.day_secrets import SecretDamaged, SecretGone
from appliance.vault.key_table import NAME as KEYS
from appliance.vault.key_table import WrongSecret, read_calls
from appliance.vault.reader import check_chain
from appliance.vault.segment import TamperedError
from appliance.words import N_

#: A call that was over sooner may have no audio: a lift is believed some tens of ms after it
#: happened. Bench value.
SHORTEST_S: Final = 1.0
#: Why audio of a call is kept.
_KEPT: Final = frozenset(["full", "key", "button"])


class Agreement:
    """Checks calls; each day's keys are read once."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._vault = box.vault
        self._keys: dict[str, frozenset[str] | str] = {}

    def wrong(self, row: CallRow) -> str:
        """Return what does not agree, or ""."""
        if row.erased is not None or row.last_offset is None:
            return ""
        return self._reel(row) or self._key(row)

    def _reel(self, row: CallRow) -> str:
        try:
            assert row.last_offset is not None
            chain = check_chain(self._vault / row.reel, row.id, row.last_offset)
        except FileNotFoundError:
            return f"its reel {row.reel} is missing"
        except (TamperedError, OSError) as error:
            return str(error)
        return "" if chain.hex() == row.chain else N_("its chain is not the one in the index")

    def _key(self, row: CallRow) -> str:
        if row.day not in self._keys:
            with day_secrets(self._box) as secrets:
                self._keys[row.day] = _keys_of(self._vault / row.day, row.day, secrets.read)
        known = self._keys[row.day]
        if isinstance(known, str):
            return known
        return "" if row.id in known else N_("it has no key")


def unproved(row: CallRow) -> str:
    """Return what a call that is over lacks by its row alone, or ""."""
    if row.end is None or row.erased is not None or row.proof == "pending":
        return ""
    if row.recorded:
        return "" if row.proof == "verified" else f"its proof {row.proof}: {row.proof_note}"
    talked_s = (row.end - row.answer).total_seconds() if row.answer else 0.0
    if row.why in _KEPT and max(talked_s, _kept_s(row)) >= SHORTEST_S:
        return N_("it was to be recorded, and there is no audio of it")
    return ""


def _kept_s(row: CallRow) -> float:
    """Return for how long audio was kept, as the time line says."""
    ends = ((part["at_s"], part.get("until_s") or part["at_s"]) for part in row.stretches)
    return sum(float(end - begin) for begin, end in ends)


def _keys_of(folder: Path, day: str, secret: Callable[[str], bytes]) -> frozenset[str] | str:
    """Return the calls that have a key on a day, or what is wrong."""
    try:
        return frozenset(read_calls(folder / KEYS, secret(day)))
    except SecretGone:
        return f"the secret of {day} is gone"
    except SecretDamaged as error:
        return str(error)
    except (OSError, WrongSecret) as error:
        return f"the keys of {day} cannot be read: {error}"

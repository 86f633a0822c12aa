"""Was an earlier calls.db put back, by a thief or with a backup? The ledger knows more calls then.

A call's row is on the disk before its entry (store.py), and a row stays for good, at last as a
tombstone. So whatever the power took, the ledger has no call that the index has not. Only what was
entered after the index's last entry is read, which is next to nothing, backwards from the log's
end: a start has the time for it.

    DATA/calls.db-rolled-back    JSON: what was missing, until the recorder has raised the alarm
"""

import json
import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from appliance import call_entry
from appliance.durable import replace
from appliance.index import CallIndex
from appliance.index_row import SELF_TEST, CallRow
from appliance.retell import behind

#: Days that are named one by one.
_FEW_DAYS: Final = 7


def missing(log: Path, index: CallIndex) -> dict[str, str]:
    """Return the calls of which the ledger says that they were, and the index nothing; their reels.

    Args:
        index: may be in use: what is entered while we read has its row by then.
    """
    after = behind(log, index.last_entry(), call_entry.ACTS)
    facts = [each.facts for each in after if call_entry.is_of_call(each.act, each.facts)]
    entered = {str(each["call"]): str(each["reel"] or "") for each in facts}
    known = index.which(entered)
    return {call: reel for call, reel in entered.items() if call not in known}


def facts(gone: Iterable[CallRow], keyed: Collection[str]) -> dict[str, str]:
    """Return what the alarm says of calls that were missing.

    Args:
        keyed: those of them whose key is there.
    """
    rows = list(gone)
    calls = [row for row in rows if row.why != SELF_TEST]
    keyless = [row for row in calls if row.recorded and not row.erased and row.id not in keyed]
    days = in_words({row.day for row in rows})
    return {"calls": str(len(calls)), "days": days, "keyless": str(len(keyless))}


def in_words(days: Collection[str]) -> str:
    """Return days as they are named."""
    each = sorted(days)
    return ", ".join(each) if len(each) <= _FEW_DAYS else f"{each[0]} … {each[-1]}"


def leave_note(index: Path, said: dict[str, str]) -> None:
    replace(_note(index), json.dumps(said).encode(), mode=0o640)


def read_note(index: Path) -> dict[str, str]:
    """Return what was noted, {} where nothing was."""
    with suppress(FileNotFoundError):
        said = _note(index).read_bytes()
        with suppress(ValueError):
            return {str(name): str(value) for name, value in dict(json.loads(said)).items()}
        return facts((), ())  # what it said is lost, and not that there was something
    return {}


def remove_note(index: Path) -> None:
    """Remove the note: the alarm is on the disk. One that stays is told of once more."""
    with suppress(OSError):
        os.unlink(_note(index))


def _note(index: Path) -> Path:
    return index.with_name(f"{index.name}-rolled-back")

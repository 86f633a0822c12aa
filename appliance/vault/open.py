"""Open a call: its data key out of the age file, then the call out of its reel."""

from pathlib import Path

from appliance.keys import open_data_key
from appliance.vault.reader import CallRecord, read_call


def open_call(
    path: Path, call_id: str, age_file: bytes, identity: str, last_offset: int
) -> CallRecord:
    """Return a call that ended.

    Args:
        path: its reel.
        age_file: its data key, sealed, as KeyTable.get gives it.
        identity: the vault's, or the recovery sheet's: "AGE-SECRET-KEY-1...".
        last_offset: where its last segment lies.

    Raises:
        WrongIdentity: the age file is not for this identity.
        TamperedError: as read_call.
    """
    return read_call(path, call_id, open_data_key(age_file, identity), last_offset=last_offset)

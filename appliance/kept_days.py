"""Is there yet what the days whose calls are kept are opened with? Each start looks, within ms.

A day opens with its secret and its table of keys; its last call has a key at the end of the table,
which the secret opens, and stands at the end of a reel.
What was lost of a day to which nothing is recorded any more is told now, not when somebody wants to
hear a call of it. What is in the files is for `doctor --deep`.
"""

from collections.abc import Iterator
from pathlib import Path

from appliance.index import CallIndex
from appliance.vault.day_secrets import SecretDamaged, SecretGone, SecretStore
from appliance.vault.key_table import NAME as KEYS
from appliance.vault.key_table import has_key
from appliance.vault.reel import NotAReel, read_header


def lost(vault: Path, secrets: SecretStore, index: CallIndex) -> Iterator[tuple[str, str]]:
    """Yield an alarm (see alarms.py) and the day of which something is lost."""
    going = index.being_erased()
    for day, last, reel, last_offset in index.last_recordings():
        if day in going:
            continue
        if not _has_key(secrets, vault / day / KEYS, last):
            yield "key_damaged", day
        if _size(vault / reel) <= last_offset or not _is_of(vault / reel, day):
            yield "vault_damaged", day


def _has_key(secrets: SecretStore, table: Path, call_id: str) -> bool:
    try:
        return _size(table) > 0 and has_key(table, secrets.read(table.parent.name), call_id)
    except (SecretGone, SecretDamaged):
        return False


def _is_of(reel: Path, day: str) -> bool:
    try:
        return read_header(reel)[0] == day
    except NotAReel:
        return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0

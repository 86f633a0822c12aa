"""Is there yet what the days whose calls are kept are opened with? Each start looks, within ms.

A day opens with its secret and its table of keys; its last call has a key at the end of the table,
and stands at the end of a reel.
What was lost of a day to which nothing is recorded any more is told now, not when somebody wants to
hear a call of it. What is in the files is for `doctor --deep`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from appliance import ulid
from appliance.index import CallIndex
from appliance.vault.day_secrets import SecretDamaged, SecretGone, SecretStore
from appliance.vault.key_table import NAME as KEYS
from appliance.vault.reel import NotAReel, read_header

#: Some 500 keys; a busy day has 3 000.
_TAIL_BYTES: Final = 1 << 18


def lost(vault: Path, secrets: SecretStore, index: CallIndex) -> Iterator[tuple[str, str]]:
    """Yield an alarm (see alarms.py) and the day of which something is lost."""
    going = index.being_erased()
    for day, last, reel, last_offset in index.last_recordings():
        if day in going:
            continue
        if not _has_secret(secrets, day) or not _has_key(vault / day / KEYS, last):
            yield "key_damaged", day
        if _size(vault / reel) <= last_offset or not _is_of(vault / reel, day):
            yield "vault_damaged", day


def _has_secret(secrets: SecretStore, day: str) -> bool:
    try:
        secrets.read(day)
    except (SecretGone, SecretDamaged):
        return False
    return True


def _has_key(table: Path, call_id: str) -> bool:
    mark, size = ulid.to_bytes(call_id), _size(table)
    if not size:
        return False
    with table.open("rb") as file:
        file.seek(max(0, size - _TAIL_BYTES))
        if mark in file.read():
            return True
        file.seek(0)
        return mark in file.read()


def _is_of(reel: Path, day: str) -> bool:
    try:
        return read_header(reel)[0] == day
    except NotAReel:
        return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0

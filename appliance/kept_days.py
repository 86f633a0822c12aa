"""Is there yet what the days whose calls are kept are opened with? Each start looks, within ms.

A day opens with its secret and its table of keys, and its last call stands at the end of a reel.
What was lost of a day to which nothing is recorded any more is told now, not when somebody wants to
hear a call of it. What is in the files is for `doctor --deep`.
"""

from collections.abc import Iterator
from pathlib import Path

from appliance.index import CallIndex
from appliance.vault.day_secrets import SecretDamaged, SecretGone, SecretStore
from appliance.vault.key_table import HEADER_BYTES
from appliance.vault.key_table import NAME as KEYS


def lost(vault: Path, secrets: SecretStore, index: CallIndex) -> Iterator[tuple[str, str]]:
    """Yield an alarm (see alarms.py) and the day of which something is lost."""
    going = index.being_erased()
    for day, reel, last_offset in index.last_recordings():
        if day in going:
            continue
        if _size(vault / day / KEYS) <= HEADER_BYTES or not _has_secret(secrets, day):
            yield "key_damaged", day
        if _size(vault / reel) <= last_offset:
            yield "vault_damaged", day


def _has_secret(secrets: SecretStore, day: str) -> bool:
    try:
        secrets.read(day)
    except (SecretGone, SecretDamaged):
        return False
    return True


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0

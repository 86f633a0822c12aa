"""Erase a whole day: first what opens it, then what can no longer be opened.

    secret    written over, then gone     nothing of the day opens any more, wherever copies lie
    keys.db   unlinked                    what was wrapped by it
    reels     unlinked                    ciphertext; the file system gives the blocks back, and the
                                          card too with the mount option `discard`
    folder    removed

Some calls of a day that stays are erased by `key_table.forget_calls`: their ciphertext stays among
the others' until the day goes, or is cleared (clear.py).
"""

import os
from contextlib import suppress
from pathlib import Path

from appliance.durable import Disk, sync_directory
from appliance.vault.day_secrets import SecretStore, check_day


def erase_day(vault: Path, day: str, secrets: SecretStore, *, disk: Disk = os) -> None:
    """Erase all calls of a day. What is gone already stays gone.

    Raises:
        OSError: the disk failed; do it again.
    """
    folder = vault / check_day(day)
    secrets.destroy(day)
    # Power goes now: keys and reels that nothing opens.
    with suppress(FileNotFoundError):
        for path in sorted(folder.iterdir()):
            disk.unlink(path)
            # Power goes now: some of the files, or all: the unlinking is not on the disk yet.
        disk.rmdir(folder)
    sync_directory(vault, disk=disk)
    # Power goes now: nothing of the day.

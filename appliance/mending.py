"""What was lost or damaged while nobody looked is made whole before anything is recorded.

Nothing is deleted: what cannot be read gets another name. What is lost for good is an alarm, and
recording goes on: a box that does not start loses every call from then on.
"""

import os

from appliance import box as boxes
from appliance import site as sites
from appliance.box import Box
from appliance.durable import make_directory, publish, set_aside
from appliance.ledger_walk import ENTRIES
from appliance.site import Site
from appliance.spares import FOLDER, settle
from appliance.store import Log

#: An alarm's name (see alarms.py) and its place.
Trouble = tuple[str, str]


def folders(box: Box) -> list[Trouble]:
    """Make the folders that are missing, and put aside what is no file where one is written to.

    Raises:
        FileNotFoundError: one is a link to a disk that is not there.
    """
    found = []
    spared = ((box.data / FOLDER, ""), (box.keys, ""))  # what was in it is told file by file
    wanted = ((box.vault, "vault_damaged"), (box.secrets, "key_damaged"))
    for path, what in (*wanted, (box.ledger, "ledger_damaged"), *spared):
        if path.is_dir():
            continue
        if path.is_symlink():
            raise FileNotFoundError(
                f"{path} points to {os.readlink(path)}, which is not there: mount that disk"
            )
        set_aside(path)
        make_directory(path, mode=0o700 if path in (box.secrets, box.keys) else 0o750)
        if what:
            found.append((what, ""))
    _clear_places(box)
    if not (box.ledger / ENTRIES).exists():
        # Its head, if that is there, says how many entries there were: the log goes on behind them.
        publish(box.ledger / ENTRIES, b"", mode=0o640)
        found.append(("ledger_damaged", ""))
    return found


def _clear_places(box: Box) -> None:
    index = (box.index.with_name(box.index.name + suffix) for suffix in ("", "-wal", "-shm"))
    for path in (box.ledger / ENTRIES, *index):
        if not path.is_file():
            set_aside(path)
    for path in (*box.secrets.iterdir(), *box.vault.glob("*/*")):
        if not path.is_file():
            set_aside(path, box.data)  # what is in a day's folder goes with its calls


def files(box: Box, site: Site, ledger: Log, *, first_start: bool) -> list[Trouble]:
    """Settle the files that are there twice, and enter each that was not as it should be."""
    found = []
    if box.signing_key.parent != box.keys:
        # It has become a credential: no copy of it may stay behind.
        (box.data / FOLDER / box.signing_key.name).unlink(missing_ok=True)
    for one in (*boxes.fixed_files(box), *sites.own_files(site)):

        def enter(done: str, sha256: str, name: str = one.name) -> None:
            ledger.append("config", file=name, done=done, sha256=sha256)
            ledger.sync()

        done = settle(one, enter)
        # Before the first start the installer makes site.toml what it should be.
        expected = done == "changed" and first_start
        if done in ("restored", "unusable", "changed") and not expected:
            found.append(("config_changed", one.name))
    return found

"""The files that recording cannot do without are there twice.

    box.toml keys/box.key policy.toml    never change after `init`; what is sound is known
    site.toml, the announcement          the installer's: the spare is what was last started with

    spare/...                            a copy of each

A lost block of a card, or a hand that slipped, must not keep the box from recording. Every start
of the recorder compares them (`settle`): a fixed file that is not sound is moved aside and made
again from its spare; one of the installer's that cannot be used stays as it is, and its spare is
used; one that was changed becomes the spare. Each is an entry of the ledger, with the file's sum,
before anything is changed: `doctor --deep` compares the files with the last entry.
"""

import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from appliance.durable import make_directory, replace, set_aside

log = logging.getLogger(__name__)

FOLDER: Final = "spare"


@dataclass(frozen=True)
class Spared:
    """A file that is there twice.

    Attributes:
        name: in entries and alarms.
        fixed: it never changes after `init`.
        judge: raises OSError or ValueError for a file that is not sound.
    """

    name: str
    path: Path
    spare: Path
    fixed: bool
    judge: Callable[[Path], object]

    def wrong(self, path: Path) -> str:
        """Return what is wrong with the file or its spare, or ""."""
        if os.path.lexists(path) and not path.is_file():
            return f"{path} is not a file"  # a pipe would be waited for
        try:
            self.judge(path)
        except FileNotFoundError:
            return f"{path} is missing"
        except (OSError, ValueError) as error:
            return str(error)
        return ""


def believed(one: Spared) -> Path:
    """Return the file, or its spare if only that is sound.

    Raises:
        OSError, ValueError: neither is; what is wrong with the file itself.
    """
    wrong = one.wrong(one.path)
    if wrong and not one.wrong(one.spare):
        log.error("%s: its spare is used", wrong)
        return one.spare
    one.judge(one.path)
    return one.path


def settle(one: Spared, enter: Callable[[str, str], None]) -> str:
    """Make a file and its spare agree, as far as may be.

    Args:
        enter: puts what is going to be done, and the sum of what is believed, in the ledger for
            good.

    Returns:
        What was done: "" nothing, "restored", "unusable" (the spare is used), "changed", "spared",
        "lost" (there is neither).

    Raises:
        OSError: the disk failed; the next start does it again.
    """
    done, source = _judge(one)
    if source is None:
        return done
    content = source.read_bytes()
    enter(done, sha256(content).hexdigest())
    # Power goes now: the entry; the next start enters it again, and does it.
    if done == "restored":
        set_aside(one.path)
        replace(one.path, content, mode=_mode(one))
    elif done != "unusable":
        make_directory(one.spare.parent, mode=0o750)
        replace(one.spare, content, mode=_mode(one))
    # Power goes now: both are the same.
    return done


def copy(spared: Iterable[Spared]) -> dict[str, str]:
    """Make the spares of a new folder, and return the files' sums by name."""
    sums = {}
    for one in spared:
        with suppress(FileNotFoundError):
            content = one.path.read_bytes()
            replace(one.spare, content, mode=_mode(one))
            sums[one.name] = sha256(content).hexdigest()
    return sums


def _judge(one: Spared) -> tuple[str, Path | None]:
    """Return what is to be done, and the file to believe if anything is to be written."""
    wrong, spare_wrong = one.wrong(one.path), one.wrong(one.spare)
    if not wrong:
        if not spare_wrong and one.path.read_bytes() == one.spare.read_bytes():
            return "", None
        return ("spared" if spare_wrong else "changed"), one.path
    log.error("%s", wrong)
    if spare_wrong:
        return "lost", None
    restored = one.fixed or not one.path.exists()
    return ("restored" if restored else "unusable"), one.spare


def _mode(one: Spared) -> int:
    return 0o600 if one.path.suffix == ".key" else 0o640

"""What the watch leaves on the disk: what was told, and how it stands itself.

    watch/told.json     what those who are mailed know (`notices.Book`): on the disk before the next
                        mail, so that a restart tells nothing twice and forgets nothing
    watch/shown.json    how the watch stands, for the page and the doctor; nothing that matters

Power goes between a mail and the note that it went: it is sent again. Twice is better than never.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from appliance import durable
from appliance.box import WATCH
from appliance.watch.notices import Book, book_of

log = logging.getLogger(__name__)

TOLD: Final = "told.json"
SHOWN: Final = "shown.json"


@dataclass(frozen=True)
class Shown:
    """How the watch stands.

    Attributes:
        mail: "off", "ok" or "failing".
        mail_note: why it fails, or "".
        mail_since: when the last mail went, or it began to fail, ISO 8601 UTC, or "".
        pid: whose word this is.
    """

    mail: str
    mail_note: str
    mail_since: str
    pid: int


def read_book(folder: Path) -> Book:
    """Return what was told; nothing, where that is not known: then all is told again."""
    path = folder / WATCH / TOLD
    try:
        return book_of(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return Book()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.error("%s: %s; what is raised now is told anew", path, error)
        return Book()


def write_book(folder: Path, book: Book, *, disk: durable.Disk = os) -> None:
    """Put on the disk what was told.

    Raises:
        OSError: the disk failed; the file is the old one or the new one, whole.
    """
    if not (folder / WATCH).is_dir():
        durable.make_directory(folder / WATCH, mode=0o750, disk=disk)
    text = json.dumps(book.as_json(), ensure_ascii=False, indent=1)
    durable.replace(folder / WATCH / TOLD, text.encode(), mode=0o640, disk=disk)


def show(folder: Path, shown: Shown) -> None:
    """Say how the watch stands. Not flushed: after a power cut it is said anew.

    Raises:
        OSError: see there.
    """
    home = folder / WATCH
    home.mkdir(mode=0o750, exist_ok=True)
    part = home / f".{SHOWN}.part"
    part.write_text(json.dumps(asdict(shown)))
    part.chmod(0o640)
    os.replace(part, home / SHOWN)


def shown(folder: Path) -> Shown | None:
    """Return how the watch stands; None where there is none that runs."""
    try:
        found = Shown(**json.loads((folder / WATCH / SHOWN).read_bytes()))
        return found if is_running(found.pid) else None
    except (OSError, ValueError, TypeError):
        return None


def is_running(pid: int) -> bool:
    """Say whether a process runs.

    Raises:
        TypeError: it is no process's number.
    """
    try:
        os.kill(pid, 0)
    except PermissionError:  # as another user
        return True
    except OSError:
        return False
    return True

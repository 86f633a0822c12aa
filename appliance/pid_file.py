"""A service's process id, in DATA/run/ for as long as it runs.

In a folder that the services share (`owners.py`) run/ is the recorder's, and each other service has
the file alone: it is then emptied instead of removed.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def shown_in(path: Path) -> Iterator[None]:
    """Show this process's id; where that may not be, say so and go on."""
    path.parent.mkdir(mode=0o750, exist_ok=True)
    try:
        path.write_text(f"{os.getpid()}\n")
    except PermissionError as error:
        log.warning("%s; `kirok own` puts that right", error)
    try:
        yield
    finally:
        _clear(path)


def _clear(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except PermissionError:
        if os.access(path, os.W_OK):
            path.write_text("")

"""A service's process id, in DATA/run/ for as long as it runs.

In a folder that the services share (`owners.py`) run/ is the recorder's, and each other service has
the file alone: it is then emptied instead of removed.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance import disk_failure
from appliance.durable import set_aside

log = logging.getLogger(__name__)


@contextmanager
def shown_in(path: Path) -> Iterator[None]:
    """Show this process's id; where that cannot be, say so and go on."""
    try:
        path.parent.mkdir(mode=0o750, exist_ok=True)
        if path.is_symlink() or not path.is_file():
            set_aside(path)
        path.write_text(f"{os.getpid()}\n")
    except OSError as error:
        log.warning(
            "%s; %s", error, disk_failure.remedy(error) or "put that right, and start again"
        )
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
    except OSError:
        return  # it could not be shown

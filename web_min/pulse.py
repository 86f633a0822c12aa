"""Tells systemd that the page lives, for as long as it really answers.

A thread that only counts would go on while every worker hangs. This one asks as a browser does,
over the network: the server's loop, a worker, the application, the registry and a template all
have to do their part before the notice goes. When it does not go for the unit's WatchdogSec,
systemd ends the page and starts it again.

Source: sd_watchdog_enabled(3).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from appliance import systemd
from appliance.page_asked import answers
from appliance.site import Web

#: So often within the time that systemd waits; three may fail, and one may be late.
_TIMES: Final = 4


@contextmanager
def felt(web: Web) -> Iterator[None]:
    """Feel the pulse inside, where the unit has a watchdog."""
    limit_s = systemd.watchdog_s()
    if limit_s is None:
        yield
        return
    stop = threading.Event()
    feeling = threading.Thread(target=_feel, args=(web, limit_s / _TIMES, stop), name="pulse")
    feeling.start()
    try:
        yield
    finally:
        stop.set()
        feeling.join()


def _feel(web: Web, every_s: float, stop: threading.Event) -> None:
    while not stop.is_set():
        if answers(web, every_s):
            systemd.notify("WATCHDOG=1")
        stop.wait(every_s)

"""Being told to stop: SIGINT (Ctrl-C) or SIGTERM (systemd) sets an event, and does nothing else."""

import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """Return the event for the length of a `with`; for the main thread alone."""
    told = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: told.set()) for number in signals}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def nap(seconds: float) -> None:
    """Wait so long. No lock is waited for: whoever changes a clock could stretch that to years."""
    select.select([], [], [], seconds)

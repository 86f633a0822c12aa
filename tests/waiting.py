"""What tests of other processes share: a port for one, and waiting for what it does."""

import socket
import threading
from time import monotonic


def free_port():
    """Return a TCP port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_for(what, limit_s, away=()):
    """Ask until it is so, and return it; an error of one of the kinds `away` is "not yet"."""
    until = monotonic() + limit_s
    while monotonic() < until:
        try:
            found = what()
        except away:
            found = None
        if found:
            return found
        threading.Event().wait(0.02)  # what is waited for is another process
    raise AssertionError(f"not within {limit_s} s")

"""Tell systemd how the service is: ready, alive, stopping.

Source: sd_notify(3), sd_watchdog_enabled(3). Without NOTIFY_SOCKET, as outside
systemd, nothing is sent.
"""

import os
import socket


def notify(state: str, address: str | None = None) -> bool:
    """Send a state, such as "READY=1"; return whether somebody was there to take it.

    Args:
        address: of the socket; None for the one systemd names in the environment.
    """
    address = address or os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    if address.startswith("@"):  # the abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        try:
            to.sendto(state.encode(), address)
        except OSError:
            return False  # systemd restarting; the next notice will reach it
    return True


def watchdog_s() -> float | None:
    """Return how long systemd waits for this process's "WATCHDOG=1"; None: it does not."""
    usec = os.environ.get("WATCHDOG_USEC", "")
    of = os.environ.get("WATCHDOG_PID", str(os.getpid()))
    return int(usec) / 1e6 if usec.isdigit() and int(usec) and of == str(os.getpid()) else None

"""The link to one board: a port, opened again whenever it goes away, and the session over it.

The recorder's capture thread calls `poll` for every board, then naps for NAP_S: one loop for all
boards costs 2.5 % of a core for eight, a thread for each 16 %.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Protocol

from firmware_bridge import host_clock
from firmware_bridge.block import Item
from firmware_bridge.clock import SampleClock
from firmware_bridge.commands import Command
from firmware_bridge.host_clock import HostTime
from firmware_bridge.messages import Ack, Hello
from firmware_bridge.serial_port import PortLost, PortUnavailable, SerialPort
from firmware_bridge.session import LinkCounts, Session

NAP_S: Final = 0.008
#: A re-plugged USB port takes about a second to come back: look soon, then twice as late each time.
FIRST_RETRY_S: Final = 0.1
LAST_RETRY_S: Final = 2.0
#: A USB bridge may hang while its port stays open; opening it again sets it up anew (bench value).
REOPEN_AFTER_S: Final = 10.0
#: A step of the host's clock is noticed within this.
HOST_CLOCK_EVERY_S: Final = 2.0

_log = logging.getLogger(__name__)


class Port(Protocol):
    """What the link needs of a port: none of it waits, and read and write may raise PortLost."""

    def read(self) -> bytes: ...
    def write(self, data: bytes, /) -> int: ...
    def close(self) -> None: ...


class Link:
    """One board, however often it is unplugged. For one thread, but for `send`.

    Attributes:
        clock: when its samples were taken.
    """

    def __init__(
        self,
        path: str,
        open_port: Callable[[str], Port] = SerialPort,
        monotonic: Callable[[], float] = time.monotonic,
        host_time: Callable[[], HostTime] = host_clock.read,
    ) -> None:
        """Prepare the link; the first poll opens the port.

        Args:
            path: of the port, "/dev/serial/by-id/..." best.
        """
        self.path = path
        self.clock = SampleClock()
        self._open_port = open_port
        self._monotonic = monotonic
        self._host_time = host_time
        self._session = Session(self.clock)
        self._port: Port | None = None
        self._out = b""
        self._trouble: str | None = None
        self._retry_s = FIRST_RETRY_S
        self._retry_at_s = float("-inf")
        self._opened_s = 0.0
        self._host_clock_due_s = float("-inf")

    @property
    def state(self) -> str:
        """Return "connecting", "streaming", "lost" or "wrong_version"."""
        return self._session.state

    @property
    def trouble(self) -> str | None:
        """Return what is wrong, with the remedy; None while it streams."""
        if self.state == "streaming":
            return None
        if self._session.wrong_version is not None:
            return str(self._session.wrong_version)
        if self._port is None and self._trouble:
            return self._trouble
        return f"no board answers on port {self.path}: has it power, and is it a tap board?"

    @property
    def hello(self) -> Hello | None:
        """Return what the board said it is."""
        return self._session.hello

    @property
    def counts(self) -> LinkCounts:
        """Return what came over the wire, and what did not."""
        return self._session.counts

    @property
    def session(self) -> Session:
        """Return the session, for the board's status and log."""
        return self._session

    def send(self, command: Command) -> "Future[Ack]":
        """Send a command; the future gets the ACK, or CommandFailed. From any thread.

        The future is set within `poll`: who waits for it must not be the thread that polls.

        Raises:
            BadPayload: a value of the command is out of its range.
            Backlog: too many wait.
        """
        return self._session.send(command)

    def poll(self) -> list[Item]:
        """Read, answer, and return what the board measured. Never waits, nor raises for a port."""
        now_s = self._monotonic()
        if now_s >= self._host_clock_due_s:
            self._host_clock_due_s = now_s + HOST_CLOCK_EVERY_S
            told = self._host_time()
            self.clock.set_host(told.mono_s, told.utc_s, told.quality)
        if self._port is None and not self._open(now_s):
            return []
        items = self._receive()
        self._transmit()
        return items

    def close(self) -> None:
        """Let the port go; commands that are not done fail. The next poll would open it again."""
        if self._port is None:
            return
        port, self._port, self._out = self._port, None, b""
        port.close()
        self._session.close()

    def _open(self, now_s: float) -> bool:
        if now_s < self._retry_at_s:
            return False
        self._retry_at_s = now_s + self._retry_s
        self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)
        try:
            self._port = self._open_port(self.path)
        except PortUnavailable as error:
            self._note(str(error))
            return False
        self._opened_s = now_s
        return True

    def _receive(self) -> list[Item]:
        assert self._port is not None
        try:
            data = self._port.read()
        except PortLost as error:
            self._drop(str(error))
            return []
        now_s = self._monotonic()  # after the read: no block may seem to arrive before it did
        items = self._session.push(data, now_s)
        if items:
            self._retry_s = FIRST_RETRY_S
            self._trouble = None
        elif now_s - max(self._opened_s, self._session.heard_s or 0.0) >= REOPEN_AFTER_S:
            self._drop(f"no board answers on port {self.path}: has it power?")
        return items

    def _transmit(self) -> None:
        if self._port is None:
            return
        if not self._out:  # else the wire is full; what is due stays due
            self._out = self._session.advance(self._monotonic())
        try:
            self._out = self._out[self._port.write(self._out) :] if self._out else b""
        except PortLost as error:
            self._drop(str(error))

    def _drop(self, trouble: str) -> None:
        self._note(trouble)
        self.close()

    def _note(self, trouble: str) -> None:
        if trouble != self._trouble:
            _log.warning("%s", trouble)
        self._trouble = trouble

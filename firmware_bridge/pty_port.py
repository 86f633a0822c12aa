"""A serial port in software: one end is ours, the other is a path that the box opens.

What a real board sends while nobody has its port open is gone. So it is here: the kernel would keep
some 64 kB for the next one to open the port, so nothing is written while it is closed, and what was
not read when it was closed is thrown away.
"""

import contextlib
import os
import select
import termios
import tty
from pathlib import Path
from types import TracebackType
from typing import Final, Self

#: A pseudo-terminal gives at most 4 095 bytes a read.
READ_BYTES: Final = 4096


class PtyPort:
    """Close it, or use it in a with block, or its path stays."""

    def __init__(self, link: Path) -> None:
        """Open a pseudo-terminal and let link, a symbolic link, lead to it.

        A link that is there already is replaced, in one step, so that a box that keeps trying to
        open it finds the old port or the new one.
        """
        self._link = link
        self._master, slave = os.openpty()
        try:
            tty.setraw(slave)  # nothing is echoed even before the box has set it
            os.set_blocking(self._master, False)
            self._target = os.ttyname(slave)
            _point(link, self._target)
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)
        self._waiting = bytearray()
        self._was_open = False  # since it was last found closed
        self._poll = select.poll()

    @property
    def queued_bytes(self) -> int:
        """Bytes sent that the kernel has not taken yet."""
        return len(self._waiting)

    def send(self, data: bytes) -> None:
        """Send bytes as soon as there is room; never waits."""
        self._waiting += data
        if not self._flush():
            self._forget()

    def receive(self, timeout_s: float) -> bytes:
        """Return what the box has sent, at once, or b"" when nothing comes in time."""
        events = select.POLLIN | (select.POLLOUT if self._waiting else 0)
        ready = self._ready(events, timeout_s)
        if ready & select.POLLHUP:
            self._forget()
        elif ready & select.POLLOUT:
            self._flush()
        if not ready & select.POLLIN:
            return b""
        with contextlib.suppress(OSError):  # closed in between: EIO
            return os.read(self._master, READ_BYTES)
        return b""

    @property
    def is_open(self) -> bool:
        """Whether somebody has the other end open."""
        return not self._ready(0, 0.0) & select.POLLHUP

    def close(self) -> None:
        with contextlib.suppress(OSError):
            if os.readlink(self._link) == self._target:
                self._link.unlink()
        os.close(self._master)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _forget(self) -> None:
        """Throw away what nobody will read, here and in the kernel."""
        self._waiting.clear()
        if self._was_open:
            self._was_open = False
            # Only at the box's end can all of it be reached, the line discipline's 4 kB included.
            slave = os.open(self._target, os.O_RDWR | os.O_NOCTTY)
            termios.tcflush(slave, termios.TCIFLUSH)
            os.close(slave)

    def _flush(self) -> bool:
        """Write what the kernel takes; return False when there is nobody to read it."""
        if not self.is_open:
            return False
        self._was_open = True
        while self._waiting:
            try:
                written = os.write(self._master, self._waiting)
            except BlockingIOError:
                break
            except OSError:
                return False
            del self._waiting[:written]
        return True

    def _ready(self, events: int, timeout_s: float) -> int:
        self._poll.register(self._master, events)
        for _, ready in self._poll.poll(timeout_s * 1000):
            return ready
        return 0


def _point(link: Path, target: str) -> None:
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)

"""A serial port, raw and never waiting: a USB bridge, a UART, or a pseudo-terminal.

pyserial opens it; bytes go by os.read and os.write, because pyserial's own read waits for all it
was asked for. VMIN is 1, so that a read tells "nothing yet" (EAGAIN) from "hung up" (no bytes).

The lock is flock, not TIOCEXCL: that one would outlive a killed recorder on a pseudo-terminal whose
other end stays open, and shut the next one out.

Source: termios(3), tty_ioctl(4).
"""

import errno
import os
import termios
from typing import Final

import serial

#: 84 MHz / 28 on the reference board; two and a half times what 8 lines need.
BAUD: Final = 3_000_000
#: The kernel keeps 64 kB; more at once than four times that is a flood, and can wait for its turn.
READ_LIMIT: Final = 256 * 1024
_READ: Final = 65536
_CC: Final = 6

_REMEDIES: Final = {
    errno.ENOENT: "does not exist: is the board plugged in? A name in /dev/serial/by-id stays",
    errno.ENODEV: "has no device behind it: is the board plugged in?",
    errno.ENXIO: "has no device behind it: is the board plugged in?",
    errno.EACCES: "may not be opened by this user: add it to the group dialout",
    errno.EPERM: "may not be opened by this user: add it to the group dialout",
    errno.EBUSY: "is in use: stop the other program, ModemManager or a second recorder",
    errno.EAGAIN: "is in use: stop the other program, a second recorder perhaps",
}


class PortUnavailable(ConnectionError):
    """The port cannot be opened; the message says what to do."""


class PortLost(ConnectionError):
    """The port was there, and is gone: unplugged, or its other end closed."""


class SerialPort:
    """An open port. Close it."""

    def __init__(self, path: str, baud: int = BAUD) -> None:
        """Open it, for us alone.

        Raises:
            PortUnavailable: missing, busy, forbidden, or no serial port.
        """
        self._path = path
        try:
            self._port = serial.Serial(
                path, baud, timeout=0, write_timeout=0, rtscts=True, exclusive=True
            )
        except (OSError, ValueError) as error:  # SerialException is an OSError
            remedy = _REMEDIES.get(getattr(error, "errno", None) or 0, f"cannot be opened: {error}")
            raise PortUnavailable(f"port {path} {remedy}") from error
        try:
            self._fd = self._port.fileno()
            _wait_for_one_byte(self._fd)
        except (OSError, termios.error) as error:
            self.close()
            raise PortUnavailable(f"port {path} cannot be set up: {error}") from error

    def read(self) -> bytes:
        """Return what has come, perhaps nothing.

        Reads until there is no more: a pseudo-terminal gives at most 4 095 bytes a call, and one
        call a nap would never catch up with a backlog.

        Raises:
            PortLost: it is gone, and there is nothing left to read.
        """
        pieces = []
        size = 0
        try:
            while size < READ_LIMIT:
                pieces.append(os.read(self._fd, _READ))
                size += len(pieces[-1])
                if not pieces[-1]:
                    raise OSError(errno.EIO, "hung up")
        except BlockingIOError:
            pass
        except OSError as error:
            if not size:
                raise PortLost(f"port {self._path} is gone: {error.strerror}") from error
        return b"".join(pieces)

    def write(self, data: bytes) -> int:
        """Send what there is room for; return how many bytes that was.

        Raises:
            PortLost: it is gone.
        """
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise PortLost(f"port {self._path} is gone: {error.strerror}") from error

    def close(self) -> None:
        self._port.close()


def _wait_for_one_byte(fd: int) -> None:
    attributes = termios.tcgetattr(fd)
    attributes[_CC][termios.VMIN] = 1
    attributes[_CC][termios.VTIME] = 0
    termios.tcsetattr(fd, termios.TCSANOW, attributes)

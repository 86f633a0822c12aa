"""Commands on their way to the board, each sent until it is answered.

    waiting ──send──► sent ──ACK, error 0──► done
               ▲       │ 200 ms: again, same seq; 10 times in vain: NoAnswer
               │       │
               └─200 ms┴──ACK, BUSY (with a new seq: the board remembers its answer to the old)

Commands of one type for one line go one after another, in the order given: a piece of firmware or
of an announcement must not overtake the one before it. Others do not wait for them.

No port and no clock. `submit` may be called from any thread, all else from one.

Source: the project's wire protocol, "Box to board".
"""

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from firmware_bridge.commands import Command
from firmware_bridge.frames import encode
from firmware_bridge.messages import Ack, AckError

RETRY_S: Final = 0.2
#: 2 s in all: a board that erases flash stalls for less (bench value).
TRIES: Final = 10
#: A board that has no room for so long has stopped playing.
BUSY_LIMIT_S: Final = 30.0
#: As many answers as the board remembers.
WINDOW: Final = 8
_ERRORS: Final = {int(error): error.name for error in AckError}


class CommandFailed(Exception):
    """The board has not done it."""


class NotConnected(CommandFailed):
    """No board answers; or it speaks another version and takes an update only."""


class NoAnswer(CommandFailed):
    """The board has not answered; it may have done it."""


class Refused(CommandFailed):
    """The board said no.

    Attributes:
        error: an AckError, or a code that this version does not know.
    """

    def __init__(self, command: Command, error: int) -> None:
        super().__init__(f"{command.LAYOUT.name}: {_ERRORS.get(error, f'error {error}')}")
        self.error = error


@dataclass(slots=True, eq=False)
class Errand:
    """A command, and how far it is.

    Attributes:
        seq: of its newest frame.
        tries: frames sent with this seq.
        sent_s: when the first of them was.
    """

    command: Command
    done: "Future[Ack]" = field(default_factory=Future)
    seq: int = -1
    tries: int = 0
    due_s: float = 0.0
    sent_s: float = 0.0
    began_s: float | None = None

    @property
    def lane(self) -> tuple[int, int]:
        return self.command.TYPE, getattr(self.command, "line", 0)


class Exchange:
    """The commands that are not done yet.

    Attributes:
        retries: frames sent again.
        strays: ACKs that nobody waits for: HELLO's, a retry's, another process's.
    """

    def __init__(self) -> None:
        self.retries = 0
        self.strays = 0
        self._seq = 0
        self._submitted: deque[Errand] = deque()
        self._errands: list[Errand] = []

    def submit(self, command: Command) -> "Future[Ack]":
        """Take a command; the future gets the ACK, or CommandFailed.

        Raises:
            BadPayload: a value of the command is out of its range.
        """
        command.to_bytes()
        errand = Errand(command)
        errand.done.set_running_or_notify_cancel()  # on its way: too late to cancel
        self._submitted.append(errand)
        return errand.done

    @property
    def backlog(self) -> int:
        """Return how many commands are not done yet."""
        return len(self._submitted) + len(self._errands)

    def frame(self, command: Command) -> bytes:
        """Return the frame of a command that is sent once, whoever answers it how."""
        self._seq = (self._seq + 1) & 0xFFFF
        return encode(command.TYPE, self._seq, command.to_bytes())

    def advance(self, now_s: float) -> bytes:
        """Return what is due to be sent."""
        while self._submitted:
            self._errands.append(self._submitted.popleft())
        out = bytearray()
        lanes: set[tuple[int, int]] = set()
        for errand in list(self._errands):
            if errand.lane in lanes or len(lanes) == WINDOW:
                continue
            lanes.add(errand.lane)
            if now_s >= errand.due_s:
                out += self._try(errand, now_s)
        return bytes(out)

    def push(self, ack: Ack, now_s: float) -> Errand | None:
        """Take an answer; return the errand that it ended, if it did."""
        errand = next(
            (e for e in self._errands if (e.command.TYPE, e.seq) == (ack.command, ack.seq)), None
        )
        if errand is None:
            self.strays += 1
            return None
        began_s = now_s if errand.began_s is None else errand.began_s
        if ack.error == AckError.BUSY and now_s - began_s < BUSY_LIMIT_S:
            errand.seq, errand.tries, errand.due_s = -1, 0, now_s + RETRY_S
            return None
        self._errands.remove(errand)
        if ack.error == AckError.OK:
            errand.done.set_result(ack)
        else:
            errand.done.set_exception(Refused(errand.command, ack.error))
        return errand

    def abandon(self, why: CommandFailed) -> None:
        """End all commands: the board has gone."""
        errands = [*self._errands, *self._submitted]
        self._errands.clear()
        self._submitted.clear()
        for errand in errands:
            errand.done.set_exception(why)

    def _try(self, errand: Errand, now_s: float) -> bytes:
        if errand.tries == TRIES:
            self._errands.remove(errand)
            name = errand.command.LAYOUT.name
            errand.done.set_exception(NoAnswer(f"{name}: no answer to {TRIES} tries"))
            return b""
        if errand.tries == 0:
            self._seq = errand.seq = (self._seq + 1) & 0xFFFF
            errand.sent_s = now_s
            errand.began_s = now_s if errand.began_s is None else errand.began_s
        self.retries += errand.tries > 0
        errand.tries += 1
        errand.due_s = now_s + RETRY_S
        return encode(errand.command.TYPE, errand.seq, errand.command.to_bytes())

"""The box's end of the wire, without port and clock: bytes and the time in, blocks and bytes out.

    connecting ──block──► streaming ──1 s without a block, or the port is gone──► lost
        │  ▲                  ▲                                                     │
        │  └─ HELLO, 1.x      └──────────────────────block──────────────────────────┘
        ▼
    wrong_version             (from any state, on the HELLO of another major version)

While no board has said HELLO it is asked every 0.3 s; then START is sent, and TIMESYNC every 2 s. A
board that says HELLO with a new boot id has started again, and gets START again.

Source: the project's wire protocol.
"""

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from firmware_bridge.block import Block, Epoch, Item
from firmware_bridge.clock import SampleClock
from firmware_bridge.commands import (
    Command,
    FwBegin,
    FwData,
    FwEnd,
    Greet,
    Reboot,
    Start,
    TimeSync,
)
from firmware_bridge.exchange import Errand, Exchange, NotConnected
from firmware_bridge.frames import Frame, FrameReader
from firmware_bridge.layout import BadPayload
from firmware_bridge.messages import Ack, Data, Hello, Log, Status, WrongVersion, read
from firmware_bridge.stream import AUDIO_HZ, Stream, StreamCounts

#: Bytes written before the board listens vanish.
HELLO_EVERY_S: Final = 0.3
#: The board stops streaming 5 s after the box has fallen silent.
TIMESYNC_EVERY_S: Final = 2.0
#: A hundred blocks: the stream has stopped, and the board must be asked anew.
BLOCKS_MISSED_S: Final = 1.0
#: Half the time of a slower TIMESYNC is no good guess of the way (two naps of the reader).
ROUND_TRIP_LIMIT_S: Final = 0.02
LOG_LINES: Final = 100
#: A minute of announcement, or 128 kB of firmware. More is a caller that does not look.
BACKLOG: Final = 256

_UPDATE: Final = (FwBegin, FwData, FwEnd, Reboot)


class Backlog(RuntimeError):
    """Too many commands wait already; nothing was taken."""


@dataclass(slots=True)
class LinkCounts:
    """What came over the wire, and what did not, since the start.

    Attributes:
        frames: good ones.
        unknown: of a type that is not known here.
        unreadable: known, but with a payload that contradicts itself.
        restarts: new epochs.
        bad_headers, bad_crcs, cut, skipped_bytes: see FrameReader.
        retries, strays: see Exchange.
        ports_lost: times the port went away.
    """

    frames: int = 0
    unknown: int = 0
    unreadable: int = 0
    restarts: int = 0
    bad_headers: int = 0
    bad_crcs: int = 0
    cut: int = 0
    skipped_bytes: int = 0
    retries: int = 0
    strays: int = 0
    ports_lost: int = 0
    stream: StreamCounts = field(default_factory=StreamCounts)


class Session:
    """One board. For one thread, but for `send`.

    Attributes:
        hello: what the board said it is; None before, and after another version's HELLO.
        status: the newest STATUS.
        log: the newest lines of the board's log.
        wrong_version: why the board is refused, or None.
        heard_s: when the last good frame came; None: never.
    """

    def __init__(self, clock: SampleClock) -> None:
        self.hello: Hello | None = None
        self.status: Status | None = None
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self.wrong_version: WrongVersion | None = None
        self.heard_s: float | None = None
        self._clock = clock
        self._reader = FrameReader()
        self._stream = Stream()
        self._exchange = Exchange()
        self._counts = LinkCounts(stream=self._stream.counts)
        self._greeted = False
        self._flowing = False
        self._ever_flowed = False
        self._hello_due_s = 0.0
        self._timesync_due_s = 0.0
        self._block_due_s = 0.0

    @property
    def state(self) -> str:
        """Return "connecting", "streaming", "lost" or "wrong_version"."""
        if self.wrong_version is not None:
            return "wrong_version"
        if self._flowing:
            return "streaming"
        return "lost" if self._ever_flowed else "connecting"

    @property
    def counts(self) -> LinkCounts:
        """Return the counters, as they are now."""
        reader, counts = self._reader, self._counts
        counts.bad_headers, counts.bad_crcs = reader.bad_headers, reader.bad_crcs
        counts.cut, counts.skipped_bytes = reader.cut, reader.skipped_bytes
        counts.retries, counts.strays = self._exchange.retries, self._exchange.strays
        return counts

    def close(self) -> None:
        """Note that the port is gone: commands fail, and the board will be asked anew."""
        self._counts.ports_lost += 1
        self._forget("the port is gone")

    def send(self, command: Command) -> "Future[Ack]":
        """Take a command. From any thread; the future is set by the one that pushes.

        Raises:
            BadPayload: a value of the command is out of its range.
            Backlog: too many wait.
        """
        if self._exchange.backlog >= BACKLOG:
            raise Backlog(f"{BACKLOG} commands wait for the board")
        if self._greeted or (self.wrong_version is not None and isinstance(command, _UPDATE)):
            return self._exchange.submit(command)
        failed: Future[Ack] = Future()
        failed.set_exception(NotConnected(str(self.wrong_version or "no board answers")))
        return failed

    def push(self, data: bytes, now_s: float) -> list[Item]:
        """Add what was read, or nothing, and get what it completes.

        Args:
            now_s: when it had been read, on the host's monotonic clock.
        """
        items: list[Item] = []
        for frame in self._reader.push(data, now_s):
            self._counts.frames += 1
            self.heard_s = now_s
            items += self._hear(frame, now_s)
        return items

    def advance(self, now_s: float) -> bytes:
        """Return what is due to be sent; call it every 10 ms or so."""
        if self._greeted and now_s >= self._block_due_s:
            self._forget("the board sends no blocks")
        out = b""
        if not self._greeted and now_s >= self._hello_due_s:
            self._hello_due_s = now_s + HELLO_EVERY_S
            out = self._exchange.frame(Greet())
        if self._greeted and now_s >= self._timesync_due_s:
            self._timesync_due_s = now_s + TIMESYNC_EVERY_S
            self._exchange.submit(TimeSync(round(now_s * 1e6)))
        return out + self._exchange.advance(now_s)

    def _hear(self, frame: Frame, now_s: float) -> list[Item]:
        try:
            items = self._stream.push(frame)
        except WrongVersion as error:
            self._refuse(error)
            return []
        if frame.type != Data.TYPE:
            self._take(frame, now_s)
        for item in items:
            self._time(item, now_s)
        return items

    def _take(self, frame: Frame, now_s: float) -> None:
        try:
            message = read(frame)
        except BadPayload:
            self._counts.unreadable += 1
            return
        match message:
            case Hello():
                self._greet(message, now_s)
            case Ack():
                self._answered(self._exchange.push(message, now_s), message, now_s)
            case Status():
                self.status = message
            case Log():
                self.log.append(message.text)
            case _:
                self._counts.unknown += 1

    def _greet(self, hello: Hello, now_s: float) -> None:
        again = self._greeted and self.hello is not None and self.hello.boot_id == hello.boot_id
        self.hello, self.wrong_version = hello, None
        if again:  # the answer to a HELLO sent while the first answer was on its way
            return
        if self._greeted:
            self._exchange.abandon(NotConnected("the board has started again"))
        self._greeted = True
        self._block_due_s = now_s + BLOCKS_MISSED_S
        self._timesync_due_s = now_s
        self._exchange.submit(Start())

    def _time(self, item: Item, now_s: float) -> None:
        if isinstance(item, Epoch):
            self._counts.restarts += self._ever_flowed
            self._clock.restart()
        elif isinstance(item, Block):
            self._flowing = self._ever_flowed = True
            self._block_due_s = now_s + BLOCKS_MISSED_S
            self._clock.push(item.sample + item.audio.shape[1], now_s)

    def _answered(self, errand: Errand | None, ack: Ack, now_s: float) -> None:
        """Give the clock a point: the board said its time half-way between TIMESYNC and ACK."""
        last = self._stream.last
        if errand is None or last is None or not isinstance(errand.command, TimeSync):
            return
        since_block_s = (ack.board_us - last.board_us) / 1e6
        way_s = (now_s - errand.sent_s) / 2
        if 2 * way_s <= ROUND_TRIP_LIMIT_S and abs(since_block_s) < 1:
            end = last.sample + last.audio.shape[1]
            self._clock.push(round(end + since_block_s * AUDIO_HZ), now_s - way_s)

    def _refuse(self, error: WrongVersion) -> None:
        if self.wrong_version is None:  # else an update may be on its way
            self._forget(str(error))
        self.wrong_version, self.hello = error, None

    def _forget(self, why: str) -> None:
        self._greeted = self._flowing = False
        self._hello_due_s = 0.0
        self._exchange.abandon(NotConnected(why))

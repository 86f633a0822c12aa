"""A capture through the whole recorder, as fast as it goes, frames and all.

Capture → the board's own frames → frame reader → stream → recorder → vault: only the serial port
is left out. The clock is the capture's; one that says no time of its own begins now, by the host's
clock, which is believed as far as the recorder believes it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from appliance.box import Box
from appliance.box_clock import last_believed
from appliance.call import HostCount
from appliance.call_machine import Mode
from appliance.call_row import FixedClock
from appliance.clock_duty import ClockDuty
from appliance.clock_keeper import ClockKeeper
from appliance.engine import Engine
from appliance.index import CallIndex
from appliance.index_row import CallRow
from appliance.policy import Policy
from appliance.progress import Progress
from appliance.site import Line, Site
from firmware_bridge import commands
from firmware_bridge.block import Block, Epoch, Item, Samples
from firmware_bridge.board_end import BoardEnd
from firmware_bridge.capture import Capture
from firmware_bridge.frames import FrameReader, encode
from firmware_bridge.host_clock import ClockReading
from firmware_bridge.host_clock import look as look_at_clocks
from firmware_bridge.stream import Stream

#: Lines of one board.
BOARD_LINES: Final = 8
_BLOCK_S: Final = 0.01
#: Blocks pushed at once: only the speed depends on it.
_AT_ONCE: Final = 20


class NotATrial(PermissionError):
    """The folder holds, or will hold, a city's real calls."""


class _Lines:
    """Some lines of a capture, as the source of one board."""

    def __init__(self, lines: int) -> None:
        self.lines = lines
        self.piece: tuple[Samples, Samples]

    def read(self, n_volts: int) -> tuple[Samples, Samples]:
        assert self.piece[1].shape[1] == n_volts
        return self.piece


class _Wire:
    """One board and the wire from it."""

    def __init__(self, source: _Lines) -> None:
        self._board = BoardEnd(source)
        self._reader, self._stream = FrameReader(), Stream()
        greeting = encode(commands.Greet.TYPE, 0, commands.Greet().to_bytes())
        start = encode(commands.Start.TYPE, 1, commands.Start().to_bytes())
        for frame in self._reader.push(self._board.push(greeting + start, 0.0), 0.0):
            self._stream.push(frame)

    def next(self) -> list[Item]:
        frames = self._reader.push(self._board.next_block(0.0), 0.0)
        return [item for frame in frames for item in self._stream.push(frame)]


class _HostClock(FixedClock):
    """The clock of a capture that begins now, believed as far as the host's is."""

    def __init__(self, keeper: ClockKeeper) -> None:
        self._began, self._state = keeper.last
        super().__init__(datetime.fromtimestamp(self._began.utc_s, UTC))

    def quality(self, since: int) -> str:
        return self._state.quality

    def unsure(self, told: datetime, ago_s: float) -> HostCount | None:
        if self._state.trusted:
            return None
        since_s = told.timestamp() - self._began.utc_s
        return HostCount(self._began.boot, self._began.uptime_s + since_s)


@dataclass(frozen=True)
class Take:
    """How a capture is to be recorded.

    Attributes:
        policy: None for the folder's own.
        mode: of every line.
        start: when the capture began; None for what it says itself, else now.
    """

    policy: Policy | None = None
    mode: Mode = Mode.FULL
    start: datetime | None = None


def replay(
    box: Box,
    site: Site,
    path: Path,
    take: Take = Take(),
    *,
    look: Callable[[], ClockReading] = look_at_clocks,
) -> list[CallRow]:
    """Record a capture into a trial folder and return the calls it made, oldest first.

    Raises:
        NotATrial: the folder is a real one.
        CaptureError: the capture cannot be read.
        BoxInUse, WriterFailed, OSError: see there.
    """
    if not box.trial:
        raise NotATrial(f"{box.data} is no trial folder; `kirok init --trial` makes one")
    with Capture(path) as capture:
        began = take.start or capture.start
        # Before the engine enters its start: the newest entry is what the clock is judged by.
        keeper = ClockKeeper(last_believed(box), trial=box.trial, look=look)
        clock = FixedClock(began) if began else _HostClock(keeper)
        numbers = range(1, capture.lines + 1)
        lines: tuple[Line, ...] = tuple(replace(site.line(n), mode=take.mode) for n in numbers)
        ruled = replace(box, policy=take.policy or box.policy)
        engine = Engine(ruled, replace(site, lines=lines), clock, wait=True, utc=keeper.utc)
        before = _last_row(box)  # after recovery: what it finished is not this capture's
        if not capture.has_volts:
            engine.recorder.listen_only()
        try:
            if not began:
                ClockDuty(keeper, engine.writer, engine.alarms, box.data, ruled.policy).turn(0, ())
            _run(engine, capture)
        finally:
            engine.close("capture_ended")
    with CallIndex.open_readonly(box.index) as index:
        return sorted(index.since_row(before), key=lambda row: (row.start, row.line))


def _run(engine: Engine, capture: Capture) -> None:
    waiting: list[Item] = []
    with Progress("replaying", capture.seconds) as progress:
        for number, items in enumerate(_items(capture)):
            waiting += items
            if len(waiting) >= _AT_ONCE:
                engine.recorder.push(waiting)
                waiting = []
                progress.at(number * _BLOCK_S)
        engine.recorder.push(waiting)


def _items(capture: Capture) -> Iterator[list[Item]]:
    """Yield what the boards of a capture send, block by block."""
    groups = [
        slice(at, min(at + BOARD_LINES, capture.lines))
        for at in range(0, capture.lines, BOARD_LINES)
    ]
    sources = [_Lines(group.stop - group.start) for group in groups]
    wires = [_Wire(source) for source in sources]
    n_volts = round(_BLOCK_S * 1000)
    while True:
        audio, volts = capture.read(n_volts)
        if not volts.shape[1]:
            return
        audio, volts = _whole(audio, n_volts * 8), _whole(volts, n_volts)
        for group, source in zip(groups, sources, strict=True):
            source.piece = audio[group], volts[group]
        yield joined([wire.next() for wire in wires])


def _whole(piece: Samples, count: int) -> Samples:
    """Return the piece, its last sample held if it is too short: the capture's last block."""
    short = count - piece.shape[1]
    return np.pad(piece, ((0, 0), (0, short)), "edge") if short else piece


def joined(by_board: list[list[Item]]) -> list[Item]:
    """Return what several boards sent as one wide board's."""
    if len(by_board) == 1:
        return by_board[0]
    wide: list[Item] = []
    for items in zip(*by_board, strict=True):
        first = items[0]
        if isinstance(first, Block):
            blocks = [item for item in items if isinstance(item, Block)]
            audio = np.concatenate([block.audio for block in blocks])
            volts = np.concatenate([block.volts for block in blocks])
            wide.append(Block(first.sample, audio, volts))
        elif isinstance(first, Epoch):
            lines = sum(item.lines for item in items if isinstance(item, Epoch))
            wide.append(replace(first, lines=lines))
    return wide


def _last_row(box: Box) -> int:
    with CallIndex.open_readonly(box.index) as index:
        return index.last_row()

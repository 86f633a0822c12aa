"""One recorder in a process of its own, from frames to the disk; `path.py` starts it.

    python -m appliance.bench.path_run FRAMES LINES DATA

FRAMES is what one board of eight lines sends; as many boards send the same as there are lines.
Everything runs as in `kirok record` but for the serial port, which is a file, and for the clock:
the stream comes as fast as it is taken, and waits for the disk. What it took is printed as JSON.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any, Final, TypeVar, cast

from appliance import box, policy, site
from appliance.call_machine import Mode
from appliance.call_row import FixedClock
from appliance.engine import Engine
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.replay import BOARD_LINES, joined
from dsp.units import AUDIO_HZ
from firmware_bridge.block import Block, Item
from firmware_bridge.frames import FrameReader
from firmware_bridge.stream import Stream

_Flush = TypeVar("_Flush", bound=Callable[[Any], None])

#: Of one block of the board.
BLOCK_S: Final = 0.01
#: Bytes of one read, of each board: about 40 ms.
_READ_BYTES: Final = 8192
#: The calls have begun, and what is made once is made.
_WARM_S: Final = 3.0
_DRAIN_S: Final = 60.0


@dataclass(frozen=True)
class Taken:
    """What the recorder took, the first _WARM_S left out.

    Attributes:
        seconds: of the stream.
        cpu_s: of all its threads, while recording; ending_cpu_s, to end and prove every call.
        sealed_bytes: in the reels; written_bytes, sent to the disk by the process, page-wise.
        flushes: fsync and fdatasync calls of the vault and the ledger.
        rss_bytes: the most at any time.
    """

    lines: int
    seconds: float
    cpu_s: float
    ending_cpu_s: float
    sealed_bytes: int
    written_bytes: int
    flushes: int
    rss_bytes: int
    proved: int


class _Flushes:
    """Counts the flushes of this process, from now on."""

    def __init__(self) -> None:
        self.count = 0
        os.fsync = self._counted(os.fsync)
        os.fdatasync = self._counted(os.fdatasync)

    def _counted(self, flush: _Flush) -> _Flush:
        def counted(fd: int) -> None:
            self.count += 1
            flush(fd)

        return cast(_Flush, counted)


@dataclass(frozen=True)
class _Mark:
    seconds: float
    cpu_s: float
    sealed_bytes: int
    written_bytes: int
    flushes: int


def run(frames: Path, lines: int, data: Path) -> Taken:
    """Record what the boards send into a new trial folder.

    Raises:
        ValueError: the frames are too short to measure anything.
    """
    flushes = _Flushes()
    opened, here = _folder(data, lines)
    with Engine(opened, here, FixedClock(datetime.now(UTC)), wait=True) as engine:
        first, last = _record(engine, frames, lines // BOARD_LINES, opened, flushes)
    return Taken(
        lines,
        last.seconds - first.seconds,
        last.cpu_s - first.cpu_s,
        process_time() - last.cpu_s,
        last.sealed_bytes - first.sealed_bytes,
        last.written_bytes - first.written_bytes,
        last.flushes - first.flushes,
        _resident_most(),
        _proved(opened),
    )


def _folder(data: Path, lines: int) -> tuple[box.Box, site.Site]:
    plan = box.Plan(policy.profile_text("osan"), trial=True)
    box.create(data, plan, datetime.now(UTC))
    opened = box.open_box(data)
    here = site.load(opened.site_file)
    every = tuple(replace(here.line(n), mode=Mode.FULL) for n in range(1, lines + 1))
    return opened, replace(here, lines=every)


def _record(
    engine: Engine, frames: Path, boards: int, opened: box.Box, flushes: _Flushes
) -> tuple[_Mark, _Mark]:
    """Return how things stood after _WARM_S, and at the end of the stream."""
    samples, first = 0, None

    def mark() -> _Mark:
        engine.writer.ask(lambda _: None, _DRAIN_S)  # all that waits is on the disk
        sealed = sum(reel.stat().st_size for reel in opened.vault.glob("*/*.reel"))
        return _Mark(samples / AUDIO_HZ, process_time(), sealed, _written(), flushes.count)

    for items in _streams(frames, boards):
        engine.recorder.push(items)
        samples += sum(item.audio.shape[1] for item in items if isinstance(item, Block))
        if first is None and samples >= _WARM_S * AUDIO_HZ:
            first = mark()
    if first is None:
        raise ValueError(f"{frames}: {samples / AUDIO_HZ:g} s, want more than {_WARM_S:g}")
    return first, mark()


def _streams(frames: Path, boards: int) -> Iterator[list[Item]]:
    readers = [(FrameReader(), Stream()) for _ in range(boards)]
    with frames.open("rb") as wire:
        while data := wire.read(_READ_BYTES):
            by_board = [
                [item for frame in reader.push(data, 0.0) for item in stream.push(frame)]
                for reader, stream in readers
            ]
            yield joined(by_board)


def _written() -> int:
    return int(_own("io")["write_bytes"])


def _resident_most() -> int:
    """Return the most memory since this program began; getrusage's includes what forked it."""
    return int(_own("status")["VmHWM"].split()[0]) * 1024


def _own(name: str) -> dict[str, str]:
    lines = Path("/proc/self", name).read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _proved(opened: box.Box) -> int:
    with CallIndex.open_readonly(opened.index) as index:
        return sum(row.proof == "verified" for row in index.search(CallQuery(limit=None)))


if __name__ == "__main__":
    print(json.dumps(asdict(run(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))))

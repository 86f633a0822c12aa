"""A tap board in software, as a process of its own, on a pseudo-terminal.

    python -m firmware_bridge.fake_board --link PATH [--script demo|FILE.wav] [--lines 8] [--seed N]

It plays a script of line signals, or a capture, at real-time pace from the first START on. What the
recorder talks to is a serial port; nothing in it knows that this is not the real board.

With --faults it takes orders on standard input, one a line, for tests: `garble N`, `drop N`,
`insert N` (bytes on the way to the box), `restart`, `lose MS` (samples at the converter).
"""

import argparse
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Final

from firmware_bridge.board_device import BLOCK_MS, MAX_LINES, WrongLines
from firmware_bridge.board_end import KEEP_ALIVE_S, BoardEnd
from firmware_bridge.capture import Capture, CaptureError
from firmware_bridge.demo_script import demo_script
from firmware_bridge.faulty_wire import FaultyWire
from firmware_bridge.line_player import LineSource, ScriptSource
from firmware_bridge.pty_port import PtyPort

BLOCK_S: Final = BLOCK_MS / 1000
#: Blocks made in one turn while catching up, so that commands are still answered.
TURN_BLOCKS: Final = 50
#: Between looks at a port that nobody has open, and at standard input.
NAP_S: Final = BLOCK_S


class FakeBoard:
    """Joins a board to a port at a pace."""

    def __init__(
        self,
        board: BoardEnd,
        port: PtyPort,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin now.

        Args:
            speed: blocks come so many times as fast as on a real board.
            clock: seconds; the board's time is this one's, times speed.
        """
        self.wire = FaultyWire()
        self._board, self._port, self._speed, self._clock = board, port, speed, clock
        self._began_s = clock()
        self._blocks = 0
        self._send(board.hello())

    def turn(self) -> None:
        """Wait for the box until the next block is due, answer it, make the blocks that are due.

        In this order, so that after a stall of this process the box's keep-alives, which waited in
        the kernel, count before the silence does.
        """
        wait_s = ((self._blocks + 1) * BLOCK_S - self._now_s()) / self._speed
        wait_s = min(max(0.0, wait_s), NAP_S)
        if not self._port.is_open:
            time.sleep(wait_s)
            wait_s = 0.0
        data = self._port.receive(wait_s)
        self._send(self._board.push(data, self._now_s(), self._port.queued_bytes))
        for _ in range(min(TURN_BLOCKS, int(self._now_s() / BLOCK_S) - self._blocks)):
            self._blocks += 1  # counted, not measured: a late block makes no later one late
            self._send(self._board.next_block(self._now_s(), self._port.queued_bytes))

    def obey(self, order: str) -> None:
        """Carry out an order from standard input.

        Raises:
            ValueError: it is none.
        """
        name, *numbers = order.split()
        match name, [int(number) for number in numbers]:
            case "garble", [n]:
                self.wire.garble(n)
            case "drop", [n]:
                self.wire.drop(n)
            case "insert", [n]:
                self.wire.insert(n)
            case "restart", []:
                self._send(self._board.restart(self._now_s()))
            case "lose", [ms]:
                self._board.lose(ms)
            case _:
                raise ValueError(f"{order!r} is no order")

    def _now_s(self) -> float:
        return (self._clock() - self._began_s) * self._speed

    def _send(self, data: bytes) -> None:
        if data:
            self._port.send(self.wire.push(data))


class Orders:
    """Lines of standard input, as they come."""

    def __init__(self) -> None:
        self._half = b""

    def take(self) -> list[str]:
        """Return the lines that have come since; never waits."""
        fd = sys.stdin.fileno()
        if select.select([fd], [], [], 0)[0]:
            self._half += os.read(fd, 4096)
        *whole, self._half = self._half.split(b"\n")
        return [line.decode() for line in whole]


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; return the process's exit code."""
    args = _arguments().parse_args(argv)
    try:
        source = _source(args.script, args.lines, args.seed)
        board = BoardEnd(source, args.boot_id, keep_alive_s=KEEP_ALIVE_S * args.speed)
    except (CaptureError, WrongLines) as error:
        print(f"fake_board: {error}", file=sys.stderr)
        return 2
    stopping = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with PtyPort(args.link) as port:
        running = FakeBoard(board, port, args.speed)
        if args.pid:
            _write(args.pid, f"{os.getpid()}\n")
        orders = Orders() if args.faults else None
        while not stopping:
            running.turn()
            for order in orders.take() if orders else ():
                running.obey(order)
    if args.pid:
        args.pid.unlink(missing_ok=True)
    if args.truth and isinstance(source, ScriptSource):
        _write(args.truth, _truth(board, source))
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m firmware_bridge.fake_board",
        description="Plays a tap board on a pseudo-terminal, with calls on its lines.",
    )
    add = parser.add_argument
    add("--link", type=Path, required=True, help="path that shall lead to the port")
    add("--script", default="demo", help="demo, or a capture: FILE.wav (default: demo)")
    add("--lines", type=int, default=MAX_LINES, help="lines of the demo, 1 to 8 (default: 8)")
    add("--seed", type=int, default=0, help="of what happens on them (default: 0)")
    add("--speed", type=float, default=1.0, help="times real time (default: 1)")
    add("--pid", type=Path, help="file for the process id")
    add("--boot-id", type=int, default=_drawn(), help="of this start (default: drawn)")
    add("--truth", type=Path, help="file for the calls that ended, written at the end, as JSON")
    add("--faults", action="store_true", help="take orders on standard input")
    return parser


def _source(script: str, lines: int, seed: int) -> LineSource:
    if script == "demo":
        return ScriptSource(demo_script(lines, seed), seed)
    return Capture(Path(script))


def _truth(board: BoardEnd, source: ScriptSource) -> str:
    calls = [asdict(call) for call in source.calls]
    return json.dumps({"first_sample": board.device.first_sample, "calls": calls}, indent=1)


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _drawn() -> int:
    return int.from_bytes(os.urandom(4), "little")


if __name__ == "__main__":
    sys.exit(main())

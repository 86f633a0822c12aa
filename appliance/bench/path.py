"""The whole path, from frames to the disk: what a recorder of 8, 32 and 64 busy lines takes.

Each measure is a process of its own (`path_run.py`), so that its memory is the recorder's alone.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from appliance.bench.path_run import BLOCK_S, Taken
from appliance.progress import Progress
from appliance.replay import BOARD_LINES
from firmware_bridge import commands
from firmware_bridge.board_end import BoardEnd
from firmware_bridge.frames import encode
from firmware_bridge.line_player import ScriptSource
from firmware_bridge.script import Idle, LineScript, OffHook, Plant, Talk

LINES: Final = (8, 32, 64)
_SECONDS: Final = 23.0
#: Some hundred times what it takes.
_GIVE_UP_S: Final = 300.0


@dataclass(frozen=True)
class WholePath:
    """Medians over repeats for so many lines, every one in a call that is recorded."""

    lines: int
    core_percent: float
    least_percent: float
    most_percent: float
    proof_percent: float
    written_per_sealed: float
    flushes_per_s: float
    rss_bytes: float
    sealed_bytes_per_s: float


def measure(
    folder: Path, repeats: int, counts: Sequence[int] = LINES, seconds: float = _SECONDS
) -> list[WholePath]:
    """Measure each number of lines, in a folder that lies on the disk in question.

    Raises:
        subprocess.SubprocessError: a recorder failed, or hung.
        OSError: the folder cannot be written.
    """
    found: list[WholePath] = []
    with TemporaryDirectory(prefix="kirok-bench-", dir=folder) as made:
        frames = Path(made) / "frames"
        write_frames(frames, seconds)
        with Progress("path", len(counts) * repeats) as progress:
            for lines in counts:
                taken: list[Taken] = []
                for k in range(repeats):
                    taken.append(_recorder(frames, lines, Path(made) / f"{lines}-{k}"))
                    progress.at(len(found) * repeats + k + 1)
                found.append(_medians(taken))
    return found


def write_frames(path: Path, seconds: float) -> None:
    """Write what a board of eight lines sends, each from its second half second in a call."""
    scripts = [
        LineScript(Plant(), (Idle(0.5), OffHook(), Talk("ko", seconds, seed=k)))
        for k in range(BOARD_LINES)
    ]
    board = BoardEnd(ScriptSource(scripts))
    greeting = encode(commands.Greet.TYPE, 0, commands.Greet().to_bytes())
    start = encode(commands.Start.TYPE, 1, commands.Start().to_bytes())
    with path.open("wb") as wire:
        wire.write(board.push(greeting + start, 0.0))
        for _ in range(round(seconds / BLOCK_S)):
            wire.write(board.next_block(0.0))


def _recorder(frames: Path, lines: int, data: Path) -> Taken:
    command = [sys.executable, "-m", "appliance.bench.path_run", str(frames), str(lines), str(data)]
    plain = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        command, env=plain, stdout=subprocess.PIPE, check=True, timeout=_GIVE_UP_S
    )
    taken = Taken(**json.loads(done.stdout))
    assert taken.proved == lines, f"{taken.proved} of {lines} calls proved"
    return taken


def _medians(taken: Sequence[Taken]) -> WholePath:
    percent = [100 * one.cpu_s / one.seconds for one in taken]
    return WholePath(
        lines=taken[0].lines,
        core_percent=median(percent),
        least_percent=min(percent),
        most_percent=max(percent),
        proof_percent=median(100 * one.ending_cpu_s / one.seconds for one in taken),
        written_per_sealed=median(one.written_bytes / one.sealed_bytes for one in taken),
        flushes_per_s=median(one.flushes / one.seconds for one in taken),
        rss_bytes=median(one.rss_bytes for one in taken),
        sealed_bytes_per_s=median(one.sealed_bytes / one.seconds for one in taken),
    )

"""Runs `kirok replay` with the failing disk preloaded, and judges what it left."""

import os
import subprocess
import sys
from dataclasses import dataclass
from errno import EDQUOT, EIO, ENOSPC, EROFS
from pathlib import Path

from appliance import site
from appliance.box import open_box
from appliance.index import CallIndex
from appliance.index_schema import IndexBroken
from appliance.replay import replay
from tests.doctored import wrong

SOURCE = Path(__file__).with_name("faulty_disk.c")
ERRORS = (EIO, ENOSPC, EROFS, EDQUOT)
HOWS = ("not", "done", "short", "kill")
#: On a loaded machine a replay of twenty seconds takes five.
LIMIT_S = 120


def build(folder):
    """Compile the library and return its path."""
    library = folder / "faulty_disk.so"
    command = ["gcc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


@dataclass(frozen=True)
class Fault:
    """Attributes: call, its number; how, see faulty_disk.c; sticky, all from then on fail."""

    call: int = -1
    how: str = "not"
    error: int = EIO
    sticky: bool = False

    def environment(self):
        given = {"CALL": self.call, "HOW": self.how, "ERRNO": self.error}
        return {f"FAULTY_{n}": str(v) for n, v in given.items()} | (
            {"FAULTY_STICKY": "1"} if self.sticky else {}
        )


@dataclass(frozen=True)
class Run:
    code: int
    said: str
    calls: int


def replayed(library, data, capture, fault):
    """Replay a capture under a fault."""
    count = data.with_name("count")
    count.write_bytes(bytes(8))
    process = subprocess.run(
        [sys.executable, "-m", "appliance", "replay", str(capture), "--data", str(data)],
        env={
            **os.environ,
            "LD_PRELOAD": str(library),
            "FAULTY_UNDER": str(data),
            "FAULTY_COUNT": str(count),
            **fault.environment(),
        },
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return Run(process.returncode, process.stderr, int.from_bytes(count.read_bytes(), "little"))


def rows_of(data):
    try:
        with CallIndex.open_readonly(data / "calls.db") as index:
            return {row.id: row for row in index.since_row(0)}
    except IndexBroken:
        return {}


def settled(row):
    """Say whether nothing more was to happen to a call but its proof."""
    return row.end is not None


def same(before, after):
    """Say whether a finished call is as it was; it may have been proved or entered again since."""
    names = ("line", "start", "end", "audio_samples", "chain", "last_offset", "reel", "digits")
    return all(getattr(before, name) == getattr(after, name) for name in names)


def start_again(data, capture):
    """Replay without faults into the same folder; return what the doctor finds wrong then."""
    opened = open_box(data)
    made = replay(opened, site.load(opened.site_file), capture)
    return made, [found.what for found in wrong(data)]

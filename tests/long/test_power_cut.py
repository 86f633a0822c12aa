"""The power goes at any moment, for real: what a disk may have lost by then is lost.

The recorder records eight lines on a disk whose writes and flushes are logged. Then the disk is
made anew as it was at moments of chance: all that was flushed is there, and of what was not any
part, torn into sectors. Each is mounted, its journal played, and the recorder started on it.

Run by `make power-cut`; the figures are in docs/measurements.md.
"""

import os
import random
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest

from appliance import box, keys, policy, site
from appliance.box import Admin, Plan
from appliance.call_row import FixedClock
from appliance.demo import LINES
from appliance.engine import Engine
from appliance.index import CallIndex
from appliance.index_schema import IndexBroken
from appliance.registry import Registry
from tests.doctored import wrong
from tests.faulty_disk.rig import same
from tests.long.test_kill import opens
from tests.power_cut import block_log, logged_disk
from tests.waiting import free_port

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts disks: only root may"),
]

CUTS, CONTROL_CUTS = 30, 10
RECORD_S, CONTROL_S = 45.0, 35.0
MOST_LOST_S = 1.0
#: From the board's sample to a reader of its clock, and how often the log is looked at.
MEASURED_S = 0.1
LOOK_EVERY_S = 0.02
PASSPHRASE = "correct horse battery"


@dataclass
class Look:
    """How things stood. Attributes: log, its bytes; finished: rows that a reader had seen ended."""

    at: datetime
    log: int
    finished: dict = field(default_factory=dict)


def make_disk(tmp_path):
    base = tmp_path / "base.img"
    logged_disk.make(base)
    with logged_disk.mounted(base, tmp_path / "disk") as disk:
        text = box.default_site(LINES, port=str(tmp_path / "board.tty"))
        text = text.replace("port = 8077", f"port = {free_port()}")  # for doctor: nobody is there
        plan = Plan(policy.profile_text("osan"), Admin("a", PASSPHRASE), True, text)
        box.create(disk / "data", plan, datetime.now(UTC))
    return base


def rows_of(data):
    try:
        with CallIndex.open_readonly(data / "calls.db") as index:
            return {row.id: row for row in index.since_row(0)}
    except (IndexBroken, OSError):
        return {}


def record(tmp_path, base, seconds, options):
    """Record on a logged disk; return its log, what was seen meanwhile, and all rows at the end."""
    image = logged_disk.copy(base, tmp_path / "run.img")
    looks = []
    board = subprocess.Popen(
        [sys.executable, "-m", "firmware_bridge.fake_board", "--link", tmp_path / "board.tty"]
    )
    try:
        with (
            logged_disk.logged(image, tmp_path) as (served, log),
            logged_disk.mounted(served, tmp_path / "disk", options) as disk,
        ):
            data = disk / "data"
            command = [sys.executable, "-m", "appliance", "record", "--config", data / "site.toml"]
            recorder = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            while datetime.now(UTC) < until:
                # What is seen now is on the disk before the log is looked at.
                ended = {i: r for i, r in rows_of(data).items() if r.proof in ("verified", "none")}
                ended = {i: r for i, r in ended.items() if r.end is not None}
                size = log.stat().st_size
                looks.append(Look(datetime.now(UTC), size, ended))
                sleep(LOOK_EVERY_S)
            recorder.kill()
            recorder.wait()
            rows = rows_of(data)
    finally:
        board.kill()
        board.wait()
    return log, looks, rows


def moments(log, looks, rng, count):
    """Yield moments of chance: the last write, its latest time, and what was seen before it."""
    first = next(look.log for look in looks if look.finished)
    ends = [write.end for write in block_log.read(log, looks[-1].log) if write.end > first]
    for end in rng.sample(ends, count):
        at = next(look.at for look in looks if look.log >= end)
        yield Look(at, end, max((x for x in looks if x.log <= end), key=lambda x: x.at).finished)


def loss_s(truth, found, at):
    """Return how much of the calls in progress a cut has cost, each."""
    for row in truth.values():
        if not row.stretches or (row.end or at + timedelta(9)) < at + timedelta(seconds=2):
            continue  # over, or about to be: audio of a doubtful second is nobody's loss
        kept_from = row.start + timedelta(seconds=row.stretches[0]["at_s"])
        if len(row.stretches) == 1 and row.stretches[0]["until_s"] is None and kept_from < at:
            left = found.get(row.id)
            end = left.end if left is not None and left.recorded else kept_from
            yield (at - end).total_seconds()


def start(data):
    """Start the recorder on what is left, and stop it."""
    opened = box.open_box(data)
    Engine(opened, site.load(opened.site_file), FixedClock(datetime.now(UTC))).close()
    return opened, [found.what for found in wrong(data, "alarm")]


def everything_opens(opened, rows):
    registry = Registry(opened.registry)
    identity = keys.unwrap_secret(registry.people()[0].wrapped, PASSPHRASE).decode()
    registry.close()
    return all(opens(opened, row, identity) for row in rows if row.recorded)


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    assert logged_disk.missing() == []
    tmp_path = tmp_path_factory.mktemp("power")
    return tmp_path, make_disk(tmp_path)


def test_thirty_power_cuts(disk, capsys):
    tmp_path, base = disk
    log, looks, truth = record(tmp_path, base, RECORD_S, "rw")
    rng = random.Random(2026)
    lost, doubtful, kept = [], 0, 0
    for number, look in enumerate(moments(log, looks[:-100], rng, CUTS)):
        image = logged_disk.copy(base, tmp_path / f"cut{number}.img")
        doubtful += block_log.cut(log, look.log, image, rng)
        with logged_disk.mounted(image, tmp_path / "cut") as cut:
            opened, wrong = start(cut / "data")
            found = rows_of(cut / "data")
            assert wrong == [], f"cut {number}"
            assert all(same(row, found[i]) for i, row in look.finished.items())
            assert not [row for row in found.values() if row.recorded and row.why == "missed"]
            assert everything_opens(opened, [found[i] for i in look.finished])
        image.unlink()
        kept += len(look.finished)
        lost += loss_s(truth, found, look.at)
    with capsys.disabled():
        print(
            f"\n{CUTS} power cuts: {doubtful} writes torn or dropped, none of {kept} finished calls"
            f" lost; {len(lost)} in progress, lost {max(lost):.2f} s at most"
        )
    assert doubtful and lost
    assert max(lost) <= MOST_LOST_S + MEASURED_S


def test_without_flushes_calls_are_lost(disk, capsys):
    """The control: a test that cannot fail shows nothing."""
    tmp_path, base = disk
    log, looks, _ = record(tmp_path, base, CONTROL_S, "rw,barrier=0")
    rng = random.Random(7)
    worse = 0
    for number, look in enumerate(moments(log, looks[:-50], rng, CONTROL_CUTS)):
        # Of its own: what fails holds its disk for a while, and writes to it.
        image = logged_disk.copy(base, tmp_path / f"control{number}.img")
        block_log.cut(log, look.log, image, rng)
        try:
            with logged_disk.mounted(image, tmp_path / "cut") as cut:
                opened, wrong = start(cut / "data")
                found = rows_of(cut / "data")
                sound = not wrong and found.keys() >= look.finished.keys()
                worse += not (sound and everything_opens(opened, found.values()))
        except Exception:
            worse += 1  # it cannot even be mounted, or started
        image.unlink()
    with capsys.disabled():
        print(f"\ncontrol, no flushes: {worse} of {CONTROL_CUTS} cuts lose calls")
    assert worse >= CONTROL_CUTS // 2

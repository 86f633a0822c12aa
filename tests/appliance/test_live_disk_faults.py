"""`kirok record` on a failing disk, with the board simulator on a pseudo-terminal.

It ends with a sentence or goes on; the next start needs no hand, has every finished call and all
but the last second of those in progress, and says what was wrong. `make live-fault-test` runs all.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from errno import EIO
from pathlib import Path

import pytest

from appliance import box, policy
from appliance.api import RecorderAway
from appliance.box import Plan
from appliance.control import ControlClient
from appliance.demo import LINES
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from tests import waiting
from tests.appliance.test_disk_faults import library
from tests.doctored import wrong
from tests.faulty_disk import rig
from tests.faulty_disk.rig import Fault

__all__ = ["library"]

pytestmark = pytest.mark.long

#: What waits for a process on a busy machine gives up after this.
LIMIT_S = 60.0
#: What a fault may cost of a call in progress.
MOST_LOST_S = 1.0
ROUNDS = 24
NOBODY = 65_534

as_root = pytest.mark.skipif(os.getuid() != 0, reason="to mount a disk is for root alone")


class House:
    """A data folder, a board that never stops, and recorders on them."""

    def __init__(self, data, board, library):
        port = str(board)
        text = box.default_site(LINES, port=port)
        plan = Plan(policy.profile_text("osan"), trial=True, site_text=text)
        box.create(data, plan, datetime.now(UTC))
        self.opened = box.open_box(data)
        self.library = library
        self.count = board.with_name("count")
        self.running = []
        self.start("firmware_bridge.fake_board", "--link", port, "--seed", "7")

    def start(self, *command, **kinds):
        process = subprocess.Popen([sys.executable, "-m", *command], **kinds)
        self.running.append(process)
        return process

    def recorder(self, fault=None):
        environment = dict(os.environ)
        if fault is not None:
            self.count.write_bytes(bytes(8))
            environment |= {
                "LD_PRELOAD": str(self.library),
                "FAULTY_UNDER": str(self.opened.data),
                "FAULTY_COUNT": str(self.count),
                **fault.environment(),
            }
        command = ["appliance", "record", "--config", str(self.opened.site_file)]
        return self.start(*command, env=environment, stderr=subprocess.PIPE, text=True)

    def made(self):
        return int.from_bytes(self.count.read_bytes(), "little")

    def wait_for(self, what):
        """Ask until it is so."""
        return waiting.wait_for(what, LIMIT_S, (RecorderAway, FileNotFoundError))

    def status(self):
        return ControlClient(self.opened.socket).status()

    def streaming(self):
        return self.status().board == "streaming"

    def alarms(self):
        return {alarm.what: alarm for alarm in self.status().alarms}

    def calls(self):
        with CallIndex.open_readonly(self.opened.index) as index:
            return {row.id: row for row in index.search(CallQuery(limit=None))}

    def stop(self, process):
        process.terminate()
        said = process.communicate(timeout=LIMIT_S)[1]
        assert process.returncode == 0, said

    def close(self):
        for process in self.running:
            process.kill()
            process.communicate()


def in_progress(house):
    return [c for c in house.calls().values() if c.recorded and not c.end and c.audio_samples]


@pytest.fixture
def house(tmp_path, library):
    made = House(tmp_path / "data", tmp_path / "board.tty", library)
    yield made
    made.close()


@pytest.fixture
def disk(tmp_path):
    """An ext4 of its own that turns read-only when it is told that it is damaged."""
    image, mount = tmp_path / "image", tmp_path / "mount"
    image.touch()
    os.truncate(image, 256 << 20)
    mount.mkdir()
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    command = ["mount", "-o", "loop,errors=remount-ro", str(image), str(mount)]
    subprocess.run(command, check=True)
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


@pytest.fixture
def house_of_its_own(disk, tmp_path, library):
    made = House(disk / "data", tmp_path / "board.tty", library)
    yield made
    made.close()


def judge_again(house, before, failed_at):
    """Start without a fault, and compare; return what the fault cost calls in progress, in s."""
    again = house.recorder()
    house.wait_for(house.streaming)
    threading.Event().wait(0.5)  # so that it has heard which lines are off the hook
    alarms = house.alarms()
    house.stop(again)
    after = house.calls()
    assert before.keys() <= after.keys()
    for call_id, row in before.items():
        if row.end is not None:
            assert rig.same(row, after[call_id]), "a finished call has changed"
    new = [row for row in after.values() if row.id not in before]
    lifted = {row.line for row in new if row.direction == "unknown"}
    lost = []
    for call_id, row in before.items():
        found = after[call_id]
        assert found.end is not None
        # A call told from its ledger entry has ended, and its row has no stretches.
        keeping = found.stretches and found.stretches[-1]["until_s"] is None
        if row.end is None and keeping and row.line in lifted:
            lost.append((failed_at - found.end).total_seconds())
    assert wrong(house.opened.data, "alarm") == []
    return lost, alarms


def test_a_write_error_in_mid_call_is_outlived_and_told(house):
    recorder = house.recorder(Fault(140, "not", EIO))
    house.wait_for(lambda: house.made() > 140)
    failed_at = datetime.now(UTC)
    said = recorder.communicate(timeout=LIMIT_S)[1]
    assert recorder.returncode == 1
    assert "replace the memory card" in said and "Traceback" not in said
    lost, alarms = judge_again(house, house.calls(), failed_at)
    assert all(each <= MOST_LOST_S for each in lost)
    assert "replace the memory card" in alarms["disk_failed"].facts["wrong"]


def test_faults_at_random_calls_to_the_disk(house, capsys):
    rng = random.Random(4)
    lost, ended = [], {0: 0, 1: 0, -9: 0}
    for round_ in range(ROUNDS):
        how = rig.HOWS[round_ % len(rig.HOWS)]
        at = rng.randrange(60) if round_ % 3 == 0 else rng.randrange(60, 400)
        sticky = how == "not" and rng.random() < 0.5
        fault = Fault(at, how, rng.choice(rig.ERRORS), sticky)
        recorder = house.recorder(fault)
        house.wait_for(lambda r=recorder, at=at: r.poll() is not None or house.made() > at)
        failed_at = datetime.now(UTC)
        house.wait_for(lambda r=recorder, at=at: r.poll() is not None or house.made() > at + 40)
        if recorder.poll() is None:  # it has gone on
            recorder.terminate()
        said = recorder.communicate(timeout=LIMIT_S)[1]
        assert "Traceback" not in said, f"{fault}: {said}"
        code = recorder.returncode
        # Our own signal may come as it is leaving for the fault, its handlers already put back.
        code = 1 if code == -signal.SIGTERM and said.count("kirok: ") == 2 else code
        assert code in ((-9,) if how == "kill" else (0, 1)), f"{fault}: {said}"
        ended[code] += 1
        before = house.calls()
        cost, alarms = judge_again(house, before, failed_at)
        assert all(each <= MOST_LOST_S for each in cost), f"{fault}: {cost}"
        lost += cost
        if code == 1:
            assert said.count("kirok: ") == 2, f"{fault}: no remedy in {said}"
            assert sticky or "disk_failed" in alarms, f"{fault}: {said}"
    assert lost
    with capsys.disabled():
        print(
            f"\n{ROUNDS} faults: {ended[0]} runs went on, {ended[1]} ended with a sentence,"
            f" {ended[-9]} were killed; {len(lost)} calls in progress, lost"
            f" {max(lost):.2f} s at most"
        )


def test_a_vault_that_is_removed_in_mid_call_is_made_anew_and_told(house):
    recorder = house.recorder()
    house.wait_for(lambda: in_progress(house))
    shutil.rmtree(house.opened.vault)
    said = recorder.communicate(timeout=LIMIT_S)[1]
    assert recorder.returncode == 1
    assert "mount the disk again, or put back a copy" in said
    again = house.recorder()
    house.wait_for(house.streaming)
    house.wait_for(lambda: in_progress(house))
    assert {"disk_failed", "vault_damaged"} <= house.alarms().keys()
    house.stop(again)


def test_stalls_of_two_seconds_cost_nothing(house):
    recorder = house.recorder(Fault(150, "slow"))
    house.wait_for(lambda: house.made() > 300)
    house.wait_for(lambda: [c for c in house.calls().values() if c.proof == "verified"])
    assert "disk_slow" not in house.alarms()
    house.stop(recorder)
    assert {c.proof for c in house.calls().values() if c.recorded} == {"verified"}


@as_root
def test_a_disk_that_turns_read_only_in_mid_call(house_of_its_own, disk):
    house = house_of_its_own
    recorder = house.recorder()
    house.wait_for(lambda: in_progress(house))
    device = subprocess.run(
        ["findmnt", "-no", "SOURCE", str(disk)], check=True, capture_output=True, text=True
    ).stdout.strip()
    failed_at = datetime.now(UTC)
    Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("1")
    said = recorder.communicate(timeout=LIMIT_S)[1]
    assert recorder.returncode == 1
    assert "read-only" in said and "fsck" in said and "Traceback" not in said
    assert house.calls(), "the list of calls can be read"
    refused = house.recorder()
    assert "fsck" in refused.communicate(timeout=LIMIT_S)[1]
    assert refused.returncode == 1
    before = house.calls()
    subprocess.run(["umount", str(disk)], check=True)
    subprocess.run(["e2fsck", "-fy", str(disk.with_name("image"))], check=False)
    command = ["mount", "-o", "loop", str(disk.with_name("image")), str(disk)]
    subprocess.run(command, check=True)
    lost, _ = judge_again(house, before, failed_at)
    assert all(each <= MOST_LOST_S for each in lost)


@as_root
def test_a_full_disk_is_started_on_again_and_again_and_is_read(house_of_its_own, disk):
    house = house_of_its_own
    recorder = house.recorder()
    house.wait_for(lambda: in_progress(house))
    fill(disk)
    said = recorder.communicate(timeout=LIMIT_S)[1]
    assert recorder.returncode == 1
    assert "make room" in said
    before = house.calls()
    for _ in range(3):  # on what the ballast gave back
        again = house.recorder()
        house.wait_for(house.streaming)
        house.wait_for(lambda: "disk_full" in house.alarms())
        assert before.keys() <= house.calls().keys()
        house.stop(again)
    fill(disk)  # and now there is not a byte for the recorder either
    refused = house.recorder()
    assert "make room" in refused.communicate(timeout=LIMIT_S)[1]
    assert refused.returncode == 1
    assert before.keys() <= house.calls().keys()
    (disk / "others").unlink()
    again = house.recorder()
    house.wait_for(house.streaming)
    house.wait_for(lambda: "disk_full" not in house.alarms())
    house.stop(again)


def fill(disk):
    """Take all the room that is left, whoever it was kept for."""
    fd = os.open(disk / "others", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for size in (1 << 20, 1 << 12):
        with pytest.raises(OSError, match="No space left"):
            while os.write(fd, bytes(size)) == size:
                pass
            os.write(fd, bytes(size))
    os.close(fd)


@as_root
def test_a_folder_of_another_owner_is_said(house):
    for path in (house.opened.data, *house.opened.data.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    bare = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]  # root like anyone
    command = [sys.executable, "-m", "appliance", "record", "--config", house.opened.site_file]
    ran = subprocess.run(
        [*bare, *command], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert ran.returncode == 1, ran.stderr
    assert "chown" in ran.stderr and "Traceback" not in ran.stderr

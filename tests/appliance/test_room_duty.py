"""The duty on a real file system of a few megabytes, in memory, that is filled and emptied."""

import os
import subprocess
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from appliance.disk_use import space_of
from appliance.policy import load, profile_text
from appliance.raised import Raised
from appliance.retention import Moment
from appliance.room import Room
from appliance.room_duty import LOOK_EVERY_S, OUTLOOK_EVERY_S, RoomDuty

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SIZE = 40 << 20


@pytest.fixture
def disk(tmp_path):
    if os.geteuid():
        pytest.skip("a file system is mounted by root alone")
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", folder]
    if subprocess.run(command, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    (folder / "vault").mkdir()
    yield folder
    subprocess.run(["umount", folder], check=True)


class Writer:
    """A writer that works at once; its store's eraser throws a file away, as one would a day."""

    def __init__(self, folder):
        self.folder = folder
        self.eraser = SimpleNamespace(make_room=self._make_room)
        self.made_room = 0

    def work(self, steps):
        for _ in steps(self):
            pass

    def _make_room(self, clock):
        self.made_room += 1
        (self.folder / "filler").unlink(missing_ok=True)
        yield


def duty_of(disk, policy, alarms):
    opened = SimpleNamespace(data=disk, vault=disk / "vault", policy=policy)
    writer = Writer(disk)
    return RoomDuty(writer, alarms, lambda: Moment(NOON, True), opened), writer


@pytest.fixture
def alarms():
    return Raised(lambda *change: None)


def raised(alarms):
    return [alarm.what for alarm in alarms.all()]


def leave_free(disk, free_bytes):
    """Fill the disk but for so much."""
    (disk / "filler").unlink(missing_ok=True)
    with (disk / "filler").open("wb") as file:
        file.write(bytes(space_of(disk).free - free_bytes))


def test_recording_stops_as_the_disk_fills_and_goes_on_when_there_is_room(disk, alarms):
    duty, _ = duty_of(disk, load("osan"), alarms)
    assert duty.turn(0.0) is Room.AMPLE
    assert (disk / "ballast").exists()
    seen = []
    for number, free in enumerate((5 << 20, 3 << 20, 1 << 20, 100_000, 5 << 20, 20 << 20), 1):
        leave_free(disk, free)
        seen.append((duty.turn(number * LOOK_EVERY_S).value, raised(alarms)))
    full = ["disk_full"]
    assert seen == [
        *(("ample", []), ("short", full), ("none", full), ("none", full)),
        *(("short", full), ("ample", [])),
    ]


def test_when_there_is_next_to_nothing_the_ballast_goes_and_its_room_is_there(disk, alarms):
    duty, _ = duty_of(disk, load("osan"), alarms)
    duty.turn(0.0)
    leave_free(disk, 100_000)
    duty.turn(1.0)
    assert not (disk / "ballast").exists()
    assert space_of(disk).free > 500_000
    leave_free(disk, 20 << 20)
    duty.turn(2.0)
    assert (disk / "ballast").exists()


def test_where_the_rule_says_so_the_oldest_make_room(disk, alarms, tmp_path):
    file = tmp_path / "third.toml"
    text = profile_text("goshogawara").replace('on_full = "alarm"', 'on_full = "overwrite_oldest"')
    file.write_text(text)
    duty, writer = duty_of(disk, load(str(file)), alarms)
    duty.turn(0.0)
    assert writer.made_room == 0
    leave_free(disk, 1 << 20)
    assert duty.turn(1.0) is Room.AMPLE
    assert writer.made_room == 1 and raised(alarms) == []


def test_in_both_cities_nothing_makes_room(disk, alarms):
    for name in ("osan", "goshogawara"):
        duty, writer = duty_of(disk, load(name), alarms)
        leave_free(disk, 1 << 20)
        duty.turn(1.0)
        assert writer.made_room == 0


def test_a_disk_that_will_not_hold_is_an_alarm_weeks_before(disk, alarms):
    duty, _ = duty_of(disk, load("osan"), alarms)
    for ago in range(1, 15):
        folder = disk / "vault" / (date(2026, 11, 23) - timedelta(days=ago)).isoformat()
        folder.mkdir()
        (folder / "000.reel").write_bytes(bytes(1 << 20))
    duty.turn(0.0)
    duty.turn(OUTLOOK_EVERY_S)
    assert raised(alarms) == ["disk_short"]
    assert (duty.disk.daily_bytes, duty.disk.asks_days) == (1 << 20, 91)
    assert 30 <= duty.disk.holds_days <= 36

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from appliance.witness import Stick, Taken, last_taken
from tests.appliance.scene import START


@pytest.fixture
def data(tmp_path):
    return tmp_path


@pytest.fixture
def stick():
    """A folder on another device than the tests' own."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_folder_on_the_boxs_own_disk_is_no_stick(data, stick):
    assert stick.stat().st_dev != data.stat().st_dev
    assert Stick(stick, data, "BOX").mounted()
    (data / "mount").mkdir()
    assert not Stick(data / "mount", data, "BOX").mounted()
    assert not Stick(data / "nothing", data, "BOX").mounted()


def test_what_was_taken_is_on_the_stick_and_noted(data, stick):
    assert last_taken(data) is None
    at = Stick(stick, data, "BOX")
    at.take("a head", 7, START)
    at.take("a later head", 1042, START)
    (stick / "kirok-OTHER-000000000001.head").write_text("another box's")
    (stick / "kirok-BOX-letter.txt").write_text("no head")
    assert at.heads() == {
        "kirok-BOX-000000000007.head": "a head",
        "kirok-BOX-000000001042.head": "a later head",
    }
    assert last_taken(data) == Taken("2026-11-23T00:00:00.000Z", 1042)


def test_noise_on_the_stick_is_read_as_noise(data, stick):
    (stick / "kirok-BOX-1.head").write_bytes(os.urandom(100_000))
    (text,) = Stick(stick, data, "BOX").heads().values()
    assert len(text) <= 4096


def test_of_more_heads_than_are_read_the_latest_are(data, stick):
    for size in range(1, 20_003):
        (stick / f"kirok-BOX-{size:012}.head").write_text(f"{size}")
    heads = list(Stick(stick, data, "BOX").heads().values())
    assert (len(heads), heads[0], heads[-1]) == (20_000, "3", "20002")


@pytest.mark.parametrize("noted", ["", "{}", "[]", '{"at":1,"size":"x"}'])
def test_a_damaged_note_is_none(data, noted):
    (data / "witness.json").write_text(noted)
    assert last_taken(data) is None


def test_a_stick_that_is_full_or_gone_is_an_error(data, stick):
    at = Stick(stick / "gone", data, "BOX")
    with pytest.raises(OSError):
        at.take("a head", 7, START)
    assert last_taken(data) is None

from datetime import timedelta
from pathlib import Path

import pytest

from appliance.keep_report import examine, file_system
from tests.appliance.scene import START

ROOT = "21 1 179:2 / / rw,noatime shared:1 - ext4 /dev/root rw\n"
CARD = "30 21 8:1 / /var/lib/kirok rw,noatime shared:9 - ext4 /dev/sda1 rw,discard\n"


def said(opened, mounts=ROOT):
    return {what: (level, remedy) for level, what, remedy in examine(opened, START, mounts)}


@pytest.mark.parametrize(
    "path, kind, discard",
    [
        ("/var/lib/kirok/secrets", "ext4", True),
        ("/var/lib/kirok", "ext4", True),
        ("/var/lib/kirok2", "ext4", False),
        ("/home", "ext4", False),
    ],
)
def test_a_path_is_on_the_file_system_mounted_nearest_above_it(path, kind, discard):
    found, options = file_system(Path(path), ROOT + CARD)
    assert (found, "discard" in options) == (kind, discard)
    assert file_system(Path(path), "") == ("unknown", frozenset())


def test_what_a_disk_really_erases_is_said(trial):
    found = " ".join(said(trial))
    assert "on ext4: on a card or an SSD" in found and "given back" in found
    assert "given back" not in " ".join(said(trial, ROOT.replace("rw\n", "rw,discard\n")))
    assert "keeps what is written over" in " ".join(said(trial, ROOT.replace("ext4", "btrfs")))


def test_a_chip_has_to_hold_the_rules_days(trial, chip):
    assert said(trial)["day secrets are in a chip with room for 64 days; 98 are wanted"] == (
        "wrong",
        "fit a larger chip",
    )
    text = trial.site_file.read_text()
    trial.site_file.write_text(text.replace("bytes = 8192", "bytes = 32768"))
    chip.chip.memory.extend(bytes(32_768 - 8192))
    (chip_line,) = [each for each in said(trial).items() if "in a chip" in each[0]]
    assert chip_line[1][0] == "fine"


def test_a_chip_that_does_not_answer_is_said(trial, chip, monkeypatch):
    monkeypatch.setattr(chip, "open", lambda *place: setattr(chip.chip, "gone", True))
    assert any(what.startswith("day secrets: no FRAM") for what in said(trial))


def test_the_outlook_is_said_once_there_is_one(trial):
    assert not any("the rule asks" in what for what in said(trial))
    today = trial.policy.day(START)
    for ago in range(1, 15):
        folder = trial.vault / (today - timedelta(days=ago)).isoformat()
        folder.mkdir()
        (folder / "000.reel").write_bytes(b"x" * 2_000_000)
    (text,) = [what for what in said(trial) if "the rule asks" in what]
    assert text.startswith("at 2 MB a day the disk holds ") and text.endswith("the rule asks 91")

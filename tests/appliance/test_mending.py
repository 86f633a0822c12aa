import shutil
from datetime import timedelta

import pytest

from appliance import mending
from appliance.engine import open_parts
from appliance.index import CallIndex
from appliance.replay import replay
from appliance.retention import Moment
from appliance.store import Store
from tests.appliance.scene import START


class Log:
    def __init__(self):
        self.entered = []

    def append(self, act, /, **facts):
        self.entered.append((act, facts["file"], facts["done"]))

    def sync(self):
        self.entered.append("sync")


def files(trial, here, *, first_start=False):
    log = Log()
    return mending.files(trial, here, log, first_start=first_start), log.entered


def test_a_sound_folder_is_left_as_it_is(trial, here):
    assert mending.folders(trial) == []
    assert files(trial, here) == ([], [])


@pytest.mark.parametrize("name", ["vault", "secrets", "ledger", "spare", "keys"])
@pytest.mark.parametrize("instead", ["nothing", "a file"])
def test_a_folder_that_is_missing_is_made(trial, name, instead):
    shutil.rmtree(trial.data / name)
    if instead == "a file":
        (trial.data / name).write_text("x")
    found = mending.folders(trial)
    assert (trial.data / name).is_dir()
    assert found or name in ("spare", "keys")
    assert len(list(trial.data.glob(f"{name}.damaged-*"))) == (instead == "a file")
    assert mending.folders(trial) == []


def test_a_disk_that_is_not_mounted_is_named(trial, tmp_path):
    shutil.rmtree(trial.vault)
    trial.vault.symlink_to(tmp_path / "usb")
    with pytest.raises(FileNotFoundError, match="mount that disk"):
        mending.folders(trial)


def test_a_changed_site_is_entered_and_is_an_alarm_but_before_the_first_start(trial, here):
    trial.site_file.write_text(trial.site_file.read_text() + "\n# by hand\n")
    found, entered = files(trial, here, first_start=True)
    assert (found, entered) == ([], [("config", "site.toml", "changed"), "sync"])
    trial.site_file.write_text(trial.site_file.read_text() + "\n# by hand\n")
    found, _ = files(trial, here)
    assert found == [("config_changed", "site.toml")]


@pytest.mark.parametrize("instead", ["a folder", "a link to nothing"])
@pytest.mark.parametrize(
    "name",
    [
        *("alarms.json", "clock", "ledger/head", "ledger/resume", "ledger/entries.log"),
        *("calls.db", "calls.db-wal", "calls.db-shm", "spare/box.toml", "spare/site.toml"),
    ],
)
def test_what_stands_in_a_files_place_keeps_nothing_from_starting(
    trial, here, capture, name, instead
):
    path = trial.data / name
    path.unlink(missing_ok=True)
    path.mkdir() if instead == "a folder" else path.symlink_to("/nowhere/else")
    rows = replay(trial, here, capture[0])
    assert [row.proof for row in rows].count("verified") == 3
    replay(trial, here, capture[0])
    with CallIndex.open_readonly(trial.index) as index:
        assert index.count() == 2 * len(rows)


@pytest.mark.parametrize("name", ["vault/DAY/000.reel", "vault/DAY/keys.db", "secrets/DAY.secret"])
def test_a_day_whose_files_are_none_is_recorded_and_erased(trial, here, capture, replayed, name):
    path = trial.data / name.replace("DAY", replayed[0].day)
    path.unlink()
    path.mkdir()
    rows = replay(trial, here, capture[0])
    assert [row.proof for row in rows].count("verified") == 3
    assert "damaged" in trial.alarms.read_text()
    with open_parts(trial) as parts:
        store = Store(parts, lambda call: None)
        for _ in store.eraser.sweep(lambda: Moment(START + timedelta(days=200), True)):
            pass
        assert not list(parts.index.kept())
    assert not list(trial.vault.iterdir()) + list(trial.secrets.iterdir())


@pytest.mark.parametrize("lost", ["ledger/entries.log", "ledger", "vault", "keys"])
def test_recording_goes_on_with_an_alarm_after_a_loss(trial, here, capture, lost):
    path = trial.data / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    rows = replay(trial, here, capture[0])
    assert [row.proof for row in rows].count("verified") == 3
    assert ("ledger_damaged" in trial.alarms.read_text()) == lost.startswith("ledger")


def test_of_a_key_that_is_a_credential_no_copy_stays(trial, here, tmp_path, monkeypatch):
    (tmp_path / "given").mkdir()
    trial.signing_key.rename(tmp_path / "given" / "box.key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "given"))
    assert files(trial, here) == ([], [])
    assert not (trial.data / "spare" / "box.key").exists()

import shutil

import pytest

from appliance.secret_keeping import day_secrets
from appliance.site import SiteError
from appliance.spares import FOLDER
from appliance.vault.chip_secrets import ChipSecrets
from appliance.vault.day_secrets import DaySecrets, SecretGone
from firmware_bridge import i2c_memory
from firmware_bridge.chip_memory import FramGone
from tests.i2c_chip import I2cChip

DAY = "2026-11-23"


def test_without_a_chip_they_are_in_files(trial):
    with day_secrets(trial) as secrets:
        assert isinstance(secrets, DaySecrets)


def test_with_a_chip_they_are_in_it_and_it_is_given_up(trial, chip):
    with day_secrets(trial) as secrets:
        assert isinstance(secrets, ChipSecrets)
        secret = secrets.get(DAY)
    assert chip.chip.gone
    with day_secrets(trial) as secrets:
        assert secrets.read(DAY) == secret


def test_those_in_files_move_when_the_folder_is_taken(trial, chip):
    secret = DaySecrets(trial.secrets).get(DAY)
    with day_secrets(trial) as secrets, pytest.raises(SecretGone):
        secrets.read(DAY)
    with day_secrets(trial, moved=True) as secrets:
        assert secrets.read(DAY) == secret
    assert list(trial.secrets.iterdir()) == []


def test_a_chip_that_does_not_answer_stops_the_start(trial, chip, monkeypatch):
    monkeypatch.setattr(chip, "open", lambda *place: setattr(chip.chip, "gone", True))
    with pytest.raises(FramGone), day_secrets(trial):
        pass


def test_a_site_that_cannot_be_read_does_not_mean_files(trial):
    trial.site_file.write_text("[secrets]\nspi = 'there'\n")
    shutil.rmtree(trial.data / FOLDER)
    with pytest.raises(SiteError), day_secrets(trial):
        pass


def test_an_eeprom_on_i2c_does_as_well(trial, monkeypatch):
    eeprom = I2cChip(8192)
    monkeypatch.setattr(i2c_memory, "SMBus", {1: eeprom}.__getitem__)
    text = trial.site_file.read_text()
    trial.site_file.write_text(text + "\n[secrets]\ni2c = '1.50'\nbytes = 8192\n")
    with day_secrets(trial) as secrets:
        secret = secrets.get(DAY)
    assert eeprom.gone and secret in eeprom.memory
    eeprom.gone = False
    with day_secrets(trial) as secrets:
        secrets.destroy(DAY)
    assert secret not in eeprom.memory

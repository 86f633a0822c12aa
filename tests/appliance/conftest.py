"""A trial folder, a capture of the scene, and the folder after a replay of it.

Both folders are made once and copied for each test: the passphrase's argon2id and a replay cost
seconds, a copy milliseconds.
"""

import sys
from types import SimpleNamespace

import pytest

from appliance import box, policy, site
from appliance.box import Admin, Plan
from appliance.replay import replay
from firmware_bridge.capture import write_capture
from firmware_bridge.line_player import ScriptSource
from tests.appliance.scene import PASSPHRASE, SCRIPTS, START
from tests.damage import copied
from tests.fram_chip import FramChip, SpiDev


@pytest.fixture(scope="session")
def capture(tmp_path_factory):
    """NAME.wav of four lines, and the calls that are in it."""
    path = tmp_path_factory.mktemp("capture") / "four.wav"
    calls = write_capture(path, ScriptSource(SCRIPTS, seed=5), start=START)
    return path, sorted(calls, key=lambda call: call.line)


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory):
    """A trial folder with an administrator: to be copied."""
    data = tmp_path_factory.mktemp("new") / "data"
    plan = Plan(policy.profile_text("osan"), Admin("김관리", PASSPHRASE), trial=True)
    box.create(data, plan, START)
    return data


@pytest.fixture(scope="session")
def full_folder(new_folder, capture, tmp_path_factory):
    """The same with the calls of the capture, to be copied; and their rows."""
    opened = box.open_box(copied(new_folder, tmp_path_factory.mktemp("full") / "data"))
    return opened.data, replay(opened, site.load(opened.site_file), capture[0])


@pytest.fixture
def trial(new_folder, tmp_path):
    """A trial folder with an administrator."""
    return box.open_box(copied(new_folder, tmp_path / "data"))


@pytest.fixture
def here(trial):
    return site.load(trial.site_file)


@pytest.fixture
def replayed(trial, full_folder):
    """Return the rows of the capture's calls, which are now in the trial folder."""
    data, rows = full_folder
    copied(data, trial.data)
    return list(rows)


@pytest.fixture
def chip(trial, monkeypatch):
    """A chip is fitted and named in site.toml."""
    text = trial.site_file.read_text()
    assert '# spi = "0.1"' in text
    trial.site_file.write_text(text + "\n[secrets]\nspi = '0.1'\nbytes = 8192\n")
    SpiDev.chip = FramChip(8192)
    monkeypatch.setitem(sys.modules, "spidev", SimpleNamespace(SpiDev=SpiDev))
    return SpiDev

"""A trial folder, and a capture of the scene."""

import pytest

from appliance import box, policy, site
from appliance.box import Admin, Plan
from firmware_bridge.capture import write_capture
from firmware_bridge.line_player import ScriptSource
from tests.appliance.scene import PASSPHRASE, SCRIPTS, START


@pytest.fixture(scope="session")
def capture(tmp_path_factory):
    """NAME.wav of four lines, and the calls that are in it."""
    path = tmp_path_factory.mktemp("capture") / "four.wav"
    calls = write_capture(path, ScriptSource(SCRIPTS, seed=5), start=START)
    return path, sorted(calls, key=lambda call: call.line)


@pytest.fixture
def trial(tmp_path):
    """A trial folder with an administrator."""
    plan = Plan(policy.profile_text("osan"), Admin("김관리", PASSPHRASE), trial=True)
    box.create(tmp_path / "data", plan, START)
    return box.open_box(tmp_path / "data")


@pytest.fixture
def here(trial):
    return site.load(trial.site_file)

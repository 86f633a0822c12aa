import io

import pytest

from appliance.commands import common
from appliance.commands.common import PassphraseMissing
from tests.appliance.scene import PASSPHRASE


def test_without_a_terminal_the_passphrase_comes_from_the_environment(monkeypatch):
    monkeypatch.delenv("KIROK_PASSPHRASE", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(PassphraseMissing, match="set KIROK_PASSPHRASE"):
        common.ask_passphrase("? ")
    monkeypatch.setenv("KIROK_PASSPHRASE", "")
    with pytest.raises(PassphraseMissing, match="empty"):
        common.ask_passphrase("? ")
    monkeypatch.setenv("KIROK_PASSPHRASE", PASSPHRASE)
    assert common.ask_passphrase("? ", new=True) == PASSPHRASE

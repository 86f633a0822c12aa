import json
from dataclasses import replace

import pytest

from appliance import box, cli, policy
from appliance.box import Admin, Plan
from appliance.clock_anchor import anchored, keep_anchor, read_anchor
from appliance.ledger_walk import ENTRIES
from firmware_bridge.host_clock import look
from tests.appliance.scene import PASSPHRASE, START


@pytest.fixture
def opened(tmp_path):
    """A real folder whose clock was set since it was last believed."""
    plan = Plan(policy.profile_text("osan"), Admin("김관리", PASSPHRASE))
    box.create(tmp_path / "data", plan, START)
    now = look()
    keep_anchor(tmp_path / "data", anchored(replace(now, utc_s=now.utc_s - 86_400), "ntp"))
    return box.open_box(tmp_path / "data")


def run(opened, *arguments):
    return cli.main(["clock", "--data", str(opened.data), *arguments])


def test_a_clock_that_is_not_believed_is_something_wrong(opened, capsys):
    assert run(opened) == 1
    shown = capsys.readouterr().out
    assert "NOT TRUSTED" in shown and "Asia/Seoul" in shown and "--confirm" in shown
    assert run(opened, "--json") == 1
    assert json.loads(capsys.readouterr().out)["quality"] == "stepped"


def test_a_person_confirms_it_and_is_in_the_ledger(opened, capsys):
    assert run(opened, "--confirm", "--as", "김관리", "--yes") == 0
    assert "trusted" in capsys.readouterr().out
    assert read_anchor(opened.data).by == "p1"
    log = (opened.ledger / ENTRIES).read_text()
    assert '"act":"clock_confirmed"' in log and '"person":"p1"' in log
    assert "김관리" not in log
    assert run(opened) == 0


def test_without_a_name_it_is_the_account_and_a_name_that_is_nobodys_is_misuse(opened, capsys):
    assert run(opened, "--confirm", "--as", "김아무", "--yes") == 2
    assert "nobody here is named" in capsys.readouterr().err
    assert run(opened, "--confirm", "--yes") == 0
    assert read_anchor(opened.data).by.startswith("account ")


def test_nothing_is_confirmed_where_nobody_can_be_asked(opened, capsys, monkeypatch):
    with open("/dev/null") as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        assert run(opened, "--confirm") == 2
    assert "--yes" in capsys.readouterr().err
    assert run(opened) == 1


@pytest.mark.parametrize("said, code", [("y", 0), ("", 2), ("n", 2)])
def test_the_time_is_shown_and_asked_for(opened, capsys, monkeypatch, said, code):
    class Terminal:
        def isatty(self):
            return True

    asked = []
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda prompt: asked.append(prompt) or said)
    assert run(opened, "--confirm") == code
    assert asked[0].endswith("(Asia/Seoul). Is it right? [y/N] ")

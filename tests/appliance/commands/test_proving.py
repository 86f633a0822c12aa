import json

from appliance.cli import main
from tests.appliance.scene import START

SINCE = f"{START:%Y-%m-%d}"


def test_the_calls_that_were_heard_are_counted(trial, replayed, capsys):
    assert main(["reconcile", "--data", str(trial.data), "--since", SINCE]) == 0
    assert capsys.readouterr().out == (
        "4 calls heard, 3 recorded, 3 proved, 0 wait for their proof\n"
    )


def test_what_does_not_agree_is_named_and_the_exit_code_is_1(trial, replayed, capsys):
    (trial.vault / replayed[0].reel).unlink()
    assert main(["reconcile", "--data", str(trial.data), "--since", SINCE, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["heard"] == 4
    assert {"call", "wrong"} == set(found["wrong"][0])


def test_a_self_test_needs_a_recorder(trial, capsys):
    assert main(["selftest", "--config", str(trial.site_file)]) == 1
    assert "does not answer" in capsys.readouterr().err

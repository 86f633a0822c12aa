from appliance import cli
from tests.appliance.scene import PASSPHRASE


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


def test_init_makes_a_folder_and_prints_the_sheet_once(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KIROK_PASSPHRASE", PASSPHRASE)
    assert run("init", "--data", tmp_path / "data", "--admin", "김관리", "--trial") == 0
    said = capsys.readouterr().out
    assert "RECOVERY SHEET" in said
    assert "asks once" not in said
    assert run("init", "--data", tmp_path / "data") == 2
    assert "has something in it" in capsys.readouterr().err


def test_init_without_an_administrator_shows_the_one_time_code(tmp_path, capsys):
    assert run("init", "--data", tmp_path / "data", "--policy", "goshogawara") == 0
    assert "The page asks once for this code: " in capsys.readouterr().out

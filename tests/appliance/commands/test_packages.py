import json
import subprocess

import pytest

from appliance import cli
from appliance.commands.packages import language_of
from tests.appliance.scene import PASSPHRASE


@pytest.fixture
def kept(trial, replayed, monkeypatch):
    monkeypatch.setenv("KIROK_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("KIROK_PACKAGE_PASSPHRASE", raising=False)
    return trial, next(row for row in replayed if row.line == 1)


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


def exported(kept, tmp_path, *more):
    box, row = kept
    arguments = ["export", row.id, "--data", box.data, "--out", tmp_path / "out"]
    assert run(*arguments, "--as", "김관리", "--trial", *more) == 0
    return tmp_path / "out" / f"{row.id}.zip"


def test_a_package_is_written_and_found_genuine(kept, tmp_path, capsys):
    package = exported(kept, tmp_path)
    assert capsys.readouterr().out == f"{package}\n"
    assert run("verify", package, "--language", "ko", "--key", kept[0].public_key) == 0
    out = capsys.readouterr().out
    assert out.startswith("진본입니다.")
    assert "입력하신 키와 같습니다" in out


def test_what_does_not_match_is_said_in_json(kept, tmp_path, capsys):
    package = exported(kept, tmp_path)
    data = bytearray(package.read_bytes())
    data[data.index(b"%PDF")] ^= 1
    package.write_bytes(data)
    capsys.readouterr()
    assert run("verify", package, "--json", "--language", "ja") == 1
    value = json.loads(capsys.readouterr().out)
    assert not value["genuine"]
    assert value["mismatches"][0]["name"] == "cover.pdf"
    assert "破損" in value["mismatches"][0]["text"]


def test_what_is_misused(kept, tmp_path, capsys, monkeypatch):
    package = exported(kept, tmp_path)
    box, row = kept
    assert run("verify", tmp_path / "no.zip") == 2
    assert run("verify", tmp_path) == 2
    assert run("verify", package, "--key", "nonsense") == 2
    assert run("verify", package, "--key", tmp_path) == 2
    export = ["export", row.id, "--data", box.data, "--out", tmp_path, "--as", "김관리"]
    monkeypatch.setenv("KIROK_PASSPHRASE", PASSPHRASE)
    assert run(*export, "--request", "7") == 2
    assert "there is no request '7'" in capsys.readouterr().err


def test_a_passphrase_is_made_and_shown_once(kept, tmp_path, capsys, monkeypatch):
    package = exported(kept, tmp_path, "--encrypt")
    said = capsys.readouterr().err.splitlines()[0].split()[-1]
    assert run("verify", package) == 2  # no terminal to ask at
    monkeypatch.setenv("KIROK_PACKAGE_PASSPHRASE", said)
    assert run("verify", package) == 0
    command = ["7z", "t", f"-p{said}", package]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    monkeypatch.setenv("KIROK_PACKAGE_PASSPHRASE", "wrong")
    assert run("verify", package) == 1


def test_a_short_passphrase_is_warned_of(kept, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KIROK_PACKAGE_PASSPHRASE", "short")
    exported(kept, tmp_path, "--encrypt")
    assert "can be guessed" in capsys.readouterr().err


def test_the_language_is_that_of_the_environment():
    assert language_of({"LANG": "ko_KR.UTF-8"}) == "ko"
    assert language_of({"LC_ALL": "ja_JP.UTF-8", "LANG": "ko_KR.UTF-8"}) == "ja"
    assert language_of({"LANG": "C"}) == language_of({}) == language_of({"LANG": "fr"}) == "en"

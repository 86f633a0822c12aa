import os
import subprocess
import sys
from contextlib import suppress

from appliance import box, cli
from tests.appliance.scene import PASSPHRASE
from tests.waiting import wait_for

LIMIT_S = 30.0


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


def test_an_init_that_is_killed_leaves_no_folder_and_the_next_says_so(tmp_path, capsys):
    data = tmp_path / "data"
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writes, bytes(4096))  # nobody reads: it waits where it shows the sheet
    os.set_blocking(writes, True)
    command = [sys.executable, "-m", "appliance", "init", "--data", str(data), "--trial"]
    process = subprocess.Popen(command, stdout=writes)
    wait_for((box.part_of(data) / "ledger" / "head").exists, LIMIT_S)
    assert not data.exists()
    process.kill()
    process.wait()
    os.close(reads)
    os.close(writes)
    assert not data.exists()
    assert run("init", "--data", data, "--trial") == 0
    said = capsys.readouterr().out
    assert "opens nothing: destroy it" in said
    assert said.index("RECOVERY SHEET") < said.index("made, policy osan")
    assert run("init", "--data", tmp_path / "another", "--trial") == 0
    assert "destroy it" not in capsys.readouterr().out


def test_init_without_an_administrator_shows_the_one_time_code(tmp_path, capsys):
    assert run("init", "--data", tmp_path / "data", "--policy", "goshogawara") == 0
    assert "The page asks once for this code: " in capsys.readouterr().out


def test_init_writes_the_sheet_as_a_pdf_of_its_owners_alone(tmp_path, capsys):
    pdf = tmp_path / "sheet.pdf"
    assert run("init", "--data", tmp_path / "data", "--sheet", pdf) == 0
    assert "delete the file" in capsys.readouterr().out
    assert pdf.read_bytes().startswith(b"%PDF-1.7")
    assert pdf.stat().st_mode & 0o777 == 0o600


def test_a_sheet_that_cannot_be_written_leaves_no_folder(tmp_path, capsys):
    (tmp_path / "taken.pdf").touch()
    for name, says in (
        ("data/sheet.pdf", "must not be kept on the box"),
        ("data/keys/../../data/sheet.pdf", "must not be kept on the box"),
        ("taken.pdf", "is there already"),
        ("nowhere/sheet.pdf", "is no folder"),
    ):
        assert run("init", "--data", tmp_path / "data", "--sheet", tmp_path / name) == 2
        assert says in capsys.readouterr().err
        assert not (tmp_path / "data").exists()

import json
import subprocess
import wave
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from appliance import cli
from appliance.api import NoSuchCall
from appliance.export import NotAllowed, export
from appliance.keys import WrongPassphrase
from appliance.replay import replay
from firmware_bridge.capture import Capture
from tests.appliance.scene import PASSPHRASE, START

ADMIN = ("김관리", PASSPHRASE)


@pytest.fixture
def kept(trial, here, capture):
    rows = replay(trial, here, capture[0])
    return trial, next(row for row in rows if row.line == 1)


@pytest.fixture
def unpacked(kept, tmp_path):
    box, row = kept
    package = export(box, row.id, tmp_path / "out", ADMIN, START)
    with zipfile.ZipFile(package) as zipped:
        zipped.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked", row


def check(folder, *command):
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def genuine(folder):
    sums = check(folder, "sha256sum", "--check", "--strict", "MANIFEST")
    verify = "openssl pkeyutl -verify -pubin -inkey box.pub -rawin -in MANIFEST"
    signature = check(folder, *verify.split(), "-sigfile", "MANIFEST.sig")
    return sums == 0 and signature == 0


def test_the_readmes_commands_find_it_genuine(unpacked):
    folder, row = unpacked
    assert genuine(folder)
    readme = (folder / "README").read_text()
    assert "sha256sum --check MANIFEST" in readme
    assert row.id in readme


@pytest.mark.parametrize("spoil", ["CALL.opus", "CALL.wav", "record.json", "MANIFEST", "README"])
def test_a_changed_byte_is_found(unpacked, spoil):
    folder, row = unpacked
    path = folder / spoil.replace("CALL", row.id)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert not genuine(folder)


def test_the_wav_is_what_was_spoken(unpacked, capture):
    folder, row = unpacked
    with wave.open(str(folder / f"{row.id}.wav")) as file:
        audio = np.frombuffer(file.readframes(-1), "<i2")
    with Capture(capture[0]) as lines:
        spoken, _ = lines.read(60_000)
    at = round((row.answer - START).total_seconds() * 8000)
    assert len(audio) == row.audio_samples
    assert np.corrcoef(audio, spoken[0, at : at + len(audio)])[0, 1] > 0.9


def test_the_opus_file_is_as_long_as_the_call(unpacked):
    folder, row = unpacked
    decoded = subprocess.run(
        ["opusdec", "--quiet", "--rate", "8000", f"{row.id}.opus", "out.raw"],
        cwd=folder,
        check=False,
    )
    assert decoded.returncode == 0
    assert (folder / "out.raw").stat().st_size == 2 * row.audio_samples


def test_the_facts_are_the_calls(unpacked):
    folder, row = unpacked
    assert json.loads((folder / "record.json").read_text()) == json.loads(json.dumps(row.as_json()))


def test_who_took_it_out_is_in_the_ledger(kept, tmp_path):
    box, row = kept
    export(box, row.id, tmp_path / "out", ADMIN, START)
    entries = [line for line in (box.ledger / "entries.log").read_text().splitlines()]
    (entry,) = [line for line in entries if '"act":"export"' in line]
    assert row.id in entry
    assert "p1" in entry


@pytest.mark.parametrize("person", [("김관리", "wrong"), ("nobody", PASSPHRASE)])
def test_a_wrong_passphrase_opens_nothing(kept, tmp_path, person):
    box, row = kept
    with pytest.raises(WrongPassphrase):
        export(box, row.id, tmp_path / "out", person, START)
    assert not (tmp_path / "out").exists()
    assert '"act":"export"' not in (box.ledger / "entries.log").read_text()


def test_a_real_folder_is_refused(kept, tmp_path):
    box, row = kept
    with pytest.raises(NotAllowed, match="approved request"):
        export(replace(box, trial=False), row.id, tmp_path / "out", ADMIN, START)


def test_a_call_that_is_not_there_or_not_recorded(kept, here, capture, tmp_path):
    box, _ = kept
    with pytest.raises(NoSuchCall):
        export(box, "01JD0000000000000000000000", tmp_path / "out", ADMIN, START)
    missed = next(row for row in replay(box, here, capture[0]) if not row.recorded)
    with pytest.raises(NoSuchCall):
        export(box, missed.id, tmp_path / "out", ADMIN, START)


def test_the_command(kept, tmp_path, monkeypatch, capsys):
    box, row = kept
    monkeypatch.setenv("KIROK_PASSPHRASE", PASSPHRASE)
    arguments = ["export", row.id, "--data", str(box.data), "--out", str(tmp_path / "out")]
    assert cli.main([*arguments, "--as", "김관리", "--trial"]) == 0
    assert (tmp_path / "out" / f"{row.id}.zip").exists()
    assert str(tmp_path / "out") in capsys.readouterr().out
    monkeypatch.setenv("KIROK_PASSPHRASE", "wrong")
    assert cli.main([*arguments, "--as", "김관리", "--trial"]) == 2
    assert cli.main([*arguments, "--as", "김관리", "--request", "7"]) == 2

import json
import subprocess
import wave
import zipfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import numpy as np
import pytest

from appliance import call_entry
from appliance.api import NoSuchCall
from appliance.call_row import FixedClock
from appliance.control import METHODS, ControlServer
from appliance.engine import Engine, open_parts
from appliance.export import NotAllowed, Taker, export, new_package_pass
from appliance.index import CallIndex
from appliance.keys import WrongPassphrase
from appliance.ledger_walk import read_entry
from appliance.package.verify import verify
from appliance.playback import CannotOpen
from appliance.service import Service
from dsp.g711 import decode
from firmware_bridge.capture import Capture
from tests import fax
from tests.appliance.scene import PASSPHRASE, START
from tests.appliance.test_service import some_duties

ADMIN = Taker("김관리", PASSPHRASE)


@pytest.fixture
def kept(trial, replayed):
    return trial, next(row for row in replayed if row.line == 1)


@pytest.fixture
def unpacked(kept, tmp_path):
    box, row = kept
    package = export(box, row.id, tmp_path / "out", ADMIN, START)
    with zipfile.ZipFile(package) as zipped:
        zipped.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked", row


def genuine(folder):
    """Run what the README prints, line by line, in the unpacked folder."""
    lines = (folder / "README").read_text().splitlines()
    commands = [line.strip() for line in lines if line.startswith("    ")]
    assert [c.split()[0] for c in commands].count("openssl") == 2
    runs = [
        subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=False)
        for command in commands
        if not command.startswith("kirok")
    ]
    return all(run.returncode == 0 for run in runs)


def test_the_readmes_commands_find_it_genuine(unpacked):
    folder, row = unpacked
    assert genuine(folder)
    assert row.id in (folder / "README").read_text()


def test_a_machines_call_goes_out_in_two_parts(trial, here, tmp_path):
    row = fax.recorded(trial, here)
    assert ("data_tone", "answer") in [(e["kind"], e.get("name")) for e in row.events]
    assert row.proof == "verified"
    package = export(trial, row.id, tmp_path / "out", ADMIN, START)
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(package) as zipped:
        zipped.extractall(folder)
    assert genuine(folder)
    assert f"{row.id}.al" in (folder / "README").read_text()
    with wave.open(str(folder / f"{row.id}.wav")) as file:
        heard = np.frombuffer(file.readframes(-1), "<i2")
    alaw = decode((folder / f"{row.id}.al").read_bytes())

    assert len(heard) == row.audio_samples
    at = next(n for n in range(len(heard)) if np.array_equal(heard[n : n + 800], alaw[:800]))
    assert np.array_equal(heard[at:], alaw[: len(heard) - at])
    (folder / f"{row.id}.al").unlink()
    assert not genuine(folder)


SPOILT = ["CALL.opus", "CALL.wav", "record.json", "MANIFEST", "cover.pdf", "ledger/head"]


@pytest.mark.parametrize("spoil", SPOILT)
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


@pytest.mark.parametrize("person", [Taker("김관리", "wrong"), Taker("nobody", PASSPHRASE)])
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


def test_a_call_that_is_not_there_or_not_recorded(kept, replayed, tmp_path):
    box, _ = kept
    with pytest.raises(NoSuchCall):
        export(box, "01JD0000000000000000000000", tmp_path / "out", ADMIN, START)
    missed = next(row for row in replayed if not row.recorded)
    with pytest.raises(NoSuchCall):
        export(box, missed.id, tmp_path / "out", ADMIN, START)


def test_the_program_of_the_readme_finds_what_the_ledger_does_not_know(unpacked):
    folder, _ = unpacked
    for name in ("record.json", "ledger/call.json", "ledger/package.tlog-proof", "ledger/head"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:-3] + b"x" + whole[-2:])
        command = ["python3", "ledger/check.txt"]
        assert subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode
        (folder / name).write_bytes(whole)


def test_it_is_entered_before_it_is_handed_out(kept, tmp_path):
    box, row = kept
    package = export(box, row.id, tmp_path / "out", ADMIN, START)
    entries = [read_entry(line) for line in (box.ledger / "entries.log").read_bytes().splitlines()]
    (entry,) = [entry for entry in entries if entry.act == "package"]
    with zipfile.ZipFile(package) as zipped:
        sums = {
            part: sha256(zipped.read(f"{row.id}.{part}")).hexdigest() for part in ("opus", "wav")
        }
    assert {part: entry.facts[part] for part in sums} == sums
    (opened,) = [each.index for each in entries if each.act == "export"]
    assert opened < entry.index


def test_the_recorder_does_it_while_it_runs(kept, here, tmp_path):
    box, row = kept
    with (
        Engine(box, here, FixedClock(START)) as engine,
        CallIndex.open_readonly(box.index) as index,
    ):
        service = Service(engine.writer, index, box.policy, engine.alarms, some_duties())
        service.publish(engine.recorder.status())
        with ControlServer(box.socket, service, lambda _: METHODS):
            package = export(box, row.id, tmp_path / "out", ADMIN, START)
    assert verify(package, None, START + timedelta(days=400)).genuine


def test_a_call_that_was_cut_off_goes_out_without_commitments(kept, tmp_path):
    """Its key was lost before its entry: the sums alone bind the sound."""
    box, row = kept
    with open_parts(box) as parts:
        entry = parts.ledger.append("recovered", **call_entry.facts(row))
        parts.index.put(replace(row, entry=entry))
    report = verify(export(box, row.id, tmp_path, ADMIN, START), None, START + timedelta(days=400))
    assert (report.genuine, report.sound_bound) == (True, False)


def test_an_entry_that_was_tampered_with_proves_nothing(kept, tmp_path):
    box, row = kept
    log = box.ledger / "entries.log"
    log.write_bytes(log.read_bytes().replace(b'"init"', b'"tini"', 1))
    with pytest.raises(CannotOpen, match="ledger verify"):
        export(box, row.id, tmp_path, ADMIN, START)
    assert not list(tmp_path.glob("*.zip"))


def test_a_made_passphrase_has_100_bits():
    made = {new_package_pass() for _ in range(50)}
    assert len(made) == 50
    assert all(len(each) == 24 and not set(each) & set("il1o0") for each in made)

import base64
import json

import pytest

from appliance import checkpoint, cli, keys, tlog_proof
from appliance.engine import open_parts
from appliance.merkle import verify_consistency


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


@pytest.fixture
def key(trial):
    return keys.public_key_from_text(trial.public_key)


def grow(trial, count=3):
    with open_parts(trial) as parts:
        for number in range(count):
            parts.ledger.append("listen", n=number)


def test_a_sound_ledger_is_said_to_be(trial, capsys):
    assert run("ledger", "verify", "--data", trial.data) == 0
    assert capsys.readouterr().out == "the ledger is whole and signed\n"
    assert run("ledger", "verify", "--data", trial.data, "--json") == 0
    assert capsys.readouterr().out == ""


def test_an_index_that_cannot_be_read_is_told_with_its_remedy(trial, capsys):
    trial.index.write_bytes(trial.index.read_bytes()[:100] + b"\xff" * 8000)
    assert run("ledger", "verify", "--data", trial.data) == 0
    told = capsys.readouterr()
    assert told.out == "the ledger is whole and signed\n"
    assert "cannot be compared" in told.err and "restart the recorder" in told.err


def test_what_is_wrong_is_named(trial, capsys):
    log = trial.ledger / "entries.log"
    log.write_bytes(log.read_bytes().replace(b'"init"', b'"tini"', 1))
    assert run("ledger", "verify", "--data", trial.data) == 1
    assert "damaged: entry 0" in capsys.readouterr().out
    assert run("ledger", "verify", "--data", trial.data, "--json") == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found[0]["what"] == "damaged"


def test_a_head_is_taken_away_and_continued(trial, tmp_path, capsys):
    assert run("ledger", "head", "--data", trial.data) == 0
    assert capsys.readouterr().out == (trial.ledger / "head").read_text()
    old = {path: path.read_bytes() for path in trial.ledger.iterdir()}
    assert run("ledger", "head", "--data", trial.data, "--out", tmp_path / "early") == 0
    grow(trial)
    assert run("ledger", "head", "--data", trial.data, "--out", tmp_path / "late") == 0
    verify = ["ledger", "verify", "--data", trial.data, "--head"]
    capsys.readouterr()
    assert run(*verify, tmp_path / "early", tmp_path / "late") == 0
    assert "continues the 2 heads" in capsys.readouterr().out
    for path, content in old.items():
        path.write_bytes(content)
    assert run(*verify, tmp_path / "early", tmp_path / "late") == 1
    assert f"{tmp_path / 'late'}, taken away before" in capsys.readouterr().out
    assert run(*verify, tmp_path / "nothing") == 2


def test_entries_and_growth_are_proved(trial, tmp_path, capsys, key):
    run("ledger", "head", "--data", trial.data, "--out", tmp_path / "early")
    grow(trial)
    prove = ["ledger", "prove", "--data", trial.data]
    capsys.readouterr()
    assert run(*prove, "--entry", 0) == 0
    assert tlog_proof.read(capsys.readouterr().out).index == 0
    assert run(*prove, "--since", tmp_path / "early") == 0
    hashes, note = capsys.readouterr().out.split("\n\n", 1)
    early = checkpoint.read((tmp_path / "early").read_text(), key)
    late = checkpoint.read(note, key)
    proof = [base64.b64decode(line) for line in hashes.split()]
    assert verify_consistency(early.size, late.size, proof, early.root, late.root)
    assert run(*prove, "--entry", 9999) == 1
    assert run(*prove, "--since", tmp_path) == 2

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.agreement import Agreement, unproved
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.vault.day_secrets import DaySecrets
from tests.appliance.scene import START
from tests.appliance.test_index import row


@pytest.fixture
def recorded(trial, replayed):
    with CallIndex.open_readonly(trial.index) as index:
        return [one for one in index.search(CallQuery(limit=None)) if one.recorded]


def test_calls_as_they_were_written_agree(trial, recorded):
    agreement = Agreement(trial)
    assert [agreement.wrong(row) for row in recorded] == ["", "", ""]


def test_a_reel_that_is_missing_is_named(trial, recorded):
    (trial.vault / recorded[0].reel).unlink()
    assert Agreement(trial).wrong(recorded[0]) == f"its reel {recorded[0].reel} is missing"


def test_a_flipped_byte_is_found(trial, recorded):
    reel = trial.vault / recorded[0].reel
    data = bytearray(reel.read_bytes())
    data[recorded[0].last_offset - 40] ^= 1
    reel.write_bytes(data)
    assert [bool(Agreement(trial).wrong(row)) for row in recorded].count(True) >= 1


def test_a_chain_that_is_another_calls_is_found(trial, recorded):
    other = replace(recorded[0], chain="00" * 32)
    assert Agreement(trial).wrong(other) == "its chain is not the one in the index"


def test_a_key_that_is_missing_is_found(trial, recorded):
    day = recorded[0].day
    DaySecrets(trial.secrets).destroy(day)
    assert "secret" in Agreement(trial).wrong(recorded[0])
    assert Agreement(trial).wrong(replace(recorded[0], erased=START)) == ""


RECORDED = {"audio_samples": 80_000, "end": START + timedelta(seconds=10)}


@pytest.mark.parametrize(
    "facts, wrong",
    [
        ({**RECORDED, "proof": "verified"}, ""),
        ({**RECORDED, "proof": "pending"}, ""),
        ({**RECORDED, "proof": "failed", "proof_note": "second 3"}, "its proof failed: second 3"),
        ({**RECORDED, "proof": "none"}, "its proof none: "),
        ({"why": "missed", "end": START + timedelta(seconds=10)}, ""),
        ({"why": "full"}, ""),  # it goes on
        (
            {"why": "full", "answer": START, "end": START + timedelta(seconds=10)},
            "it was to be recorded, and there is no audio of it",
        ),
        ({"why": "full", "answer": START, "end": START + timedelta(seconds=0.5)}, ""),
        ({"why": "not_asked", "answer": START, "end": START + timedelta(seconds=10)}, ""),
        (
            {
                "why": "key",
                "end": START + timedelta(seconds=10),
                "stretches": [{"at_s": 2.0, "audio_s": 0.0, "until_s": 7.5}],
            },
            "it was to be recorded, and there is no audio of it",
        ),
    ],
)
def test_what_a_row_lacks(facts, wrong):
    assert unproved(replace(row(1), **facts)) == wrong

"""A box whose day secrets are in a chip does what one with files does."""

import pytest

from appliance.engine import open_parts
from appliance.index import CallIndex
from appliance.replay import replay
from appliance.vault.key_table import NAME as KEYS
from tests.appliance.commands.test_retention import DUE, run
from tests.doctored import wrong

DAY = "2026-11-23"


def rows_of(trial):
    with CallIndex.open_readonly(trial.index) as index:
        return {row.id: row for row in index.since_row(0)}


@pytest.fixture
def recorded(trial, here, capture, chip):
    replay(trial, here, capture[0])
    return rows_of(trial)


def test_calls_are_recorded_and_proved_and_doctor_finds_nothing(trial, recorded, chip):
    assert not list(trial.secrets.iterdir()) and any(chip.chip.memory)
    assert {row.proof for row in recorded.values() if row.recorded} == {"verified"}
    assert wrong(trial.data, "with room for") == []  # 8 KiB are small for 90 days


def test_a_table_that_is_damaged_is_named(trial, recorded):
    table = trial.vault / DAY / KEYS
    data = bytearray(table.read_bytes())
    data[-40] ^= 1
    table.write_bytes(data)
    assert any(
        f"{table}: " in what and "damaged" in what
        for what in (found.what for found in wrong(trial.data))
    )


def test_calls_whose_entry_and_row_are_lost_are_found_by_their_keys(trial, recorded):
    """What a power cut during a call leaves: a key and sound."""
    (row,) = [r for r in recorded.values() if r.digits]
    entries = trial.ledger / "entries.log"
    lines = entries.read_bytes().splitlines(keepends=True)
    entries.write_bytes(b"".join(line for line in lines if row.id.encode() not in line))
    trial.index.unlink()
    with open_parts(trial) as parts:
        assert ("index_rebuilt", "") in parts.troubles
    assert rows_of(trial)[row.id].reel == row.reel


def test_what_is_due_is_erased_and_the_secret_is_written_over(trial, recorded, chip):
    before = bytes(chip.chip.memory)
    with open_parts(trial) as parts:
        secret = parts.secrets.read(DAY)
    assert secret in before
    assert run("retention", "--data", trial.data, "--now", DUE) == 0
    assert secret not in chip.chip.memory
    assert all(row.erased for row in rows_of(trial).values())

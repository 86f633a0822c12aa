import pytest

from appliance import ulid
from appliance.engine import open_parts
from appliance.kept_days import lost
from appliance.vault.key_table import KeyTable


def found(trial):
    with open_parts(trial) as parts:
        return parts.troubles


def test_of_days_that_are_whole_nothing_is_said(trial, replayed):
    assert found(trial) == []


@pytest.mark.parametrize(
    ("name", "left", "alarm"),
    [
        ("secrets/DAY.secret", None, "key_damaged"),
        ("secrets/DAY.secret", 30, "key_damaged"),
        ("vault/DAY/keys.db", None, "key_damaged"),
        ("vault/DAY/keys.db", 64, "key_damaged"),
        ("vault/DAY/keys.db", 900, "key_damaged"),
        ("vault/DAY/000.reel", None, "vault_damaged"),
        ("vault/DAY/000.reel", 2000, "vault_damaged"),
    ],
)
def test_a_day_of_which_something_is_lost_is_an_alarm_at_each_start(
    trial, replayed, name, left, alarm
):
    day = replayed[0].day
    path = trial.data / name.replace("DAY", day)
    if left is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:left])
    assert found(trial) == found(trial) == [(alarm, day)]


def test_a_last_key_of_which_a_part_is_left_or_that_another_secret_opens_is_lost(trial, replayed):
    day = replayed[0].day
    table = trial.vault / day / "keys.db"
    whole = table.read_bytes()
    (last,) = {row.id for row in replayed if row.id == max(row.id for row in replayed)}
    first = whole.index(ulid.to_bytes(last)) - 12
    table.write_bytes(whole[: first + 41])
    assert found(trial) == [("key_damaged", day)]
    with open_parts(trial) as parts:
        other = KeyTable(make_folder(trial.data / "other" / day), bytes(32))
        other.add(last, b"an age file")
        other.close()
        table.write_bytes(other.path.read_bytes())
        assert list(lost(trial.vault, parts.secrets, parts.index)) == [("key_damaged", day)]
        table.write_bytes(whole)
        assert list(lost(trial.vault, parts.secrets, parts.index)) == []


def make_folder(path):
    path.mkdir(parents=True)
    return path


def test_a_reel_that_is_none_or_another_days_is_an_alarm(trial, replayed):
    day = replayed[0].day
    reel = trial.vault / day / "000.reel"
    whole = reel.read_bytes()
    for spoilt in (bytes(len(whole)), whole.replace(day.encode(), b"2026-11-22", 1)):
        reel.write_bytes(spoilt)
        assert found(trial) == [("vault_damaged", day)]


def test_a_day_that_is_being_erased_is_not_lost(trial, replayed):
    with open_parts(trial) as parts:
        parts.index.begin_erasing([row.id for row in replayed], "expired")
        parts.secrets.destroy(replayed[0].day)
        assert list(lost(trial.vault, parts.secrets, parts.index)) == []
        assert parts.index.being_erased()

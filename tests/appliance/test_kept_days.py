import pytest

from appliance.engine import open_parts
from appliance.kept_days import lost


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

import stat

import pytest

from appliance.vault.day_secrets import DaySecrets, SecretDamaged, SecretGone, whole_copies
from tests.faults import FaultyDisk, PowerCut

DAY = "2026-11-23"


@pytest.fixture
def store(tmp_path):
    return DaySecrets(tmp_path)


def test_a_secret_is_made_once_and_stays(store, tmp_path):
    secret = store.get(DAY)
    assert len(secret) == 32 and any(secret)
    assert store.get(DAY) == secret == DaySecrets(tmp_path).read(DAY)
    assert store.get("2026-11-24") != secret
    path = tmp_path / f"{DAY}.secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size == 80


def test_what_was_never_made_or_is_destroyed_is_gone(store, tmp_path):
    with pytest.raises(SecretGone):
        store.read(DAY)
    store.get(DAY)
    store.stage(DAY)
    store.destroy(DAY)
    assert not list(tmp_path.iterdir())
    with pytest.raises(SecretGone):
        store.read(DAY)
    store.destroy(DAY)


def test_destroying_writes_over_the_same_file(store, tmp_path):
    store.get(DAY)
    link = tmp_path / "link"
    link.hardlink_to(tmp_path / f"{DAY}.secret")
    store.destroy(DAY)
    assert link.read_bytes() == bytes(80)


def test_turning_puts_the_staged_secret_in_its_place(store, tmp_path):
    old = store.get(DAY)
    link = tmp_path / "link"
    link.hardlink_to(tmp_path / f"{DAY}.secret")
    staged = store.stage(DAY)
    assert (store.read(DAY), store.staged(DAY)) == (old, staged)
    store.turn(DAY)
    assert (store.read(DAY), store.staged(DAY)) == (staged, None)
    assert link.read_bytes() == bytes(80)


def test_turning_without_a_staged_secret_changes_nothing(store):
    old = store.get(DAY)
    with pytest.raises(SecretGone):
        store.turn(DAY)
    assert store.read(DAY) == old


def test_staging_again_and_dropping(store):
    store.get(DAY)
    first = store.stage(DAY)
    assert store.stage(DAY) != first
    store.drop(DAY)
    assert store.staged(DAY) is None


@pytest.mark.parametrize("at", range(80))
def test_one_bad_or_lost_byte_costs_nothing(store, tmp_path, at):
    secret = store.get(DAY)
    path = tmp_path / f"{DAY}.secret"
    data = path.read_bytes()
    for spoilt in (
        data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :],
        data[:at] + data[at + 1 :],
    ):
        path.write_bytes(spoilt)
        assert store.read(DAY) == secret


def test_more_damage_is_said_and_not_taken_for_a_new_day(store, tmp_path):
    store.get(DAY)
    path = tmp_path / f"{DAY}.secret"
    for spoilt in (b"", b"x", b"x" * 80):
        path.write_bytes(spoilt or b"\1")
        with pytest.raises(SecretDamaged):
            store.get(DAY)


def test_of_half_a_file_one_copy_is_left(store, tmp_path):
    store.get(DAY)
    path = tmp_path / f"{DAY}.secret"
    assert whole_copies(path) == 2
    path.write_bytes(path.read_bytes()[:40])
    assert whole_copies(path) == 1


@pytest.mark.parametrize("day", ["../x", "", "2026/11", "A", "x" * 17])
def test_names_that_are_no_days_are_refused(store, day):
    with pytest.raises(ValueError, match="not the name of a day"):
        store.get(day)


def test_a_wrong_path_begins_no_store(tmp_path):
    with pytest.raises(FileNotFoundError):
        DaySecrets(tmp_path / "no")


@pytest.mark.parametrize("error", [OSError("disk"), PowerCut()])
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("call", range(6))
def test_destroying_cut_short_never_leaves_half_a_secret(tmp_path, call, done, error):
    secret = DaySecrets(tmp_path).get(DAY)
    # For the secret: open, write, fsync, unlink, open, fsync; the staged one costs an open before.
    disk = FaultyDisk(call + 1, error, done=done)
    with pytest.raises(type(error)):
        DaySecrets(tmp_path, disk=disk).destroy(DAY)
    again = DaySecrets(tmp_path)
    try:
        assert again.read(DAY) == secret
        assert call < 2
    except SecretGone:
        assert call > 0
    again.destroy(DAY)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("call", range(6))
def test_turning_cut_short_is_done_again(tmp_path, call, done):
    store = DaySecrets(tmp_path)
    old = store.get(DAY)
    staged = store.stage(DAY)
    with pytest.raises(OSError, match="disk"):
        DaySecrets(tmp_path, disk=FaultyDisk(call, done=done)).turn(DAY)
    again = DaySecrets(tmp_path)
    if again.staged(DAY) is None:
        assert again.read(DAY) == staged
    else:
        again.turn(DAY)
    assert again.read(DAY) == staged != old

import pytest

from appliance.vault.day_secrets import DaySecrets, SecretGone
from appliance.vault.erase import erase_day
from appliance.vault.key_table import KeyTable
from appliance.vault.reel import ReelWriter
from tests.faults import FaultyDisk, PowerCut

DAY = "2026-11-23"


@pytest.fixture
def vault(tmp_path):
    """Two days, each with a reel and keys."""
    for name in ("vault", "secrets"):
        (tmp_path / name).mkdir()
    secrets = DaySecrets(tmp_path / "secrets")
    for day in (DAY, "2026-11-24"):
        ReelWriter(tmp_path / "vault", day, "box").close()
        KeyTable(tmp_path / "vault" / day, secrets.get(day)).close()
    return tmp_path / "vault"


@pytest.fixture
def secrets(vault):
    return DaySecrets(vault.parent / "secrets")


def gone(vault, secrets):
    with pytest.raises(SecretGone):
        secrets.read(DAY)
    return not (vault / DAY).exists()


def test_a_day_goes_and_the_next_stays(vault, secrets):
    erase_day(vault, DAY, secrets)
    assert gone(vault, secrets)
    assert secrets.read("2026-11-24")
    assert (vault / "2026-11-24" / "000.reel").exists()


def test_what_is_gone_stays_gone(vault, secrets):
    erase_day(vault, DAY, secrets)
    erase_day(vault, DAY, secrets)
    erase_day(vault, "2020-01-01", secrets)
    assert gone(vault, secrets)


def test_the_secret_goes_before_the_files(vault):
    disk = FaultyDisk(0, only="rmdir")
    secrets = DaySecrets(vault.parent / "secrets", disk=disk)
    with pytest.raises(OSError, match="disk"):
        erase_day(vault, DAY, secrets, disk=disk)
    names = [name for name in disk.calls if name in ("fsync", "unlink", "rmdir")]
    # over it, and its name gone from the folder; then keys.db, the reel and the folder
    assert names == ["fsync", "unlink", "fsync", "unlink", "unlink", "rmdir"]


def test_files_left_by_a_cut_go_too(vault, secrets):
    (vault / DAY / ".keys.db.part").write_bytes(b"x")
    (vault / DAY / "keys.db.lost-0").write_bytes(b"x")
    erase_day(vault, DAY, secrets)
    assert gone(vault, secrets)


@pytest.mark.parametrize("day", ["..", "../vault", ""])
def test_only_a_day_can_be_erased(vault, secrets, day):
    with pytest.raises(ValueError, match="not the name of a day"):
        erase_day(vault, day, secrets)


@pytest.mark.parametrize("error", [OSError("disk"), PowerCut()])
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("call", range(12))
def test_cut_short_anywhere_it_is_finished_by_doing_it_again(vault, call, done, error):
    disk = FaultyDisk(call, error, done=done)
    faulty = DaySecrets(vault.parent / "secrets", disk=disk)
    with pytest.raises(type(error)):
        erase_day(vault, DAY, faulty, disk=disk)
    secrets = DaySecrets(vault.parent / "secrets")
    if list((vault / DAY).glob("*.reel")) == []:
        with pytest.raises(SecretGone):
            secrets.read(DAY)  # no reel is gone before its secret
    erase_day(vault, DAY, secrets)
    assert gone(vault, secrets)

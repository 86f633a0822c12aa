import subprocess

import pytest

from appliance import key_check, keys
from appliance.box import fixed_files
from appliance.registry import Registry
from appliance.registry_storage import spare_of
from tests.appliance.scene import PASSPHRASE, START


def found(box, level, stores=(), swaps=()):
    found = key_check.examine(box, stores, lambda: list(swaps))
    return [what for got, what, _ in found if got == level]


def another_key(box):
    box.signing_key.unlink()
    keys.create_signing_key(box.signing_key)


def both_registries(box):
    for path in (box.registry, spare_of(box.registry)):
        path.write_text("{")


def test_a_new_folder_is_fine(trial):
    assert [level for level, _, _ in key_check.examine(trial, (), list) if level != "fine"] == []
    assert f"the signing key is a file, {trial.keys / 'box.key'}" in found(trial, "fine")
    assert "who can open the recordings: 1" in found(trial, "fine")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda box: box.signing_key.chmod(0o640), "can be read by others"),
        (lambda box: box.signing_key.unlink(), "box.key is missing"),
        (lambda box: box.signing_key.write_text("x"), "the signing key cannot be read"),
        (another_key, "is not the key that box.toml names"),
        (lambda box: box.sealed_identity.unlink(), "vault.recovery.age is missing"),
        (both_registries, "is not JSON"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(trial, spoil, says):
    spoil(trial)
    (wrong,) = [one for one in key_check.examine(trial, (), list) if one[0] == "wrong"]
    assert says in wrong[1]
    assert wrong[2]


def test_it_says_where_a_credential_comes_from(trial, tmp_path, monkeypatch):
    path = trial.signing_key
    path.rename(tmp_path / "box.key")
    assert found(trial, "fine", (tmp_path / "none", tmp_path))[0] == (
        f"the signing key is a systemd credential, {tmp_path / 'box.key'}"
    )
    (trial.data / "spare" / "box.key").unlink()  # as the recorder does
    assert all(one.path != path for one in fixed_files(trial)), "root sees no credential"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert "is a systemd credential" in found(trial, "fine")[0]


def test_a_folder_nobody_can_open_and_a_wrap_of_an_older_cost_are_noted(trial, monkeypatch):
    registry = Registry(trial.registry)
    monkeypatch.setattr(keys, "ARGON2_TIME_COST", 1)
    old = keys.wrap_secret(b"x", PASSPHRASE)
    monkeypatch.undo()
    registry.rewrap("p1", old)
    assert found(trial, "note") == ["김관리's key is wrapped at an older cost"]
    registry.remove("p1", str(START), last_too=True)
    registry.close()
    assert found(trial, "note") == ["nobody has a passphrase yet"]


def test_memory_that_swap_may_put_on_a_disk_is_noted(trial):
    (trial.run / "web.pid").write_text("no number")
    assert found(trial, "note", swaps=["/var/swap"]) == []
    with subprocess.Popen(["sleep", "60"]) as other:  # another process: what we locked is our own
        (trial.run / "record.pid").write_text(f"{other.pid}\n")
        notes = found(trial, "note", swaps=["/var/swap"])
        other.kill()
    assert notes == ["the memory of kirok-record may be written to /var/swap in clear"]

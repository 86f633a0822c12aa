"""What is whose in a folder of three services; that it holds, test_three_users.py."""

import os
import shutil
import stat

import pytest

from appliance import owners
from appliance.box import PAGE
from appliance.control import METHODS
from appliance.owners import Owner, Users, owner_of
from appliance.stand_in import StandIn
from tests.another_user import needs_root, pass_through

USERS = Users(record=1, web=2, watch=3, group=10, makers=11)


@pytest.mark.parametrize(
    "name, folder, want",
    [
        (".", True, Owner(0, 11, 0o1771)),
        ("site.toml", False, Owner(0, 10, 0o640)),
        ("box.toml", False, Owner(1, 10, 0o640)),
        ("calls.db-shm", False, Owner(1, 10, 0o640)),
        ("vault", True, Owner(1, 10, 0o750)),
        ("vault/2026-11-23/000.reel", False, Owner(1, 10, 0o640)),
        ("secrets", True, Owner(1, 10, 0o700)),
        ("secrets/2026-11-23.secret", False, Owner(1, 10, 0o600)),
        ("keys/box.key", False, Owner(1, 10, 0o600)),
        ("spare/box.key", False, Owner(1, 10, 0o600)),
        ("spare/box.toml", False, Owner(1, 10, 0o640)),
        ("page", True, Owner(2, 10, 0o700)),
        ("page/registry.json", False, Owner(2, 10, 0o600)),
        ("pages", True, Owner(1, 10, 0o750)),
        ("watch", True, Owner(3, 10, 0o750)),
        ("watch/shown.json", False, Owner(3, 10, 0o640)),
        ("run", True, Owner(1, 10, 0o750)),
        ("run/web.pid", False, Owner(2, 10, 0o640)),
        ("run/watch.pid", False, Owner(3, 10, 0o640)),
        ("run/record.pid", False, Owner(1, 10, 0o640)),
    ],
)
def test_each_part_has_an_owner_and_a_mode(name, folder, want):
    assert owner_of(name, USERS, folder=folder) == want


def owner(path):
    found = path.lstat()
    return Owner(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))


@needs_root
def test_a_folder_is_given_and_what_root_made_in_it_since_is_found(trial):
    assert not owners.is_shared(trial.data)
    owners.give(trial.data, USERS)
    assert owners.is_shared(trial.data)
    assert list(owners.strangers(trial.data, USERS)) == []
    assert owner(trial.data) == Owner(0, 11, 0o1771)
    assert owner(trial.registry) == Owner(2, 10, 0o600)
    assert owner(trial.index) == Owner(1, 10, 0o640)
    assert owner(trial.run / "web.pid") == Owner(2, 10, 0o640)
    (trial.vault / "2026-11-23").mkdir()
    (trial.page / "left").touch()
    strange = {trial.vault / "2026-11-23", trial.page / "left"}
    assert set(owners.strangers(trial.data, USERS)) == strange
    owners.give(trial.data, USERS)
    assert list(owners.strangers(trial.data, USERS)) == []


@needs_root
def test_a_link_of_a_services_gives_nothing_away(trial, tmp_path):
    passwords, elsewhere = tmp_path / "shadow", tmp_path / "etc"
    passwords.touch(mode=0o600)
    elsewhere.mkdir()
    (elsewhere / "crontab").touch(mode=0o600)
    before = [owner(path) for path in (passwords, elsewhere, elsewhere / "crontab")]
    (trial.page / "registry.lock").unlink(missing_ok=True)
    (trial.page / "registry.lock").symlink_to(passwords)
    (trial.vault / "2026-11-23").symlink_to(elsewhere)
    (trial.run / "web.pid").symlink_to(elsewhere / "nologin")
    (trial.data / "more").symlink_to(elsewhere)
    os.chown(trial.data / "more", 1, 10, follow_symlinks=False)
    owners.give(trial.data, USERS)
    assert [owner(path) for path in (passwords, elsewhere, elsewhere / "crontab")] == before
    assert not (elsewhere / "nologin").exists()


@needs_root
def test_a_vault_that_the_installer_has_put_on_a_disk_is_given_too(trial, tmp_path):
    disk = tmp_path / "disk"
    trial.vault.rename(disk)
    trial.vault.symlink_to(disk)
    (disk / "2026-11-23").mkdir()
    owners.give(trial.data, USERS)
    assert owner(disk) == owner(disk / "2026-11-23") == Owner(1, 10, 0o750)
    assert list(owners.strangers(trial.data, USERS)) == []


@needs_root
def test_the_recorder_tells_the_page_all_and_the_watch_how_it_is(trial):
    one_user = owners.reach(trial.data)
    assert one_user(os.geteuid()) == METHODS
    assert one_user(4) == frozenset()
    owners.give(trial.data, USERS)
    may = owners.reach(trial.data)
    assert may(0) == may(2) == METHODS
    assert may(3) == {"status"}
    assert may(1) == may(4) == frozenset()  # the recorder here is root's
    (trial.data / PAGE).rename(trial.data / "away")
    assert may(2) == frozenset()


@needs_root
@pytest.mark.parametrize("lost", [None, "calls.db", "vault/2026-11-23", "ledger", "secrets"])
def test_a_command_of_roots_leaves_all_to_the_recorder(trial, replayed, lost):
    owners.give(trial.data, USERS)
    pass_through(trial.data)
    if lost:
        (trial.data / lost).rename(trial.data / "page" / "lost")
    StandIn(trial).note("login", "p1")
    assert os.geteuid() == os.getegid() == 0
    shutil.rmtree(trial.page / "lost", ignore_errors=True)
    (trial.page / "lost").unlink(missing_ok=True)
    assert list(owners.strangers(trial.data, USERS)) == []


def test_a_machine_without_the_users_is_one():
    assert owners.of_this_machine() is None  # of the build's machines none has them

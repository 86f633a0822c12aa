import errno
import os
import subprocess

import pytest

from appliance import box, keys, ledger_audit, notice_file, policy
from appliance.box import Admin, BoxExists, BoxMissing, Plan
from appliance.box_file import BoxBroken
from appliance.engine import open_parts
from appliance.registry import Registry, read_people
from tests.appliance.scene import PASSPHRASE, START

OSAN = policy.profile_text("osan")


def test_a_new_folder_has_all_it_needs(tmp_path):
    made = box.create(tmp_path / "data", Plan(OSAN, trial=True), START)
    opened = box.open_box(tmp_path / "data")
    assert (opened.trial, opened.policy.id) == (True, "kr-osan")
    for path in (opened.site_file, opened.signing_key, opened.registry, opened.index):
        assert path.is_file()
    for path in (opened.vault, opened.secrets, opened.ledger, opened.run):
        assert path.is_dir()
    assert opened.signing_key.stat().st_mode & 0o777 == 0o600
    assert opened.public_key == keys.public_key_text(
        keys.load_signing_key(opened.signing_key).public_key()
    )
    assert opened.recipients[1] == keys.recipient_of(made.recovery)
    assert not list(tmp_path.glob(".*"))


def test_the_recovery_secret_and_the_code_are_kept_nowhere(tmp_path):
    made = box.create(tmp_path / "data", Plan(OSAN), START)
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert made.recovery.encode() not in content
            assert made.setup_code.encode() not in content
            assert b"AGE-SECRET-KEY" not in content


def test_the_code_opens_the_vault_until_somebody_has_a_passphrase(tmp_path):
    made = box.create(tmp_path / "data", Plan(OSAN), START)
    opened = box.open_box(tmp_path / "data")
    assert box.waits_for_setup(opened)
    registry = Registry(opened.registry)
    identity = keys.unwrap_secret(registry.setup_wrap(), made.setup_code).decode()
    registry.close()
    assert keys.recipient_of(identity) == opened.recipients[0]


def test_an_administrator_may_be_named_at_once(tmp_path):
    made = box.create(tmp_path / "data", Plan(OSAN, Admin("김관리", PASSPHRASE)), START)
    opened = box.open_box(tmp_path / "data")
    assert (made.setup_code, box.waits_for_setup(opened)) == (None, False)
    registry = Registry(opened.registry)
    (person,) = registry.people()
    assert registry.setup_wrap() is None
    registry.close()
    identity = keys.unwrap_secret(person.wrapped, PASSPHRASE).decode()
    assert (person.name, keys.recipient_of(identity)) == ("김관리", opened.recipients[0])


@pytest.mark.parametrize("what", ["a file", "another box", "somebody's files"])
def test_a_folder_with_something_in_it_is_left_alone(tmp_path, what):
    data = tmp_path / "data"
    if what == "a file":
        data.write_text("x")
    elif what == "another box":
        box.create(data, Plan(OSAN), START)
    else:
        data.mkdir()
        (data / "thesis.doc").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BoxExists):
        box.create(data, Plan(OSAN), START)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_an_earlier_cut_left_is_replaced(tmp_path):
    (tmp_path / ".data.part").mkdir()
    (tmp_path / ".data.part" / "half").write_text("x")
    (tmp_path / "data").mkdir()
    box.create(tmp_path / "data", Plan(OSAN), START)
    assert not (tmp_path / ".data.part").exists()
    assert not (tmp_path / "data" / "half").exists()


def test_what_is_shown_once_is_shown_before_the_folder_is_there(tmp_path):
    seen = []

    def show(opened, made):
        seen.append((opened.data, (tmp_path / "box").exists(), made))

    made = box.create(tmp_path / "box", Plan(OSAN), START, show)
    assert seen == [(tmp_path / "box", False, made)]

    def cut(opened, made):
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        box.create(tmp_path / "other", Plan(OSAN), START, cut)
    assert [path.name for path in tmp_path.iterdir()] == ["box"]


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
def test_a_folder_whose_sheet_nobody_has_seen_does_not_stay(tmp_path, done, monkeypatch):
    real = os.rename

    def rename(old, new):
        if done or new != tmp_path / "box":
            real(old, new)
        if new == tmp_path / "box":
            raise OSError(errno.EIO, "the disk failed")

    with monkeypatch.context() as failing:
        failing.setattr(os, "rename", rename)
        with pytest.raises(OSError, match="the disk failed"):
            box.create(tmp_path / "box", Plan(OSAN), START)
    assert list(tmp_path.iterdir()) == []
    assert box.create(tmp_path / "box", Plan(OSAN), START).recovery


def test_a_profile_that_cannot_be_used_makes_nothing(tmp_path):
    with pytest.raises(policy.PolicyError):
        box.create(tmp_path / "data", Plan("x = 1"), START)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none_says_how_to_make_one(tmp_path):
    with pytest.raises(BoxMissing, match="kirok init --data"):
        box.open_box(tmp_path)


def test_a_box_toml_that_was_changed_is_not_believed_and_its_spare_is(tmp_path):
    box.create(tmp_path / "data", Plan(OSAN), START)
    was = box.open_box(tmp_path / "data")
    path = tmp_path / "data" / "box.toml"
    path.write_text(path.read_text().replace("trial = false", "trial = true"))
    assert box.open_box(tmp_path / "data") == was
    (tmp_path / "data" / "spare" / "box.toml").unlink()
    with pytest.raises(BoxBroken, match="changed after it was made"):
        box.open_box(tmp_path / "data")


def test_a_policy_that_was_changed_is_not_believed_and_its_spare_is(tmp_path):
    box.create(tmp_path / "data", Plan(OSAN), START)
    path = tmp_path / "data" / "policy.toml"
    path.write_text(path.read_text().replace("days = 90", "days = 10"))
    assert box.open_box(tmp_path / "data").policy.retention_days == 90
    (tmp_path / "data" / "spare" / "policy.toml").write_text(path.read_text())
    with pytest.raises(BoxBroken, match=r"not the policy\.toml that the folder was made with"):
        box.open_box(tmp_path / "data")


def test_the_signing_key_is_there_twice(tmp_path):
    box.create(tmp_path / "data", Plan(OSAN), START)
    opened = box.open_box(tmp_path / "data")
    opened.signing_key.write_bytes(opened.signing_key.read_bytes()[:-60])
    assert keys.public_key_text(box.signing_key(opened).public_key()) == opened.public_key
    spare = opened.data / "spare" / "box.key"
    assert spare.stat().st_mode & 0o777 == 0o600
    spare.unlink()
    with pytest.raises(BoxBroken, match=r"box\.key"):
        box.signing_key(opened)


def test_the_sheet_alone_opens_the_vaults_identity_with_the_stock_age_tool(tmp_path):
    made = box.create(tmp_path / "data", Plan(OSAN), START)
    opened = box.open_box(tmp_path / "data")
    (tmp_path / "sheet.txt").write_text(made.recovery)
    age = ["age", "-d", "-i", tmp_path / "sheet.txt", opened.sealed_identity]
    inside = subprocess.run(age, capture_output=True, check=True, timeout=60).stdout
    assert len(inside) == 74
    assert keys.recipient_of(inside.decode()) == opened.recipients[0]
    assert keys.open_identity(opened.sealed_identity.read_bytes(), made.recovery) == inside.decode()
    with pytest.raises(keys.WrongIdentity):
        keys.open_identity(opened.sealed_identity.read_bytes(), keys.new_age_pair().identity)


@pytest.mark.parametrize(("profile", "seconds"), [("osan", 5.27), ("goshogawara", 6.69)])
def test_a_new_folder_has_the_announcement_of_its_language(tmp_path, profile, seconds):
    box.create(tmp_path / "data", Plan(policy.profile_text(profile), trial=True), START)
    audio = notice_file.read(tmp_path / "data" / "notice.wav")
    assert len(audio) / 8000 == pytest.approx(seconds, abs=0.01)


def test_the_signing_key_may_be_a_systemd_credential(tmp_path, monkeypatch):
    box.create(tmp_path / "data", Plan(OSAN), START)
    opened = box.open_box(tmp_path / "data")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert opened.signing_key == opened.keys / "box.key"
    (tmp_path / "credentials").mkdir()
    opened.signing_key.rename(tmp_path / "credentials" / "box.key")
    assert opened.signing_key == tmp_path / "credentials" / "box.key"
    with open_parts(opened) as parts:
        parts.ledger.append("start", process="record")
    public = keys.public_key_from_text(opened.public_key)
    assert ledger_audit.verify(opened.ledger, public) == []


def test_a_folder_of_the_first_days_gets_a_folder_for_the_page(tmp_path):
    data = tmp_path / "data"
    box.create(data, Plan(OSAN, Admin("김하나", PASSPHRASE), trial=True), START)
    for path in (data / "page").iterdir():
        path.rename(data / path.name)
    (data / "page").rmdir()
    (data / "access.db-wal").touch()
    opened = box.open_box(data)
    assert [person.name for person in read_people(opened.registry)] == ["김하나"]
    assert not list(data.glob("registry*")) and not list(data.glob("access*"))
    assert (opened.page / "access.db-wal").exists()

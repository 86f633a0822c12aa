"""What the sheet opens; from end to end in commands/test_people.py."""

import pytest

from appliance import keys, regain
from appliance.box import Admin, Plan, create, open_box
from appliance.policy import profile_text
from appliance.recovery_key import WrongSheet
from tests.appliance.scene import PASSPHRASE, START


@pytest.fixture
def made(tmp_path):
    plan = Plan(profile_text("osan"), Admin("김관리", PASSPHRASE), trial=True)
    created = create(tmp_path / "data", plan, START)
    return open_box(tmp_path / "data"), created.recovery


def test_the_sheet_gives_the_vaults_own_identity(made):
    box, sheet = made
    secret = regain.secret_from_sheet(box, sheet)
    assert keys.recipient_of(secret.decode()) == box.recipients[0]


def test_without_the_sealed_file_the_sheets_key_stands_in(made, caplog):
    box, sheet = made
    box.sealed_identity.unlink()
    assert regain.secret_from_sheet(box, sheet) == sheet.encode()
    assert "is missing" in caplog.text
    assert sheet not in caplog.text


def test_another_sheet_is_refused(made):
    with pytest.raises(WrongSheet):
        regain.secret_from_sheet(made[0], keys.new_age_pair().identity)


def test_a_planted_identity_is_not_taken_for_the_vaults(made):
    box, sheet = made
    planted = keys.seal_identity(keys.new_age_pair().identity, keys.recipient_of(sheet))
    box.sealed_identity.write_bytes(planted)
    with pytest.raises(regain.SealedIdentityDamaged, match="put back a copy"):
        regain.secret_from_sheet(box, sheet)


def test_a_missing_file_is_made_again_but_not_from_another_secret(made):
    box, sheet = made
    secret = regain.secret_from_sheet(box, sheet)
    before = box.sealed_identity.read_bytes()
    regain.seal_if_missing(box, secret)
    assert box.sealed_identity.read_bytes() == before
    box.sealed_identity.unlink()
    regain.seal_if_missing(box, sheet.encode())
    assert not box.sealed_identity.exists()
    regain.seal_if_missing(box, secret)
    assert regain.secret_from_sheet(box, sheet) == secret

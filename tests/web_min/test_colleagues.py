import pytest

from tests.web_min.rig import CODE, NAME, PASSPHRASE, Rig


@pytest.fixture(params=["osan", "goshogawara"])
def trial(request, tmp_path):
    rig = Rig(tmp_path, set_up=False, policy=request.param, trial=True)
    form = {"code": CODE, "name": NAME, "passphrase": PASSPHRASE, "again": PASSPHRASE}
    assert rig.post("/setup", **form).status_code == 303
    yield rig
    rig.close()


def test_in_a_trial_every_role_has_an_account(trial):
    roles = {role.id for role in trial.profile.role if role.can}
    people = trial.registry.people()
    assert {role for person in people for role in person.roles} == roles
    assert len(people) == len(roles)


def test_they_sign_in_with_the_same_passphrase(trial):
    for person in trial.registry.people():
        assert trial.sign_in(person.name, client=trial.app.test_client()).status_code == 303
    assert "play the other roles" in trial.get("/").text
    assert trial.profile.role_of("head").title in trial.get("/").text


def test_a_real_folder_has_none(fresh):
    form = {"code": CODE, "name": NAME, "passphrase": PASSPHRASE, "again": PASSPHRASE}
    fresh.post("/setup", **form)
    assert [person.name for person in fresh.registry.people()] == [NAME]
    assert "play the other roles" not in fresh.get("/").text

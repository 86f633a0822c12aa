from appliance import cli


def test_without_the_users_it_says_how_to_make_them(trial, capsys):
    before = trial.registry.stat().st_uid
    assert cli.main(["own", "--data", str(trial.data)]) == 2
    assert "systemd-sysusers kirok.conf" in capsys.readouterr().err
    assert trial.registry.stat().st_uid == before

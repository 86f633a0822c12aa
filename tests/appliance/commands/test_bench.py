from appliance import cli


def test_what_cannot_be_measured_is_misuse(tmp_path, capsys):
    assert cli.main(["bench", "--dir", str(tmp_path / "none")]) == 2
    assert cli.main(["bench", "--repeats", "0"]) == 2
    assert "--repeats from 1" in capsys.readouterr().err

import pytest

from appliance import cli
from appliance.policy import profile_text


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


@pytest.mark.parametrize("city", ["osan", "goshogawara"])
def test_the_cities_that_ship_are_complete(city, capsys):
    assert run("policy", "check", city) == 0
    said = capsys.readouterr().out
    assert "complete" in said
    assert "our own choice: " in said


def test_a_third_city_is_a_file_and_what_it_lacks_is_named(tmp_path, capsys):
    file = tmp_path / "third.toml"
    file.write_text(
        profile_text("osan")
        .replace('"kr-osan"', '"kr-third"')
        .replace('clause = "7"', 'clause = ""')
    )
    assert run("policy", "check", file) == 1
    said = capsys.readouterr().out
    assert "LACKS  notice: no clause says where the rule has this" in said
    assert "LACKS  the rule's words are not here: put them in third.rule.toml" in said
    (tmp_path / "third.rule.toml").write_text('"1" = "제1조"\n')
    assert run("policy", "check", file) == 1
    assert "LACKS  retention: the rule has no clause '8①'" in capsys.readouterr().out


def test_a_profile_that_cannot_be_used_is_found_wrong(tmp_path, capsys):
    file = tmp_path / "third.toml"
    file.write_text(profile_text("osan").replace("days = 90", "days = 0"))
    assert run("policy", "check", file) == 1
    assert "cannot be used: retention.days is 0" in capsys.readouterr().out
    assert run("policy", "check", tmp_path / "none.toml") == 2


def test_each_rule_is_shown_beside_its_article(capsys):
    assert run("policy", "show", "osan") == 0
    said = capsys.readouterr().out
    assert "[retention] days 90" in said
    assert "    8①  제8조(녹취정보 관리) ① 녹취정보는 90일간 보관하고" in said
    assert "[retention.hold] allowed no" in said
    assert run("policy", "show", "seoul") == 2

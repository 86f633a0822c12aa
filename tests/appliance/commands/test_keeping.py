import pytest

from appliance import cli


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


@pytest.mark.parametrize(
    "arguments, count",
    [
        ([], 4),
        (["--line", "2"], 1),
        (["--from", "2026-11-23"], 4),
        (["--to", "2026-11-23"], 4),
        (["--to", "2026-11-22"], 0),
        (["--from", "2026-11-23T09:00:01.4"], 2),
        (["--from", "2026-11-23T00:00:01.4+00:00"], 2),
    ],
)
def test_calls_are_found_by_the_sites_days_and_times(trial, capture, capsys, arguments, count):
    assert run("replay", capture[0], "--data", trial.data) == 0
    capsys.readouterr()
    assert run("calls", "--data", trial.data, "--json", *arguments) == 0
    assert len(capsys.readouterr().out.splitlines()) == count


def test_a_day_that_is_none_is_misuse(trial, capsys):
    assert run("calls", "--data", trial.data, "--from", "yesterday") == 2
    assert "no date or time" in capsys.readouterr().err

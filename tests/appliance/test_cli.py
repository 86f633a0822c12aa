import os
import subprocess
import sys

import pytest

from appliance import cli


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


@pytest.mark.parametrize(
    "command", ["demo", "init", "record", "web", "analyse", "replay", "calls", "doctor", "bench"]
)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as stop:
        run(command, "--help")
    assert stop.value.code == 0
    assert "usage: kirok " + command in capsys.readouterr().out


def test_a_command_that_is_none_is_misuse():
    with pytest.raises(SystemExit) as stop:
        run("delete")
    assert stop.value.code == 2


@pytest.mark.parametrize(
    "arguments, code, says",
    [
        (["init", "--data", "{}/new", "--policy", "seoul"], 2, "give one of goshogawara, osan"),
        (["calls", "--data", "{}"], 2, "kirok init --data"),
        (["record", "--config", "{}/site.toml"], 2, "kirok init"),
        (["analyse", "{}/no.wav"], 2, "no.wav"),
        (["analyse", "{}/x.wav", "--notice", "{}/notice.wav"], 2, "notice.wav: No such file"),
    ],
)
def test_misuse_says_what_to_do(tmp_path, capsys, arguments, code, says):
    assert run(*[a.format(tmp_path) for a in arguments]) == code
    assert says in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error(trial, capture):
    assert run("replay", capture[0], "--data", trial.data) == 0
    command = [sys.executable, "-m", "appliance", "calls", "--data", str(trial.data), "--json"]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")

import json

import pytest

from appliance import cli
from appliance.bench.run import Wanted, bench, bench_json


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    return Wanted("dsp", 1, 1, tmp_path_factory.mktemp("bench"), minutes=0.0)


def test_the_tables_begin_with_the_machine(wanted):
    lines = bench(wanted)
    assert "cores" in next(lines)
    assert "BLAS threads" in next(lines)


def test_json_holds_every_condition_and_cost(wanted):
    found = json.loads(bench_json(wanted))
    assert set(found) >= {"machine", "seed", "accuracy", "speech_h", "not_scored", "cost"}
    kirok = found["accuracy"][0]
    assert kirok["ear"] == "Kirok"
    line = [c for c in kirok["conditions"] if c["kind"] == "line"]
    assert line and all(c["heard"] == c["sent"] and not c["extra"] for c in line)
    assert {c["lines"] for c in found["cost"]} == {1, 8, 32, 128}


@pytest.mark.parametrize(
    "arguments", [["--repeats", "0"], ["--minutes", "-1"], ["--dir", "/nowhere/at/all"]]
)
def test_what_cannot_be_measured_is_misuse(arguments, capsys):
    assert cli.main(["bench", "dsp", *arguments]) == 2
    assert "--repeats from 1" in capsys.readouterr().err


def test_a_part_that_is_none_is_misuse():
    with pytest.raises(SystemExit) as stop:
        cli.main(["bench", "everything"])
    assert stop.value.code == 2

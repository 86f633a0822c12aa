import ast
from pathlib import Path

import pytest

import appliance
import web_min
from appliance.alarms import ALARMS, Ends, Grave, kind_of

#: Calls that raise an alarm: its name is their first argument.
RAISE = {"set_alarm", "Alarm", "trouble"}


def raised():
    """Return the name of every alarm that the code raises, and where."""
    for package in (appliance, web_min):
        for path in sorted(Path(package.__file__).parent.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args:
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    what = node.args[0]
                    if name in RAISE and isinstance(what, ast.Constant):
                        yield what.value, f"{path.name}:{node.lineno}"


def test_every_alarm_that_is_raised_is_in_the_table():
    names = dict(raised())
    assert len(names) >= 4
    assert {what: at for what, at in names.items() if what not in ALARMS} == {}


def test_the_alarms_of_a_line_are_in_the_table():
    from appliance.line_desk import _ALARMS

    assert {what for what, _ in _ALARMS.values()} <= set(ALARMS)


@pytest.mark.parametrize("what", ALARMS)
def test_a_row_says_what_is_wrong_and_what_to_do(what):
    kind = ALARMS[what]
    assert not kind.title.endswith(".")  # a heading
    assert kind.remedy.endswith(".")  # sentences
    assert isinstance(kind.grave, Grave) and isinstance(kind.ends, Ends)


def test_titles_differ():
    assert len({kind.title for kind in ALARMS.values()}) == len(ALARMS)


def test_an_alarm_that_is_not_in_the_table_keeps_its_name_and_is_not_lost():
    kind = kind_of("something_new")
    assert kind.title == "something_new"
    assert "kirok doctor" in kind.remedy
    assert kind.ends is Ends.BY_HAND

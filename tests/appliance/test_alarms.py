import ast
from pathlib import Path

import pytest

import appliance
import web_min
from appliance.alarms import ALARMS, Ends, Grave, detail_of, kind_of
from appliance.api import Alarm
from appliance.words import words

#: Calls that raise an alarm: its name is their first argument.
RAISE = {"set_alarm", "Alarm", "trouble"}  # and `alarms.set`


def raised():
    """Return the name of every alarm that the code raises, and where."""
    for package in (appliance, web_min):
        for path in sorted(Path(package.__file__).parent.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args:
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    what = node.args[0]
                    raises = name in RAISE or (name == "set" and len(node.args) == 3)
                    if raises and isinstance(what, ast.Constant):
                        yield what.value, f"{path.name}:{node.lineno}"


def test_every_alarm_that_is_raised_is_in_the_table():
    names = dict(raised())
    assert len(names) >= 4
    assert {what: at for what, at in names.items() if what not in ALARMS} == {}


def test_an_alarms_detail_is_said_with_its_facts():
    silent = Alarm("line_silent", "line 3", "", facts={"expected": "15"})
    assert detail_of(silent, str).startswith("15 calls were to be expected")
    assert detail_of(silent, words("ko").gettext).startswith("마지막 통화 이후")
    assert detail_of(Alarm("line_silent", "line 3", ""), str) == ""
    assert detail_of(Alarm("board_lost", "", ""), str) == ""


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


def test_what_the_recorder_notes_is_translated_where_we_have_words_for_it():
    known = Alarm("reconcile_failed", "", "", facts={"wrong": "it has no key"})
    assert detail_of(known, words("ko").gettext).endswith("암호 키가 없습니다")
    other = Alarm("reconcile_failed", "", "", facts={"wrong": "offset 7"})
    assert detail_of(other, words("ja").gettext).endswith("offset 7")
    nothing = Alarm("reconcile_failed", "", "", facts={"wrong": ""})
    assert "Plural-Forms" not in detail_of(nothing, words("ko").gettext)

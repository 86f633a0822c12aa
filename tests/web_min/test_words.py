import html
import re

import pytest
from flask import g

from appliance.alarms import ALARMS
from tests.web_min.messages import FOLDER
from web_min import words
from web_min.rule_words import VALUES

TABLES = [
    value
    for name, value in vars(words).items()
    if name.isupper() and isinstance(value, dict) and value is not VALUES
]
SHAPES = (FOLDER / "templates" / "_icons.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES)
def test_each_word_has_an_icon_that_is_drawn(table):
    for word in table.values():
        if isinstance(word, words.Word):
            assert f'"{word.icon}":' in SHAPES


@pytest.mark.parametrize(
    "table", [words.LINE_STATES, words.PROOFS, words.MODES, words.DIRECTIONS, words.LAMPS]
)
def test_states_are_told_apart_by_word_and_by_shape_without_colour(table):
    assert len({word.text for word in table.values()}) == len(table)
    assert len({word.icon for word in table.values()}) == len(table)


def test_shapes_differ():
    drawn = re.findall(r'"\w+": \'(.*)\'', SHAPES)
    assert len(drawn) > 20
    assert len(set(drawn)) == len(drawn)


def test_a_name_we_have_no_word_for_is_shown_as_it_is():
    assert words.word(words.LINE_STATES, "rebooting").text == "rebooting"
    assert words.word(words.LINE_STATES, None).text == ""


def test_every_alarm_says_what_to_do(inside):
    for what in [*ALARMS, "something_new"]:
        inside.alarm(what, "")
    page = html.unescape(inside.get("/health").text)
    for kind in ALARMS.values():
        assert kind.title in page
        assert kind.remedy in page
    assert "something_new" in page
    assert "kirok doctor" in page


@pytest.mark.parametrize("language, says", [("ko", "디스크"), ("ja", "ディスク")])
def test_alarms_are_said_in_the_pages_language(inside, language, says):
    inside.alarm("disk_slow", "")
    page = inside.get("/health", Accept_Language=language).text
    assert says in page
    assert ALARMS["disk_slow"].title not in page


@pytest.mark.parametrize(
    "purpose, says",
    [
        ("r12 민원인과의 분쟁 해결", "신청 12: 민원인과의 분쟁 해결"),
        ("r12", "신청 12"),
        ("proof after a cut", "proof after a cut"),
        ("", ""),
    ],
)
def test_for_what_a_recording_was_opened_names_the_request(rig, purpose, says):
    with rig.app.test_request_context():
        g.language = "ko"
        assert words.purpose_said(purpose) == says


def test_documents_and_media_have_names_that_people_use(rig):
    with rig.app.test_request_context():
        g.language = "ja"
        assert words.document_name("l4") == "回線4"
        assert words.document_name("01M82Z7S") == "01M82Z7S"
        assert (words.kind_name("optical"), words.kind_name("tape")) == ("光ディスク", "tape")

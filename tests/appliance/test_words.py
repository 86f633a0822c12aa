import ast
import re
from pathlib import Path

import pytest

import appliance
from appliance.po import entries
from appliance.words import LANGUAGES, N_, words

FOLDER = Path(appliance.__file__).parent
TRANSLATED = [code for code in LANGUAGES if code != "en"]
FIELD = re.compile(r"{(\w*)}")


def marked():
    """Return every word of the code that is marked with N_."""
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "N_":
                yield ast.literal_eval(node.args[0])


def of(code):
    text = (FOLDER / "languages" / f"{code}.po").read_text(encoding="utf-8")
    return {entry["msgid"]: entry["msgstr"] for entry in entries(text) if entry["msgid"]}


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_word_is_translated_and_no_other(code):
    assert set(of(code)) == set(marked())


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_say_something_and_fill_the_same_fields(code):
    for word, said in of(code).items():
        assert said
        assert set(FIELD.findall(said)) == set(FIELD.findall(word)), word


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_are_in_their_own_script(code):
    own = {"ko": r"[가-힣]", "ja": r"[぀-ヿ一-鿿]"}[code]
    other = {"ko": r"[぀-ヿ一-鿿]", "ja": r"[가-힣]"}[code]
    for word, said in of(code).items():
        assert re.search(own, said), word
        assert not re.search(other, said), word


def test_a_word_is_looked_up_in_its_language():
    assert words("ko").gettext("The disk is full") == "저장 공간이 가득 찼습니다"
    assert words("en").gettext("The disk is full") == N_("The disk is full")


def test_a_language_that_we_do_not_have_is_english():
    assert words("fr").gettext("The disk is full") == "The disk is full"
    assert words("../ko").gettext("The disk is full") == "The disk is full"

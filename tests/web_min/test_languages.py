import re

import pytest

from appliance.po import entries
from tests.web_min.messages import FOLDER, all_messages
from web_min import languages

FIELD = re.compile(r"%\((\w+)\)s")
TRANSLATED = [code for code in languages.NAMES if code != "en"]


def of(code):
    text = (FOLDER / "languages" / code / "LC_MESSAGES" / "kirok.po").read_text(encoding="utf-8")
    found = [entry for entry in entries(text) if entry["msgid"]]
    return {
        (e["msgid"], e["msgid_plural"]) if "msgid_plural" in e else (e["msgid"],): e for e in found
    }


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated_and_no_other(code):
    assert set(of(code)) == set(all_messages())


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_say_something_and_fill_the_same_fields(code):
    for message, entry in of(code).items():
        texts = [text for key, text in entry.items() if key.startswith("msgstr")]
        assert all(texts), message
        for text in texts:
            assert set(FIELD.findall(text)) == set(FIELD.findall(message[-1])), message


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_are_in_their_own_script(code):
    own = {"ko": r"[가-힣]", "ja": r"[぀-ヿ一-鿿]"}[code]
    other = {"ko": r"[぀-ヿ一-鿿]", "ja": r"[가-힣]"}[code]
    for message, entry in of(code).items():
        text = entry.get("msgstr") or entry["msgstr[0]"]
        assert re.search(own, text), message
        assert not re.search(other, text), message


@pytest.mark.parametrize(
    "accepts, cookie, want",
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", None, "ko"),
        ("ja", None, "ja"),
        ("en-GB", None, "en"),
        ("en;q=0.3,ja;q=0.7", None, "ja"),
        ("fr", None, "ko"),  # the city's own
        ("", None, "ko"),
        ("ja", "en", "en"),
        ("ja", "xx", "ja"),
    ],
)
def test_the_language_is_the_switchs_then_the_browsers_then_the_citys(rig, accepts, cookie, want):
    if cookie:
        rig.client.set_cookie(languages.COOKIE, cookie)
    page = rig.client.get("/sign-in", headers={"Accept-Language": accepts})
    assert f'<html lang="{want}">' in page.text
    assert page.headers["Content-Language"] == want


def test_counts_are_worded_by_number(inside):
    inside.alarm()
    assert "One thing needs attention." in inside.get("/health").text
    inside.alarm("disk_full", "")
    assert "2 things need attention." in inside.get("/health").text
    assert "경보가 2건" in inside.get("/health", Accept_Language="ko").text

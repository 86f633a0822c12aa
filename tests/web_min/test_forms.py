import unicodedata

import pytest

from web_min import forms


def typed(rig, value, read=forms.text, **options):
    with rig.app.test_request_context("/", method="POST", data={"name": value}):
        return read("name", **options)


@pytest.mark.parametrize(
    "value, want",
    [
        ("  김하나 ", "김하나"),
        (unicodedata.normalize("NFD", "김하나"), "김하나"),
        ("a\x00b\nc\u202ed", "abcd"),
        ("", ""),
    ],
)
def test_text_is_composed_and_has_no_hidden_letters(rig, value, want):
    assert typed(rig, value) == want


def test_text_is_cut_at_the_longest_allowed(rig):
    assert typed(rig, "가" * 100, longest=60) == "가" * 60


def test_sentences_keep_their_lines(rig):
    assert typed(rig, "하나\r\n둘\x00", read=forms.prose) == "하나\n둘"


def test_a_passphrase_is_taken_as_it_is(rig):
    with rig.app.test_request_context("/", method="POST", data={"passphrase": " a b  "}):
        assert forms.secret("passphrase") == " a b  "
        assert forms.secret("missing") == ""

import pytest

from appliance.po import BadCatalogue, catalogue, entries

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: {}\\n"\n'
ONE = HEADER.format("nplurals=1; plural=0;")
TWO = HEADER.format("nplurals=2; plural=(n != 1);")


def test_a_message_is_looked_up():
    assert catalogue(ONE + 'msgid "Call"\nmsgstr "통화"\n').gettext("Call") == "통화"


def test_one_that_is_not_there_is_itself():
    assert catalogue(ONE).gettext("Call") == "Call"


def test_one_that_is_not_translated_is_itself():
    assert catalogue(ONE + 'msgid "Call"\nmsgstr ""\n').gettext("Call") == "Call"


def test_strings_that_go_on_over_lines_escapes_and_comments():
    text = ONE + '# a note\n#: file:1\nmsgid ""\n"two "\n"lines"\nmsgstr "a\\"b\\n"\n"c"\n'
    assert catalogue(text).gettext("two lines") == 'a"b\nc'


def test_contexts_keep_equal_words_apart():
    text = (
        ONE
        + 'msgctxt "now"\nmsgid "Recording"\nmsgstr "録音中"\n'
        + 'msgid "Recording"\nmsgstr "録音"\n'
    )
    found = catalogue(text)
    assert found.pgettext("now", "Recording") == "録音中"
    assert found.gettext("Recording") == "録音"


def test_plurals():
    text = TWO + 'msgid "%d dog"\nmsgid_plural "%d dogs"\nmsgstr[0] "eins"\nmsgstr[1] "viele"\n'
    found = catalogue(text)
    assert [found.ngettext("%d dog", "%d dogs", n) for n in (0, 1, 2)] == ["viele", "eins", "viele"]


def test_entries_need_no_empty_line_between_them():
    text = 'msgid "a"\nmsgstr "b"\nmsgid "c"\nmsgstr "d"\n'
    assert list(entries(text)) == [
        {"msgid": "a", "msgstr": "b"},
        {"msgid": "c", "msgstr": "d"},
    ]


@pytest.mark.parametrize("line", ["msgid Call", "hello", '"a string of nothing"', "msgstr"])
def test_a_line_that_is_neither_entry_nor_comment_is_refused(line):
    with pytest.raises(BadCatalogue, match="line 1"):
        list(entries(line))

"""Papers: every character typed is in the PDF, or is named as one that cannot be printed."""

import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from appliance import paper

AT = datetime(2026, 3, 4, 0, 0, 0, 123456, tzinfo=UTC)
TEMPLATE = """
#import "paper.typ": *
#show: paper.with(values.title, values.lang)
#values.title

#typed(values.body)
"""


@pytest.fixture
def folder(tmp_path):
    shutil.copy(paper.PAPERS / "paper.typ", tmp_path)
    (tmp_path / "trial.typ").write_text(TEMPLATE)
    return tmp_path


def made(folder, body, lang="ko"):
    return paper.pdf("trial", {"title": "시험 試驗", "lang": lang, "body": body}, AT, folder)


def text_of(pdf):
    run = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True, timeout=60
    )
    return run.stdout.decode()


@pytest.mark.parametrize("lang", ["ko", "ja", "en"])
@pytest.mark.parametrize(
    "typed",
    [
        "민원 상담 통화, 뷁, 똠방각하",
        "金大中 柳 尹 李 樂 劉",  # Hanja
        "𠮷野家 髙橋 﨑 渡邉 齋藤 辻 葛城 鷗 丈𠀋",  # rare kanji, some beyond the 16-bit plane
        "ガギグゲゴ ㈱ ① ｶﾅ 令和8年3月4日 〒037-8686",
        "〒 ㉿ ㎡ ℃ ※ → ○ ● △ ▲ □ ■ ★ … — “ ” ‘ ’ ·",
        "031-8036-7114 <b>&amp;</b> ~!@#$%^&*()_+`-={}|[]\\:\";'<>?,./",
    ],
)
def test_every_character_typed_is_in_the_text(folder, lang, typed):
    got = "".join(text_of(made(folder, typed, lang)).split())
    assert "".join(typed.split()) in got


@pytest.mark.parametrize(
    "typed",
    [
        "- a list?",
        "= a heading?",
        '#read("/etc/passwd")',
        "*bold* _it_ $x^2$ `raw`",
        "// gone?",
        "/* gone? */",
        "@label <label> \\u{41}",
        "https://kirok.example/a",
        "1/2 -- ---",
    ],
)
def test_what_is_typed_is_never_markup(folder, typed):
    assert typed in text_of(made(folder, typed))


def test_twenty_thousand_characters_all_come_out(folder):
    words = [f"{number:05d}가나다라마" for number in range(2000)]
    pages = text_of(made(folder, " ".join(words))).split("\f")
    without_number = ["".join(page.split("\n")[:-2]) for page in pages]
    assert "".join(words) in "".join(without_number).replace(" ", "")
    assert len(pages) > 5


@pytest.mark.parametrize("typed", ["\U0001f600", "\ue000", "ก", "\x07", "नम"])
def test_a_character_that_no_font_has_is_named(folder, typed):
    with pytest.raises(paper.CannotPrint) as caught:
        made(folder, f"앞 {typed} 뒤")
    assert caught.value.text
    assert caught.value.text in typed
    assert f"U+{ord(typed[0]):04X}" in str(caught.value)


def test_the_same_paper_has_the_same_bytes(folder):
    assert made(folder, "같은 것") == made(folder, "같은 것")
    assert made(folder, "같은 것") != made(folder, "다른 것")


def test_a_template_at_fault_is_told_from_what_was_typed(folder):
    (folder / "trial.typ").write_text("#values.nothing")
    with pytest.raises(paper.TemplateWrong, match=r"trial\.typ"):
        made(folder, "")


def test_a_font_that_is_not_there_is_no_silent_other_font(folder):
    (folder / "trial.typ").write_text('#set document(title: "t")\n#set text(font: "Gulim")\nx')
    with pytest.raises(paper.TemplateWrong, match="gulim"):
        made(folder, "")


def test_a_template_reads_nothing_outside_its_folder(folder):
    (folder / "trial.typ").write_text('#read("/../../../etc/hostname")')
    with pytest.raises(paper.TemplateWrong):
        made(folder, "")


def test_no_template_fetches_a_package():
    for template in paper.PAPERS.glob("*.typ"):
        assert '"@' not in template.read_text()

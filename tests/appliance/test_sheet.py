"""The recovery sheet: all of it is on one page, and reads back, also from the QR code."""

import subprocess

import pytest

from appliance import box, keys, policy, recovery_key, sheet
from appliance.box import Plan
from appliance.sheet import Sheet, SheetRefused
from tests.appliance.scene import START


def made(tmp_path, name="osan", *, trial=False):
    data = tmp_path / name
    created = box.create(data, Plan(policy.profile_text(name), trial=trial), START)
    return Sheet(box.open_box(data), created.recovery, START)


def output(*command, stdin=None):
    run = subprocess.run(command, input=stdin, capture_output=True, check=True, timeout=60)
    return run.stdout.decode()


def text_of(pdf):
    return output("pdftotext", "-raw", "-", "-", stdin=pdf)


@pytest.mark.parametrize(
    ("name", "title"),
    [("osan", "통화 녹취기 복구 시트"), ("goshogawara", "通話録音装置 復旧シート")],
)
def test_the_pdf_has_words_letters_and_what_they_are_for(tmp_path, name, title):
    one = made(tmp_path, name)
    text = text_of(sheet.as_pdf(one))
    joined = "".join(text.split())
    assert text.count("\f") == 1  # one page
    assert title.replace(" ", "") in joined
    assert one.box.policy.city in text
    for number, word in enumerate(recovery_key.in_words(one.identity, one.box.policy.language), 1):
        assert f"{number}{word}" in joined
    for line in recovery_key.in_letters(one.identity):
        assert "".join(line.split()) in joined
    assert one.box.recipients[1] in joined
    assert str(one.box.data) in joined


def test_the_qr_code_is_the_key_as_the_stock_tool_takes_it(tmp_path):
    one = made(tmp_path)
    (tmp_path / "sheet.pdf").write_bytes(sheet.as_pdf(one))
    output("pdftoppm", "-r", "100", "-gray", "-singlefile", tmp_path / "sheet.pdf", tmp_path / "p")
    seen = output("zbarimg", "--quiet", "--raw", tmp_path / "p.pgm").strip()
    assert seen == one.identity
    assert recovery_key.read(seen, one.box.recipients[1]) == one.identity


def test_a_trial_sheet_says_so(tmp_path):
    assert "시험용" in text_of(sheet.as_pdf(made(tmp_path, trial=True)))
    (tmp_path / "real").mkdir()
    assert "시험용" not in text_of(sheet.as_pdf(made(tmp_path / "real")))


def test_the_terminals_sheet_reads_back_both_ways(tmp_path):
    one = made(tmp_path)
    rows = [row.strip("│ ") for row in sheet.as_text(one).splitlines()]
    numbered = [row for row in rows if row[:1].isdigit()]
    framed = [row for row in sheet.as_text(one).splitlines() if row.strip("│ ")[:1].isdigit()]
    for part in (numbered[:4], numbered[4:], framed[:4], framed[4:]):
        assert recovery_key.read("\n".join(part), one.box.recipients[1]) == one.identity


def test_the_sheet_is_never_kept_in_the_data_folder(tmp_path):
    one = made(tmp_path)
    with pytest.raises(SheetRefused, match="must not be kept"):
        sheet.write_pdf(one, one.box.data / "sheet.pdf")
    (tmp_path / "link").symlink_to(one.box.data)
    with pytest.raises(SheetRefused, match="must not be kept"):
        sheet.write_pdf(one, tmp_path / "link" / "sheet.pdf")
    sheet.write_pdf(one, tmp_path / "sheet.pdf")
    with pytest.raises(SheetRefused, match="is there already"):
        sheet.write_pdf(one, tmp_path / "sheet.pdf")
    assert not [path for path in one.box.data.rglob("*") if path.suffix == ".pdf"]
    assert keys.recipient_of(one.identity) == one.box.recipients[1]

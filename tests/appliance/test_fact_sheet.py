import subprocess

from appliance import paper, policy
from appliance.fact_sheet import local, part
from tests.appliance.scene import START


def text_of(made, how):
    run = subprocess.run(
        ["pdftotext", how, "-", "-"], input=made, capture_output=True, check=True, timeout=60
    )
    return run.stdout.decode()


def test_a_part_has_its_facts_named_in_the_sheets_language():
    said = part("부", {"Line": "3", "Box": "b"}, str.upper, exact=True)
    assert said == {
        "title": "부",
        "rows": [
            {"name": "LINE", "value": "3", "exact": True},
            {"name": "BOX", "value": "b", "exact": True},
        ],
    }


def test_a_moment_is_the_sites_to_the_second_and_none_is_nothing():
    assert local(START, policy.load("osan")) == "2026-11-23 09:00:00 KST"
    assert local(None, policy.load("osan")) == ""


def test_what_is_long_and_has_no_spaces_stays_on_the_sheet_with_its_lines():
    entry = '{"act":"erased","chain":"' + "0123456789abcdef" * 12 + '"}'
    rows = {"Entry": entry, "Proof": "first line\nsecond line"}
    sheet = {
        **dict.fromkeys(("city", "rule", "check"), "x"),
        **{"lang": "ko", "title": "T", "hands": []},
        "parts": [part("P", rows, str, exact=True)],
    }
    made = paper.pdf("fact_sheet", sheet, START)
    whole = "".join(text_of(made, "-raw").split())
    assert entry in whole and "firstlinesecondline" in whole
    lines = text_of(made, "-layout").splitlines()
    assert [line.split()[-2:] for line in lines if "line" in line] == [
        ["first", "line"],
        ["second", "line"],
    ]
    assert max(map(len, lines)) < 130  # characters: the width of the sheet

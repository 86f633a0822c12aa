import json

from appliance.package.findings import SENTENCES, Report, shown


def test_a_report_without_mismatches_is_genuine():
    report = Report(call="01JD", box="box-7", key="KEY=", entries=(7, 9), exact=True)
    assert report.genuine
    first, *rest = report.lines("en")
    assert first == "GENUINE."
    assert any("box-7" in line and "KEY=" in line for line in rest)
    assert any("7 and 9" in line for line in rest)
    assert any("label" in line for line in rest)


def test_a_mismatch_is_said_once_in_three_languages():
    report = Report()
    for _ in range(2):
        report.find("sum", name="record.json")
    assert report.lines("en")[1:] == [
        "  - record.json: changed; it is not the file that MANIFEST names."
    ]
    assert "변경되었습니다" in report.lines("ko")[1]
    assert "変更されています" in report.lines("ja")[1]


def test_the_json_names_what_and_where():
    report = Report(call="01JD", entries=(7, 9))
    report.find("missing", name="box.pub")
    value = json.loads(json.dumps(report.as_json("en")))
    assert (value["genuine"], value["entries"]) == (False, [7, 9])
    text = SENTENCES["missing"].format(name="box.pub")
    assert value["mismatches"] == [{"what": "missing", "name": "box.pub", "text": text}]


def test_a_strangers_text_cannot_play_with_the_terminal():
    assert shown("a\x1b[2Jb\n\ud800") == "a�[2Jb��"
    assert len(shown("x" * 10_000)) == 120

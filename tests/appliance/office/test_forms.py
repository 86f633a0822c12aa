import csv
import io
import re
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from appliance import paper
from appliance.office.documents import Applicant, LineFile
from appliance.office.forms import LISTED, REGISTER, Forms, Phone, as_csv
from appliance.policy import profile_text
from appliance.profile_reader import parse
from tests.appliance.office.conftest import PAPER

AT = datetime(2026, 3, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
ORIGINALS = Path(__file__).parents[2] / "regulations"
CITIES = {"osan": "osan_forms.txt", "goshogawara": "goshogawara_forms.txt"}


def text_of(form, values):
    made = paper.pdf(form, values, AT)
    run = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=made, capture_output=True, check=True, timeout=60
    )
    return "".join(run.stdout.decode().split())


def forms(office):
    return Forms(
        office.profile,
        {3: Phone("031-8036-7114", "市民課 髙橋")},
        {"p-head": "김정책", "p-operator": "이관리"},
    )


def originals(city):
    """Return a city's forms as published: id, its printed lines."""
    lines = (ORIGINALS / CITIES[city]).read_text().splitlines()[1:]
    if city == "goshogawara":
        return {"gosho-1": lines}
    found = {}
    for line in lines:
        if line.startswith("[별지"):
            found[f"osan-{len(found) + 1}"] = current = []
        current.append(line)
    return found


@pytest.mark.parametrize(
    "city, form", [(city, form) for city in CITIES for form in originals(city)]
)
def test_a_blank_form_has_every_printed_word_of_the_original(city, form):
    printed = text_of(form, {})
    words = [word for line in originals(city)[form] for word in line.split()]
    assert len(words) > 10
    missing = [word for word in words if word not in printed]
    assert not missing


@pytest.mark.parametrize("city", CITIES)
def test_every_form_that_a_profile_names_can_be_printed(city):
    profile = parse(profile_text(city))
    for form in profile.forms:
        assert "".join(profile.forms[form].title.split()) in text_of(form, {})


@pytest.fixture
def calls(osan):
    return [osan.calls.rows["c1"]]


def test_form_1_is_filled_in_from_the_application(osan):
    who = Applicant("박하늘", "세정과", "주무관", "지방세")
    line = osan.do(
        "user", LineFile("l3"), "apply", {"reason": "반복 민원"}, ground="repeat", applicant=who
    )
    values = forms(osan).line(3, line)
    assert (values["kind"], values["date"]) == ("apply", "2026년 3월 4일")
    printed = text_of("osan-1", values)
    for typed in ("박하늘", "세정과", "주무관", "지방세", "031-8036-7114", "반복민원", "□√해지□"):
        assert typed in printed


def test_forms_2_and_3_are_filled_in_from_the_request(osan, calls):
    request = osan.do("unit_head", osan.approved(), "pledge")
    printed = text_of("osan-2", forms(osan).request(request, calls))
    for typed in (
        "박과장",
        "1975-02-03",
        "2026년3월3일10:30",
        "031-8036-7114",
        "민원인과의분쟁해결",
    ):
        assert typed in printed
    printed = text_of("osan-3", forms(osan).pledge(request, calls))
    assert "2026년3월3일10:30" in printed
    assert "2026년3월4일" in printed


@pytest.mark.parametrize(
    "day, written", [("2026-03-02", "(2026년3월2일)"), ("지난주", "(지난주)"), ("", "")]
)
def test_the_day_of_a_proof_is_written_as_the_city_writes_days(osan, calls, day, written):
    proof = replace(PAPER, day=day)
    printed = text_of("osan-2", forms(osan).request(replace(osan.request(), proof=proof), calls))
    assert f"오산경찰서수사과-1234{written}" in printed
    assert "2026-03-02" not in printed


def test_form_4_tells_what_became_of_the_copy(osan, calls):
    request = osan.do("unit_head", osan.approved(), "pledge")
    request = osan.do("operator", request, "provide", {"file": "x"})
    asked = osan.do("unit_head", request, "ask_extension", {"planned_day": "2026-05-04"})
    assert forms(osan).report(asked, calls)["extension"] == "2026년 5월 4일"
    osan.later(days=1)
    request = osan.do("head", asked, "grant")
    told = {"outcome": "destroyed", "destroyer": "박하늘", "destroyer_unit": "세정과"}
    request = osan.do("unit_head", request, "report", told)
    printed = text_of("osan-4", forms(osan).report(request, calls))
    for typed in ("□√자료파기", "□증거활용", "□√파기자", "박하늘", "2026년3월5일"):
        assert typed in printed


def test_goshogawaras_form_has_the_call_and_the_reason(goshogawara):
    request = goshogawara.approved(ground="other", reason="接遇研修 𠮷田様")
    call = goshogawara.calls.rows["c1"]
    printed = text_of("gosho-1", forms(goshogawara).request(request, [call]))
    assert "2026年" not in printed
    for typed in (
        "令和8年3月3日10時30分～令和8年3月3日10時33分",
        "接遇研修𠮷田様",
        "髙橋",
        "□√その他",
    ):
        assert typed in printed


def test_goshogawaras_form_has_what_is_known_of_a_call_that_is_to_be_found(goshogawara):
    request = goshogawara.request(calls=(), wanted="令和8年3月3日 午前10時頃、内線2314")
    printed = text_of("gosho-1", forms(goshogawara).request(request, []))
    assert "令和8年3月3日午前10時頃、内線2314" in printed


def test_goshogawaras_form_has_the_times_of_every_call(goshogawara):
    calls = [
        replace(goshogawara.calls.rows["c1"], start=AT + n * HOUR, end=AT + (n + 0.5) * HOUR)
        for n in range(3)
    ]
    printed = text_of("gosho-1", forms(goshogawara).request(goshogawara.request(), calls))
    for hour in (9, 10, 11):
        assert f"3月4日{hour}時0分～令和8年3月4日{hour}時30分" in printed


def test_the_space_for_a_call_on_goshogawaras_blank_form_is_one_line():
    made = paper.pdf("gosho-1", {}, AT)
    run = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=made, capture_output=True, check=True, timeout=60
    )
    lines = ["".join(line.split()) for line in run.stdout.decode().splitlines()]
    assert any("年月日時分～年月日時分" in line for line in lines)


def test_a_number_stands_beside_each_time_where_they_differ(osan, calls):
    two = [calls[0], replace(calls[0], line=4, start=AT)]
    asked = forms(osan).request(osan.request(), [*two, *calls])
    assert asked["line"] == "031-8036-7114\n4\n031-8036-7114"
    assert forms(osan).request(osan.request(), calls * 2)["line"] == "031-8036-7114"


def test_what_has_no_spaces_stays_in_its_cell_and_whole_in_the_text():
    number = "134511-0001234567890123456789"
    values = {"rows": [dict.fromkeys(REGISTER, "") | {"born": number}]}
    made = paper.pdf("osan-5", values, AT)
    run = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=made, capture_output=True, check=True, timeout=60
    )
    widths = [
        float(found[2]) - float(found[1])
        for found in re.finditer(r'xMin="(.*?)".*?xMax="(.*?)".*?>[\d-]+<', run.stdout.decode())
    ]
    assert max(widths) < 80  # points: the column is 28 mm
    assert number in text_of("osan-5", values)


def test_the_register_has_a_row_for_each_approval(osan, calls):
    osan.request()
    request = osan.do("unit_head", osan.approved(), "pledge")
    request = osan.do("operator", request, "provide", {"file": "x"})
    values = forms(osan).register([(osan.request(), calls), (request, calls)])
    (row,) = values["rows"]
    assert (row["serial"], row["officer"], row["confirmer"]) == ("1", "이관리", "김정책")
    assert (row["planned"], row["destroyed"]) == ("2026년 4월 3일", "")
    printed = text_of("osan-5", values)
    for typed in ("박과장", "1975-02-03", "2026년4월3일", "이관리", "김정책"):
        assert typed in printed


def test_the_register_opens_in_a_spreadsheet(osan, calls):
    request = osan.approved(applicant=Applicant("=cmd()", "세정과"))
    made = as_csv(forms(osan).register([(request, calls)]), LISTED)
    assert made.startswith(b"\xef\xbb\xbf")
    titles, row = csv.reader(io.StringIO(made.decode("utf-8-sig")))
    assert (titles, row[2]) == (list(LISTED), "'=cmd()")


@pytest.mark.parametrize(
    "city, at, written",
    [
        ("osan", date(2026, 3, 4), "2026년 3월 4일"),
        ("goshogawara", date(2026, 6, 10), "令和8年6月10日"),
        ("goshogawara", date(2019, 5, 1), "令和元年5月1日"),
        ("goshogawara", date(2019, 4, 30), "2019年4月30日"),
    ],
)
def test_days_are_written_as_the_city_writes_them(city, at, written):
    assert Forms(parse(profile_text(city)), {}, {}).day(at) == written

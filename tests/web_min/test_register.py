import csv
import io

import pytest

from tests.web_min.rig import call, speechlike


@pytest.fixture
def provided(inside):
    inside.add(call(), speechlike(2.0), permit=False)
    unit_head, head = inside.person("박과장", "unit_head"), inside.person("김정책", "head", "정보")
    form = {"kind": "provide", "ground": "user", "purpose": "dispute", "reason": "확인"}
    who = {"applicant": "박과장", "unit": "세정과", "call": call().id}
    inside.post("/requests/new", unit_head, **form, **who)
    inside.post("/requests/r1/approve", head)
    inside.unit_head = unit_head
    return inside


def test_an_approved_request_has_a_row(provided):
    page = provided.get("/register").text
    assert "박과장" in page
    assert "김정책" in page


def test_it_is_printed_and_opens_in_a_spreadsheet(provided):
    assert provided.get("/register/register.pdf").data[:5] == b"%PDF-"
    made = provided.get("/register/register.csv")
    assert made.data.startswith(b"\xef\xbb\xbf")
    titles, row = csv.reader(io.StringIO(made.data.decode("utf-8-sig")))
    assert (titles[0], row[2]) == ("No.", "박과장")
    assert provided.recorder.notes("register_export")


def test_it_tells_how_often_a_copy_was_made(provided):
    provided.post("/requests/r1/pledge", provided.unit_head, signed="1")
    for act in ("provide", "provide_again"):
        assert provided.post(f"/requests/r1/{act}", reason="못 받음").status_code == 303
    made = provided.get("/register/register.csv").data.decode("utf-8-sig")
    titles, row = csv.reader(io.StringIO(made))
    assert (titles[-1], row[-1]) == ("Copies made", "2")
    assert "Copies made" in provided.get("/register").text


def test_it_is_kept_from_others(provided):
    client = provided.person("이직원", "user")
    for path in ("/register", "/register/register.pdf", "/register/register.csv"):
        assert provided.get(path, client).status_code == 404

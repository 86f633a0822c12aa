import pytest

from appliance.office.documents import LineFile
from web_min.acts import LINE_ACTS

FORM = {"ground": "repeat", "reason": "반복 민원", "applicant": "이직원", "unit": "세정과"}


@pytest.fixture
def office(inside):
    inside.people = {
        "user": inside.person("이직원", "user"),
        "head": inside.person("김정책", "head", "정보통신과"),
        "operator": inside.client,
    }
    return inside


def do(office, role, act, **form):
    return office.post(f"/lines/9/{act}", office.people[role], **form)


def file(office):
    return office.parts.cabinet.get(LineFile, "l9")


def test_a_line_is_applied_for_decided_and_switched(office):
    assert do(office, "user", "apply", **FORM).status_code == 303
    assert do(office, "head", "approve").status_code == 303
    assert do(office, "operator", "enable").status_code == 400  # nobody has heard the notice
    assert office.recorder.modes == []
    assert do(office, "operator", "enable", notice="1").status_code == 303
    assert office.recorder.modes == [(9, "full", "p1", "l9")]
    assert file(office).state == "on"
    assert do(office, "user", "apply_release", reason="해소").status_code == 303
    assert do(office, "head", "approve").status_code == 303
    assert do(office, "operator", "disable").status_code == 303
    assert office.recorder.modes[-1] == (9, "selective", "p1", "l9")


def test_without_an_approved_form_no_line_goes_to_full(office):
    for role in office.people:
        assert do(office, role, "enable", notice="1").status_code in (400, 404)
    do(office, "user", "apply", **FORM)
    for role in office.people:
        assert do(office, role, "enable", notice="1").status_code == 400
    assert office.recorder.modes == []


def test_while_the_recorder_is_away_nothing_is_entered_as_switched(office):
    do(office, "user", "apply", **FORM)
    do(office, "head", "approve")
    office.recorder.away = True
    answer = do(office, "operator", "enable", notice="1")
    assert (answer.status_code, "nothing was switched" in answer.text) == (400, True)
    assert file(office).state == "approved"


def test_the_third_ground_is_for_the_head_of_the_department(office):
    answer = do(office, "user", "apply", **{**FORM, "ground": "head"})
    assert (answer.status_code, "on that ground" in answer.text) == (400, True)
    assert "반복 민원" in answer.text  # nothing typed is lost


def test_a_line_that_the_installer_set_is_on_by_an_application_on_paper(office):
    assert "the application was on paper" in office.get("/lines/3").text


def test_the_form_is_printed(office):
    do(office, "user", "apply", **FORM)
    made = office.get("/lines/9/form.pdf")
    assert (made.mimetype, made.data[:5]) == ("application/pdf", b"%PDF-")


def test_there_is_a_list_and_no_line_that_is_not_there(office):
    assert office.get("/lines").text.count('class="row"') == 10
    assert office.get("/lines/77").status_code == 404
    assert do(office, "user", "burn").status_code == 404
    assert set(LINE_ACTS)

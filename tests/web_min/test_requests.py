import re

import pytest

from appliance.office.documents import Request
from tests.web_min.rig import call, missed, speechlike

FORM = {
    "kind": "provide",
    "ground": "user",
    "purpose": "dispute",
    "reason": "민원 처리 확인",
    "applicant": "박과장",
    "unit": "세정과",
    "rank": "사무관",
    "born": "1975-02-03",
}


@pytest.fixture
def office(inside):
    """Sign in the people of Osan's rule; `office.people` are their browsers."""
    inside.recorded = inside.add(call(1))
    inside.people = {
        "unit_head": inside.person("박과장", "unit_head"),
        "other": inside.person("최과장", "unit_head", "건축과"),
        "head": inside.person("김정책", "head", "정보통신과"),
        "operator": inside.client,
        "user": inside.person("이직원", "user"),
    }
    return inside


def file(office, **changes):
    form = {**FORM, "call": office.recorded.id, **changes}
    return office.post("/requests/new", office.people["unit_head"], **form)


def do(office, role, act, request="r1", **form):
    return office.post(f"/requests/{request}/{act}", office.people[role], **form)


def state(office, request="r1"):
    return office.parts.cabinet.get(Request, request).state


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_a_request_goes_its_way_through_the_page(office):
    assert file(office).location == "/requests/r1"
    assert do(office, "head", "approve").status_code == 303
    assert do(office, "unit_head", "pledge", signed="1").status_code == 303
    assert state(office) == "pledged"
    page = text(office.get("/requests/r1", office.people["unit_head"]))
    for words in ("Pledge signed", "박과장", "민원인과의 분쟁 해결", "What has been done", "Filed"):
        assert words in page


def test_every_act_and_refusal_is_in_the_ledger(office):
    file(office)
    do(office, "head", "approve")
    do(office, "other", "pledge", signed="1")
    do(office, "head", "pledge", signed="1")
    acts = [act for act, _, _ in office.recorder.notes()]
    assert acts[-4:] == ["request_file", "request_approve", "refused", "refused"]
    assert [facts for _, _, facts in office.recorder.notes("refused")] == [
        {"why": "not_yours", "clause": "9", "what": "requests.do.pledge"},
        {"why": "no_right", "clause": "9③", "what": "requests.do.pledge"},
    ]
    assert "민원" not in str(office.recorder.notes())


def test_what_is_wrong_with_the_form_is_said_beside_it(office):
    page = file(office, ground="law", applicant="")
    assert page.status_code == 400
    assert "Name the document by which it is asked for" in page.text
    assert "There is a problem" in page.text
    assert 'value="세정과"' in page.text  # nothing typed is lost
    assert office.parts.cabinet.all(Request) == []


def test_a_refused_act_changes_nothing_and_says_why(office):
    file(office)
    page = do(office, "head", "refuse")
    assert (page.status_code, state(office)) == (400, "requested")
    assert "Give the reason." in page.text
    assert do(office, "head", "refuse", reason="목적 외").status_code == 303
    assert state(office) == "refused"


def test_other_departments_do_not_see_it(office):
    file(office)
    assert office.get("/requests/r1", office.people["other"]).status_code == 404
    assert do(office, "other", "withdraw").status_code == 404
    assert "박과장" not in office.get("/requests", office.people["other"]).text.split("<main")[1]
    assert "박과장" in office.get("/requests", office.people["head"]).text


def test_who_has_no_right_gets_no_form(office):
    assert office.get("/requests/new", office.people["user"]).status_code == 403
    assert office.post("/requests/new", office.people["user"], **FORM).status_code == 403
    assert office.get("/requests/new?on_paper=1", office.people["operator"]).status_code == 200
    assert "Ask for a recording" not in office.get("/requests", office.people["user"]).text


def test_an_unknown_call_is_found_by_the_administrator(office):
    office.add(missed(2))
    file(office, call="", wanted="11월 23일 10시, 031-8036-7103")
    found = office.get("/requests/r1?from=2026-11-23&line=3", office.people["operator"])
    assert found.text.count('name="calls"') == 1  # the missed call has no recording
    assert do(office, "operator", "attach", calls=office.recorded.id).status_code == 303
    assert office.parts.cabinet.get(Request, "r1").calls == (office.recorded.id,)
    assert do(office, "head", "approve").status_code == 303


def test_the_forms_of_each_step_are_printed(office):
    file(office)
    client = office.people["unit_head"]
    made = office.get("/requests/r1/osan-2.pdf", client)
    assert (made.mimetype, made.data[:5]) == ("application/pdf", b"%PDF-")
    assert office.get("/requests/r1/osan-3.pdf", client).status_code == 404
    do(office, "head", "approve")
    assert office.get("/requests/r1/osan-3.pdf", client).status_code == 200
    assert office.get("/requests/r1/osan-4.pdf", client).status_code == 404
    assert office.get("/requests/r1/osan-2.pdf", office.people["other"]).status_code == 404


def test_the_article_is_shown_beside_the_rule(office):
    file(office)
    page = office.get("/requests/r1", office.people["head"]).text
    assert "사용자가 열람, 제공을 요청하는 경우" in page
    assert '<blockquote lang="ko">2. 사용자가 열람, 제공을 요청하는 경우</blockquote>' in page


def test_a_request_that_is_not_there_is_404(office):
    assert office.get("/requests/r9", office.people["head"]).status_code == 404
    file(office)
    assert do(office, "head", "burn").status_code == 404


def test_what_is_to_be_done_is_the_first_thing_that_each_sees(office):
    file(office)
    first = text(office.get("/", office.people["head"]))
    assert first.index("Decide a request 1 · 박과장") < first.index("Lines")
    assert "Nothing waits for you." in text(office.get("/", office.people["other"]))
    do(office, "head", "approve")
    assert "Sign the pledge 1 · 박과장" in text(office.get("/", office.people["unit_head"]))


def test_a_form_that_is_sent_twice_makes_one_request(inside):
    row = inside.add(call(), speechlike(2.0), permit=False)
    head = inside.person("박하늘", "unit_head")
    form = {"kind": "view", "ground": "user", "purpose": "dispute", "reason": "확인"}
    form |= {"applicant": "박하늘", "call": row.id}
    sent = [inside.post("/requests/new", head, **form).headers["Location"] for _ in range(2)]
    assert sent == ["/requests/r1", "/requests/r1"]
    other = inside.post("/requests/new", head, **{**form, "reason": "재확인"})
    assert other.headers["Location"] == "/requests/r2"


def test_what_was_looked_for_is_noted_and_stays_when_nothing_was_chosen(inside):
    row = inside.add(call(), speechlike(2.0), permit=False)
    inside.permit(row, state="requested", calls=())
    assert row.id in inside.get("/requests/r1?line=3").text
    assert inside.recorder.notes("search")[-1][2] == {"fields": "line", "found": "1"}
    answer = inside.post("/requests/r1/attach?line=3")
    assert (answer.status_code, row.id in answer.text) == (400, True)


def offered(page):
    return set(re.findall(r'action="/requests/r1/(\w+)"', page.text))


def test_what_is_missing_before_it_can_be_approved_is_said(office):
    file(office, call="", wanted="11월 23일 10시, 031-8036-7103")
    page = office.get("/requests/r1", office.people["head"])
    assert offered(page) == {"refuse"}
    assert "the recording has not been found" in page.text
    assert do(office, "head", "approve").status_code == 400
    assert state(office) == "requested"
    do(office, "operator", "attach", calls=office.recorded.id)
    page = office.get("/requests/r1", office.people["head"])
    assert offered(page) == {"approve", "refuse"}
    assert "the recording has not been found" not in page.text


def test_an_approval_that_has_run_out_offers_nothing_and_says_so(office):
    file(office)
    do(office, "head", "approve", until="2026-11-24")
    client = office.people["unit_head"]
    assert offered(office.get("/requests/r1", client)) == {"pledge", "withdraw"}
    office.clock.passed_s += 2 * 86_400
    office.sign_in("박과장", client=client)
    page = office.get("/requests/r1", client)
    assert offered(page) == {"withdraw"}
    assert "The approval lasted until Tue 24 Nov 2026" in page.text
    assert "Nothing waits for you." in text(office.get("/", client))
    assert do(office, "unit_head", "pledge", signed="1").status_code == 400

"""Osan's Directive 306, article by article, through the page as the persons concerned."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from appliance import call_entry
from appliance.articles import shipped_articles
from appliance.policy import load
from tests.regulations.hall import Hall, clause, clauses_tested
from tests.web_min.rig import NAME, PASSPHRASE, call

PEOPLE = {
    "head": ("김정책", "head", "정보통신과"),
    "deputy": ("이부책", "deputy", "정보통신과"),
    "user": ("이직원", "user", "민원봉사과"),
    "unit_head": ("박과장", "unit_head", "민원봉사과"),
    "other": ("최과장", "unit_head", "건축과"),
    "audit": ("정감사", "audit", "감사담당관"),
}

#: What no software can enforce, and why. Some of it the box records or prints: then it is tested.
BEYOND_US = {
    "2": "heads the definitions: each has its own test",
    "3": "whom the rule binds is said by employment; an account is given by a person",
    "4": "no software sees in which room a box stands; the notice says where it is to be",
    "5": "the mayor designates on paper; the roles are then given on the page",
    "6": "heads the grounds: each has its own test",
    "9①": "heads the grounds: each has its own test",
    "10": "what somebody tells others no software hears; it is pledged, and who heard is shown",
    "11②": "heads the grounds of restriction: each has its own test",
    "add.1": "a date, before the box was made",
}

FORM = {
    "kind": "provide",
    "ground": "user",
    "purpose": "dispute",
    "reason": "민원 처리 확인",
    "applicant": "박과장",
    "unit": "민원봉사과",
    "rank": "사무관",
    "born": "1975-02-03",
    "relation": "통화 직원의 소속",
}
PROOF = {"proof_issuer": "오산경찰서", "proof_number": "수사과-1234", "proof_day": "2026-11-20"}
LINE = {"ground": "repeat", "reason": "반복 민원", "applicant": "이직원", "unit": "민원봉사과"}


@pytest.fixture
def hall(tmp_path):
    hall = Hall(tmp_path, "osan", PEOPLE, "정보통신과")
    yield hall
    hall.close()


def file(hall, who="unit_head", **changes):
    return hall.do(who, "/requests/new", **{**FORM, "call": hall.recorded.id, **changes})


def pledged(hall, **changes):
    assert file(hall, **changes) == 303
    assert hall.act("head", "approve") == 303
    assert hall.act("unit_head", "pledge", signed="1") == 303


def provided(hall):
    pledged(hall)
    assert hall.act("operator", "provide") == 303


def report(hall, **changes):
    form = {"outcome": "destroyed", "destroyer": "박과장", "destroyer_unit": "민원봉사과"}
    return hall.act("unit_head", "report", **{**form, **changes})


def test_every_clause_is_tested_or_said_to_be_beyond_us(hall):
    tested = clauses_tested(sys.modules[__name__])
    known = set(shipped_articles(hall.profile))
    assert tested | set(BEYOND_US) == known


# ---------------------------------------------------------------- articles 1 to 5


@clause("1")
def test_article_1_every_use_names_its_purpose(hall):
    for purpose in ("", "curiosity"):
        assert file(hall, purpose=purpose) == 400
    pledged(hall)
    assert hall.listen("operator") == 303
    heard = next(entry for entry in hall.recorder.done if entry[0] == "open_key")
    assert heard == ("open_key", hall.recorded.id, "p1", "listen", "r1 민원인과의 분쟁 해결")


@clause("2.1")
def test_article_2_item_1_both_parties_stand_with_the_call(hall):
    page = hall.page("operator", f"/calls/{hall.recorded.id}")
    assert "0313701234" in page
    assert "민원실" in page and "민원봉사과" in page


@clause("2.2")
def test_article_2_item_2_full_recording_begins_once_its_notice_is_heard(hall):
    hall.act("user", "apply", "l10", **LINE)
    hall.act("head", "approve", "l10")
    assert hall.act("operator", "enable", "l10") == 400
    assert (hall.refused(), hall.recorder.modes) == (("missing", "7"), [])
    assert hall.act("operator", "enable", "l10", notice="1") == 303
    assert hall.recorder.modes == [(10, "full", "p1", "l10")]


@clause("2.3")
def test_article_2_item_3_selective_recording_is_begun_by_hand(hall):
    assert hall.do("user", "/button") == 303
    assert ("press_button",) in hall.recorder.done
    assert hall.recorder.notes("button")[0][1] == hall.ids["user"]
    part = {"at_s": 12.0, "audio_s": 0.0, "until_s": 28.2, "by": "key", "agreed": "2.3"}
    row = hall.add(call(7, 50, mode="selective", why="key", stretches=[part]))
    page = hall.page("operator", f"/calls/{row.id}")
    for words in ("Recording asked for by phone key", "Both parties agreed", "article 2 no. 3"):
        assert words in page
    assert call_entry.facts(row)["agreed"] == [{"at_ms": 12000, "by": "key", "clause": "2.3"}]


@clause("2.4")
def test_article_2_item_4_both_kinds_are_possible(hall):
    page = hall.page("user", "/notice")
    assert "전수 녹취 / 선택적 녹취" in page


@clause("2.5")
def test_article_2_item_5_a_recording_is_one_file(hall):
    provided(hall)
    assert hall.document("r1").files == 1
    assert "민원인과의분쟁해결1" in hall.paper("unit_head", "/requests/r1/osan-3.pdf")


@clause("2.6")
def test_article_2_item_6_the_managing_department_sees_every_request(hall):
    file(hall)
    for who in ("head", "deputy", "operator"):
        assert hall.status(who, "/requests/r1") == 200


@clause("2.7")
def test_article_2_item_7_the_using_department_is_that_of_the_call_and_sees_its_own(hall):
    file(hall)
    assert "민원봉사과" in hall.page("head", "/requests/r1")
    assert hall.status("user", "/requests/r1") == 200
    for path in ("/requests/r1", f"/calls/{hall.recorded.id}"):
        assert hall.status("other", path) == 404
    assert hall.refused()[0] == "not_yours"


@clause("2.8")
def test_article_2_item_8_a_user_applies_for_a_line_and_opens_nothing(hall):
    assert hall.act("user", "apply", "l10", **LINE) == 303
    pledged(hall)
    assert (hall.listen("user"), hall.refused()) == (403, ("no_right", "8②,4"))
    assert hall.recorder.heard == {}


@clause("4")
def test_article_4_the_notice_says_where_it_stands(hall):
    assert "관리부서의 통신실" in hall.page("user", "/notice")


@clause("5.1")
def test_article_5_item_1_the_chief_responsible_officer_decides_and_makes_no_copy(hall):
    file(hall)
    assert hall.act("head", "approve") == 303
    assert hall.act("unit_head", "pledge", signed="1") == 303
    assert (hall.act("head", "provide"), hall.refused()[0]) == (403, "no_right")


@clause("5.2")
def test_article_5_item_2_the_deputy_decides_on_lines_alone(hall):
    hall.act("user", "apply", "l10", **LINE)
    assert hall.act("deputy", "approve", "l10") == 303
    file(hall)
    assert (hall.act("deputy", "approve"), hall.refused()[0]) == (400, "no_right")


@clause("5.3")
def test_article_5_item_3_the_administrator_carries_out_and_decides_nothing(hall):
    file(hall)
    assert (hall.act("operator", "approve"), hall.refused()[0]) == (400, "no_right")
    assert hall.act("head", "approve") == 303
    assert hall.act("unit_head", "pledge", signed="1") == 303
    assert hall.act("operator", "provide") == 303


# ---------------------------------------------------------------- articles 6 and 7


def applied(hall, who, ground):
    status = hall.act(who, "apply", "l10", **{**LINE, "ground": ground})
    return status, hall.state("l10") if status == 303 else hall.refused()


@clause("6")
def test_article_6_no_line_is_recorded_in_full_before_form_1_is_in_and_approved(hall):
    for who in hall.people:
        assert hall.act(who, "enable", "l10", notice="1") == 400
    assert applied(hall, "user", "") == (400, ("no_ground", "6"))
    assert applied(hall, "user", "repeat")[0] == 303
    assert hall.act("operator", "enable", "l10", notice="1") == 400
    assert hall.recorder.modes == []
    printed = hall.paper("user", "/lines/10/form.pdf")
    for words in ("전수녹취적용·해지신청서", "이직원", "민원봉사과", "031-8036-7110", "반복민원"):
        assert words in printed


@clause("6")
def test_article_6_the_end_of_full_recording_goes_the_same_way(hall):
    assert hall.act("user", "apply_release", "l3", reason="해소") == 303
    assert hall.act("operator", "disable", "l3") == 400
    assert hall.act("head", "approve", "l3") == 303
    assert hall.act("operator", "disable", "l3") == 303
    assert hall.recorder.modes == [(3, "selective", "p1", "l3")]


@clause("6.1")
def test_article_6_item_1_many_repeated_complaints(hall):
    assert applied(hall, "user", "repeat") == (303, "applied")


@clause("6.2")
def test_article_6_item_2_abusive_callers(hall):
    assert applied(hall, "user", "abuse") == (303, "applied")


@clause("6.3")
def test_article_6_item_3_is_for_the_head_of_the_department_to_find(hall):
    assert applied(hall, "user", "head") == (400, ("no_ground", "6.3"))
    assert applied(hall, "unit_head", "head") == (303, "applied")


@clause("7")
def test_article_7_a_call_without_notice_is_listed_and_nothing_exempts_it(hall):
    row = hall.add(call(2, 10, notice="missing"))
    assert "No notice was heard" in hall.page("operator", f"/calls/{row.id}")
    assert "The rule knows no exemption" in hall.page("head", "/notices")
    assert hall.do("user", f"/notices/{row.id}", code="1", note="욕설") == 400
    assert hall.do("user", f"/notices/{row.id}", code="spoken") == 303
    assert "Show the call" not in hall.page("head", "/notices")
    assert hall.recorder.notes("notice_mark")


# ---------------------------------------------------------------- article 8


@clause("8①")
def test_article_8_paragraph_1_kept_ninety_days_and_then_erased(hall):
    recorded = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)  # kept through 30 November
    due = load("osan").due(recorded)
    row = hall.add(call(5, (hall.clock.now() - recorded) / timedelta(minutes=1), due=due))
    assert "1 Dec 2026" in hall.page("operator", f"/calls/{row.id}")


@clause("8①")
def test_article_8_paragraph_1_a_request_stops_nothing_and_lapses(hall):
    row = hall.add(call(due=hall.clock.now() + timedelta(days=5)))
    pledged(hall)
    assert "The request does not stop this." in hall.page("unit_head", "/requests/r1")
    assert hall.do("head", f"/calls/{row.id}/hold", reason="x", until="2027-01-31") == 404
    hall.days(6)
    hall.erase()
    hall.parts.rounds.make()
    assert hall.state() == "lapsed"
    assert hall.listen("operator") == 404


@clause("8②")
def test_article_8_paragraph_2_access_is_limited_and_trying_is_stopped(hall):
    stranger = hall.app.test_client()
    assert hall.get(f"/calls/{hall.recorded.id}", stranger).status_code == 303
    wrong = [hall.sign_in(NAME, "wrong", stranger).status_code for _ in range(12)]
    assert (wrong[0], wrong[-1]) == (403, 429)
    assert hall.sign_in(NAME, PASSPHRASE, stranger).status_code == 429
    for sound in ("audio.opus", "audio.wav", "waveform.svg"):
        assert hall.status("head", f"/calls/{hall.recorded.id}/{sound}") == 403
    assert hall.refused() == ("not_opened", "8②,4")
    assert hall.opened == []


@clause("8③")
def test_article_8_paragraph_3_who_keeps_a_copy_is_told_that_they_answer_for_it(hall):
    provided(hall)
    assert "업무용 컴퓨터에 저장할 수 있으며" in hall.page("unit_head", "/requests/r1")
    assert "본인이책임질것을서약합니다" in hall.paper("unit_head", "/requests/r1/osan-3.pdf")


# ---------------------------------------------------------------- article 9


@clause("9①1")
def test_article_9_paragraph_1_item_1_is_for_the_audit_department(hall):
    assert file(hall, ground="audit") == 400
    assert hall.refused() == ("no_ground", "9①1")
    assert file(hall, "audit", ground="audit") == 303


@clause("9①2")
def test_article_9_paragraph_1_item_2_to_view_or_to_be_given(hall):
    assert file(hall, kind="view") == 303
    assert file(hall, kind="provide") == 303
    assert (file(hall, "audit"), file(hall, "other")) == (303, 303)
    assert file(hall, "user") == 403


@clause("9①3")
def test_article_9_paragraph_1_item_3_names_the_law_by_a_document(hall):
    assert file(hall, ground="law") == 400
    assert hall.refused() == ("missing", "9①3")
    assert file(hall, ground="law", **PROOF) == 303


def outside(hall, ground):
    """A body without an account asks by document; the administrator takes it in."""
    assert file(hall, ground=ground, **PROOF) == 400  # not for our own people
    body = {"on_paper": "1", "ground": ground, "applicant": "오산경찰서", "unit": "오산시 동부대로"}
    assert file(hall, "operator", **body) == 400
    refused = hall.refused()
    assert file(hall, "operator", **body, **PROOF) == 303
    assert hall.act("head", "approve") == 303
    assert hall.act("operator", "pledge", signed="1") == 303  # the paper with the signature is in
    assert hall.act("operator", "provide") == 303
    assert "오산경찰서" in hall.page("head", "/register")
    return refused


@clause("9①4")
def test_article_9_paragraph_1_item_4_investigators_ask_by_document(hall):
    assert outside(hall, "investigation") == ("missing", "9①4")


@clause("9①5")
def test_article_9_paragraph_1_item_5_courts_ask_by_document(hall):
    assert outside(hall, "court") == ("missing", "9①5")


@clause("9①6")
def test_article_9_paragraph_1_item_6_an_emergency_skips_no_step(hall):
    assert file(hall, ground="public_interest") == 303
    assert (hall.listen("operator"), hall.refused()) == (403, ("no_request", "9"))
    assert hall.act("operator", "provide") == 403
    assert hall.act("head", "approve") == 303
    assert hall.act("operator", "provide") == 403
    assert hall.act("unit_head", "pledge", signed="1") == 303
    assert hall.listen("operator") == 303


@clause("9②")
def test_article_9_paragraph_2_the_head_of_the_department_applies_with_form_2(hall):
    assert (file(hall, "user"), hall.refused()) == (403, ("no_right", "9"))
    assert file(hall, applicant="") == 400
    assert file(hall) == 303
    printed = hall.paper("unit_head", "/requests/r1/osan-2.pdf")
    for typed in ("박과장", "1975-02-03", "민원봉사과", "031-8036-7103", "민원처리확인", "사무관"):
        assert typed in printed


@clause("9③")
def test_article_9_paragraph_3_pledge_before_the_copy(hall):
    file(hall)
    hall.act("head", "approve")
    assert (hall.act("operator", "provide"), hall.state()) == (403, "approved")
    assert (hall.listen("operator"), hall.refused()) == (403, ("no_request", "9"))
    assert hall.act("unit_head", "pledge") == 400
    assert hall.refused() == ("missing", "9③")
    assert (hall.act("other", "pledge", signed="1"), hall.refused()[0]) == (404, "not_yours")
    assert hall.act("unit_head", "pledge", signed="1") == 303
    assert (hall.act("operator", "provide"), hall.state()) == (303, "provided")
    assert hall.status("operator", "/requests/r1/copy.zip") == 200
    assert hall.recorder.notes("download")


@clause("9③")
def test_article_9_paragraph_3_the_register_writes_itself(hall):
    provided(hall)
    row = hall.page("head", "/register")
    for words in ("박과장", "1975-02-03", "민원봉사과", "031-8036-7103", "김하나", "김정책"):
        assert words in row
    assert "2026년12월23일" in hall.paper("head", "/register/register.pdf")
    assert (hall.status("unit_head", "/register"), hall.refused()) == (404, ("no_right", "9"))


@clause("9③")
def test_article_9_paragraph_3_nobody_approves_what_they_asked_for(hall):
    hall.registry.place(hall.ids["unit_head"], "unit_head head", "민원봉사과", "")
    file(hall)
    assert (hall.act("unit_head", "approve"), hall.refused()[0]) == (400, "same_person")
    assert (hall.act("unit_head", "refuse", reason="x"), hall.state()) == (400, "requested")


@clause("9④")
def test_article_9_paragraph_4_reported_within_thirty_days_and_closed(hall):
    provided(hall)
    assert hall.document("r1").due == "2026-12-23"
    assert "in 30 days" in hall.page("unit_head", "/requests/r1")
    assert report(hall, outcome="") == 400
    assert report(hall, destroyer="") == 400
    assert report(hall) == 303
    printed = hall.paper("unit_head", "/requests/r1/osan-4.pdf")
    assert "녹취정보활용및파기결과통보서" in printed and "박과장" in printed
    assert (hall.act("unit_head", "accept"), hall.state()) == (400, "reported")
    assert (hall.act("head", "accept"), hall.state()) == (303, "closed")


@clause("9④")
def test_article_9_paragraph_4_one_day_late_is_overdue_and_is_said(hall):
    provided(hall)
    hall.days(30)
    assert "due by Wed 23 Dec 2026, today" in hall.page("unit_head", "/")
    hall.days(1)
    assert "was due on" in hall.page("unit_head", "/")
    assert "is overdue" in hall.page("head", "/requests/r1")


@clause("9④")
def test_article_9_paragraph_4_more_time_is_asked_for_on_form_4_and_granted_by_another(hall):
    provided(hall)
    assert hall.act("unit_head", "ask_extension", planned_day="2026-12-01") == 400
    assert hall.act("unit_head", "ask_extension", planned_day="2027-01-29") == 303
    assert (hall.act("unit_head", "grant"), hall.refused()[0]) == (400, "no_right")
    assert hall.act("head", "grant") == 303
    assert (hall.document("r1").due, hall.state()) == ("2027-01-29", "provided")
    assert hall.act("unit_head", "ask_extension", planned_day="2027-03-02") == 303
    assert hall.act("head", "deny") == 400  # a reason is asked for
    assert hall.act("head", "deny", reason="사유 부족") == 303
    assert hall.document("r1").due == "2027-01-29"


# ---------------------------------------------------------------- articles 10 and 11


@clause("10")
def test_article_10_who_has_heard_is_shown_and_the_ledger_names_nobody(hall):
    pledged(hall)
    hall.listen("operator")
    page = hall.page("operator", f"/calls/{hall.recorded.id}")
    assert NAME in page.split("Who has heard it")[1]
    notes = str(hall.recorder.notes())
    assert not [name for name in ("박과장", "0313701234", "민원 처리") if name in notes]


@clause("11①")
def test_article_11_paragraph_1_nothing_goes_out_but_by_who_hands_it_over(hall):
    provided(hall)
    for who in ("unit_head", "head", "audit"):
        assert hall.status(who, "/requests/r1/copy.zip") == 404
    words = "신청목적이외의용도로사용하거나다른사람에게양도하지않을것이며"
    assert words in hall.paper("unit_head", "/requests/r1/osan-3.pdf")


def restricted(hall, ground):
    """The head restricts who has asked: nothing is approved until it is lifted."""
    assert file(hall) == 303
    form = {"person": hall.ids["unit_head"], "ground": ground, "reason": "확인된 사실"}
    assert hall.do("unit_head", "/restrictions", **form) == 404
    assert hall.do("operator", "/restrictions", **form) == 400
    assert hall.do("head", "/restrictions", **{**form, "reason": ""}) == 400
    assert hall.do("head", "/restrictions", **form) == 303
    assert (hall.act("head", "approve"), hall.state()) == (400, "requested")
    refused = hall.refused()
    assert file(hall, reason="다시 확인") == 400
    assert hall.act("head", "lift", "x1", reason="시정 완료") == 303
    assert (hall.act("head", "approve"), hall.state()) == (303, "approved")
    return refused


@clause("11②", "11②1")
def test_article_11_paragraph_2_item_1_who_leaked(hall):
    assert restricted(hall, "leak") == ("restricted", "11②1")


@clause("11②2")
def test_article_11_paragraph_2_item_2_private_use(hall):
    assert restricted(hall, "private_use") == ("restricted", "11②2")


@clause("11②3")
def test_article_11_paragraph_2_item_3_the_box_proposes_it_once_a_report_is_overdue(hall):
    provided(hall)
    hall.days(31)
    hall.parts.rounds.make()
    hall.parts.rounds.make()
    assert (hall.state("x1"), hall.document("x1").person) == ("proposed", hall.ids["unit_head"])
    assert "Decide on a restriction" in hall.page("head", "/")
    hall.recorded = hall.add(call(4, 30))
    assert file(hall) == 303  # the rule says "may": a proposal is no restriction
    assert hall.act("head", "impose", "x1", reason="미통보") == 303
    assert (hall.act("head", "approve", "r2"), hall.refused()) == (400, ("restricted", "11②3"))


@clause("11②4")
def test_article_11_paragraph_2_item_4_other_use(hall):
    assert restricted(hall, "other_use") == ("restricted", "11②4")


@clause("add.2")
def test_addendum_2_what_was_recorded_before_has_the_same_days(hall):
    policy = load("osan")
    before = datetime(2022, 6, 1, 1, 0, tzinfo=UTC)
    assert policy.day(policy.due(before)) - policy.day(before) == timedelta(days=91)

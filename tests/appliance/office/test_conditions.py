from dataclasses import replace

import pytest

from appliance.office.clerk import BOX, Refusal
from appliance.office.documents import Applicant, LineFile, Medium, Request, Restriction
from tests.appliance.office.conftest import PAPER


def refusal(act, *given, **changes):
    with pytest.raises(Refusal) as caught:
        act(*given, **changes)
    return caught.value.why, caught.value.clause, caught.value.detail


def test_a_ground_must_be_one_of_the_rules(osan):
    assert refusal(osan.request, ground="curiosity") == ("no_ground", "9", "")


def test_a_ground_is_for_whom_it_names(osan):
    assert refusal(osan.request, ground="audit") == ("no_ground", "9①1", "by")
    assert osan.request(ground="audit", by="audit").state == "requested"


def test_a_body_outside_asks_by_a_paper_that_the_administrator_takes_in(osan):
    outside = {"ground": "investigation", "by": "operator", "on_paper": True}
    assert refusal(osan.request, **outside) == ("missing", "9①4", "proof")
    request = osan.request(**outside, proof=PAPER)
    request = osan.do("head", request, "approve")
    assert osan.do("operator", request, "pledge").state == "pledged"


def test_use_beyond_the_purpose_in_goshogawara_goes_the_same_way(goshogawara):
    asked = {"ground": "criminal_investigation", "by": "operator", "on_paper": True}
    request = goshogawara.request(**asked, proof=PAPER)
    assert goshogawara.do("head", request, "approve").state == "approved"


@pytest.mark.parametrize(
    "changes, detail",
    [
        ({"applicant": Applicant(" ", "세정과")}, "applicant"),
        ({"purpose": ""}, "purpose"),
        ({"calls": ()}, "calls"),
    ],
)
def test_a_form_must_be_filled_in(osan, changes, detail):
    assert refusal(osan.request, **changes) == ("missing", "9", detail)


def test_a_call_that_is_not_known_yet_is_looked_for_by_who_may_search(osan):
    request = osan.request(calls=(), wanted="3월 3일 오전 10시 30분, 031-8036-1234")
    assert refusal(osan.do, "head", request, "approve") == ("missing", "9", "calls")
    assert refusal(osan.do, "operator", request, "attach", calls=("c9",)) == ("no_call", "", "c9")
    request = osan.do("operator", request, "attach", calls=("c1", "c2"))
    assert osan.do("head", request, "approve").calls == ("c1", "c2")


def test_what_has_been_erased_cannot_be_approved_or_provided(osan):
    asked, pledged = osan.request(), osan.do("unit_head", osan.approved(), "pledge")
    osan.calls.erase("c1")
    assert refusal(osan.do, "head", asked, "approve") == ("no_call", "8①", "c1")
    assert refusal(osan.do, "operator", pledged, "provide", {"file": "x"})[0] == "no_call"
    assert osan.clerk.do(BOX, asked, "lapse").state == "lapsed"


def test_an_approval_lasts_to_the_end_of_its_last_day(osan):
    request = osan.do("head", osan.request(kind="view"), "approve", {"until": "2026-03-06"})
    assert request.until == "2026-03-06T15:00:00.000Z"
    request = osan.do("unit_head", request, "pledge")
    osan.later(days=3)
    assert refusal(osan.do, "operator", request, "view")[0] == "too_late"


def test_what_was_asked_for_to_view_is_not_given_out(osan):
    request = osan.do("unit_head", osan.approved(kind="view"), "pledge")
    assert refusal(osan.do, "operator", request, "provide", {"file": "x"})[0] == "out_of_scope"


def provided(office):
    request = office.do("unit_head", office.approved(), "pledge")
    return office.do("operator", request, "provide", {"file": "x"})


def test_an_extension_names_a_later_day_and_moves_the_report(osan):
    request = provided(osan)
    early = {"planned_day": "2026-04-01"}
    assert refusal(osan.do, "unit_head", request, "ask_extension", early)[0] == "too_early"
    request = osan.do("unit_head", request, "ask_extension", {"planned_day": "2026-05-04"})
    assert request.due == "2026-04-03"
    request = osan.do("head", request, "grant")
    assert (request.due, request.planned, request.state) == ("2026-05-04",) * 2 + ("provided",)


@pytest.mark.parametrize(
    "facts, detail",
    [
        ({"outcome": "forgotten"}, "outcome"),
        ({"outcome": "destroyed"}, "destroyer"),
        ({"outcome": "destroyed", "destroyer": "박", "destroyed": "2026-03-09"}, "destroyed"),
        ({"outcome": "destroyed", "destroyer": "박", "destroyed": "9.3."}, "destroyed"),
    ],
)
def test_a_report_says_what_became_of_the_copy(osan, facts, detail):
    assert refusal(osan.do, "unit_head", provided(osan), "report", facts)[2] == detail


def test_a_copy_kept_as_evidence_is_reported_again_later(osan):
    request = osan.do(
        "unit_head",
        provided(osan),
        "report",
        {"outcome": "evidence_and_archive", "not_destroyed": "in_use"},
    )
    assert (request.state, request.destroyed) == ("reported", None)
    later = {"outcome": "destroyed", "destroyer": "박"}
    assert osan.do("unit_head", request, "report", later).destroyed == "2026-03-04"


def test_the_third_ground_of_form_1_is_the_department_heads(osan):
    needed = {"reason": "필요"}
    apply = (LineFile("l3"), "apply", needed)
    assert refusal(osan.do, "user", *apply, ground="head") == ("no_ground", "6.3", "by")
    assert refusal(osan.do, "user", *apply, ground="") == ("no_ground", "6", "")
    line = osan.do("unit_head", *apply, ground="head")
    assert (line.ground, line.department) == ("head", "세정과")


def medium(office, **changes):
    new = replace(Medium(office.cabinet.new_id(Medium), "SN-1", "usb"), **changes)
    return office.clerk.file(office.by("head"), "register", new)


def test_a_medium_is_of_a_kind_that_the_rule_knows_and_its_number_is_its_own(goshogawara):
    assert refusal(medium, goshogawara, kind="cassette")[2] == "kind"
    assert refusal(medium, goshogawara, serial=" ")[2] == "serial"
    medium(goshogawara)
    assert refusal(medium, goshogawara)[0] == "taken"


def test_nothing_is_written_to_a_medium_without_an_approved_request(goshogawara):
    blank, asked = medium(goshogawara), goshogawara.request()
    written = {"file": "x"}
    write = (blank, "write", written)
    assert refusal(goshogawara.do, "operator", *write, request=asked.id)[0] == "out_of_scope"
    approved = goshogawara.do("head", asked, "approve")
    assert refusal(goshogawara.do, "operator", *write, request=approved.id)[0] == "out_of_scope"
    goshogawara.do("operator", approved, "provide", {"file": "X"})
    other = (blank, "write", {"file": "y"})
    assert refusal(goshogawara.do, "operator", *other, request=approved.id)[0] == "other_copy"
    assert goshogawara.do("operator", *write, request=approved.id).state == "written"


def test_nothing_is_approved_for_a_day_that_is_over(osan):
    request = osan.request()
    yesterday = {"until": "2026-03-01"}
    assert refusal(osan.do, "head", request, "approve", yesterday)[0] == "too_early"


def test_a_report_says_why_a_copy_is_still_there_or_who_destroyed_it_and_when(osan):
    request = osan.do("unit_head", osan.approved(), "pledge")
    request = osan.do("operator", request, "provide", {"file": "x"})
    for facts, detail in (
        ({"outcome": "other", "not_destroyed": "in_use"}, "outcome_other"),
        ({"outcome": "other", "outcome_other": "x"}, "not_destroyed"),
        ({"outcome": "destroyed", "destroyer": "x", "not_destroyed": "in_use"}, "not_destroyed"),
        ({"outcome": "destroyed", "destroyer": "x", "destroyed": "2020-01-01"}, "destroyed"),
        ({"outcome": "destroyed"}, "destroyer"),
    ):
        assert refusal(osan.do, "unit_head", request, "report", facts)[2] == detail


def test_a_medium_is_issued_to_somebody_and_destroyed_in_a_way_that_the_rule_names(goshogawara):
    approved = goshogawara.approved()
    goshogawara.do("operator", approved, "provide", {"file": "x"})
    blank = medium(goshogawara)
    written = goshogawara.do("operator", blank, "write", {"file": "x"}, request=approved.id)
    assert refusal(goshogawara.do, "head", written, "issue")[2] == "recipient"
    anybody = (written, "issue", {"as": ""})
    assert refusal(goshogawara.do, "head", *anybody, made_by="p9")[0] == "not_a_recipient"
    erased = goshogawara.do("head", written, "erase")
    burnt = {"method": "erase+burn", "two_names": "a, b"}
    assert refusal(goshogawara.do, "head", erased, "destroy", burnt)[2] == "method"


def test_a_further_copy_goes_to_a_registered_medium_with_nothing_on_it(goshogawara):
    approved, blank = goshogawara.approved(), medium(goshogawara)
    goshogawara.do("operator", approved, "provide", {"file": "x"})
    written = goshogawara.do("operator", blank, "write", {"file": "x"}, request=approved.id)
    out = goshogawara.do("head", written, "issue", {"as": "requester"}, made_by="p-unit_head")
    asked = goshogawara.do("unit_head", out, "ask_recopy", {"reason": "会議"})
    for serial in ("SN-7", out.serial):
        assert refusal(goshogawara.do, "head", asked, "grant_recopy", {"medium": serial})[0] == (
            "missing"
        )
    goshogawara.clerk.file(goshogawara.by("head"), "register", Medium("m2", "SN-7", "sd"))
    assert goshogawara.do("head", asked, "grant_recopy", {"medium": "SN-7"}).state == "issued"


def test_who_is_restricted_neither_signs_nor_views(osan):
    approved, view = osan.approved(), osan.approved(kind="view")
    pledged = osan.do("unit_head", view, "pledge")
    osan.cabinet.put(Restriction("x1", approved.made_by, "leak", state="active"))
    assert refusal(osan.do, "unit_head", approved, "pledge")[:2] == ("restricted", "11②1")
    assert refusal(osan.do, "operator", pledged, "view")[:2] == ("restricted", "11②1")


def test_the_pledge_is_ticked(osan):
    assert refusal(osan.do, "unit_head", osan.approved(), "pledge", {"signed": ""})[2] == "signed"


def test_the_same_call_may_be_asked_for_again(osan):
    osan.request()
    assert osan.request().id == "r2"
    assert len(osan.cabinet.all(Request)) == 2

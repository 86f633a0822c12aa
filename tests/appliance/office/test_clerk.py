import pytest

from appliance.office.clerk import BOX, Actor, Refusal
from appliance.office.documents import LineFile, Medium, Request, Restriction


def refused(why):
    return pytest.raises(Refusal, match=why)


def test_a_copy_in_osan_goes_from_request_to_close(osan):
    request = osan.request()
    request = osan.do("head", request, "approve")
    request = osan.do("unit_head", request, "pledge")
    request = osan.do("operator", request, "provide", {"file": "sha256"})
    assert (request.provided[:10], request.due, request.files) == ("2026-03-04", "2026-04-03", 1)
    request = osan.do("unit_head", request, "report", {"outcome": "destroyed", "destroyer": "박"})
    request = osan.do("head", request, "accept")
    assert (request.state, request.destroyed) == ("closed", "2026-03-04")
    assert [entry.act for entry in request.history] == [
        "file", "approve", "pledge", "provide", "report", "accept",
    ]  # fmt: skip
    assert osan.cabinet.get(Request, request.id) == request


def test_viewing_in_osan_needs_the_pledge_and_no_report(osan):
    request = osan.approved(kind="view")
    with refused("wrong_state"):
        osan.do("operator", request, "view")
    request = osan.do("unit_head", request, "pledge")
    request = osan.do("operator", request, "view")
    assert osan.do("operator", request, "close").state == "closed"


def test_a_copy_in_goshogawara_needs_no_pledge_and_a_medium(goshogawara):
    office = goshogawara
    request = office.approved()
    with refused("wrong_state"):
        office.do("unit_head", request, "pledge")
    new = Medium(office.cabinet.new_id(Medium), "SN-1", "usb")
    medium = office.clerk.file(office.by("head"), "register", new)
    written = {"file": "sha256"}
    request = office.do("operator", request, "provide", written)
    medium = office.do("operator", medium, "write", written, request=request.id, sha256="ab")
    to = office.by("unit_head")
    medium = office.do("head", medium, "issue", {"as": "requester"}, made_by=to.id)
    assert request.due is None
    medium = office.do("unit_head", medium, "hand_back")
    medium = office.do("head", medium, "take_back")
    medium = office.do("head", medium, "erase")
    ended = {"method": "erase+crush", "two_names": "管財課長、取扱者"}
    assert office.do("head", medium, "destroy", ended).state == "destroyed"
    request = office.clerk.do(BOX, request, "all_back")
    assert office.clerk.do(BOX, request, "all_destroyed").state == "closed"


def test_each_act_is_for_the_ledger_without_names_and_reasons(osan):
    request = osan.approved()
    assert osan.notes() == [
        ("request_file", "p-unit_head", "requested"),
        ("request_approve", "p-head", "approved"),
    ]
    assert "민원" not in str(osan.registry.unsent())
    assert osan.registry.unsent()[1]["of"] == request.id
    assert osan.registry.unsent()[1]["clause"] == "9"


@pytest.mark.parametrize(
    "role, act, facts, why",
    [
        ("unit_head", "approve", {}, "no_right"),
        ("user", "withdraw", {}, "no_right"),
        ("other_head", "withdraw", {}, "not_yours"),
        ("head", "refuse", {}, "missing"),
        ("head", "refuse", {"reason": "  "}, "missing"),
        ("head", "lapse", {}, "no_right"),
        ("head", "provide", {"file": "x"}, "wrong_state"),
        ("head", "burn", {}, "wrong_state"),
    ],
)
def test_a_refusal_changes_nothing(osan, role, act, facts, why):
    request = osan.request()
    before = osan.registry.rows("requests"), osan.registry.unsent()
    with refused(why):
        osan.do(role, request, act, facts)
    assert (osan.registry.rows("requests"), osan.registry.unsent()) == before


def test_who_asked_does_not_decide_with_whatever_rights(osan):
    both = Actor("p-both", frozenset({"unit_head", "head"}), "관리부서")
    osan.people["both"] = both
    request = osan.request(by="both")
    with refused("same_person"):
        osan.do("both", request, "approve")
    assert osan.do("head", request, "approve").state == "approved"


def test_a_colleague_of_the_department_may_go_on_with_its_request(osan):
    osan.people["deputy_of_unit"] = Actor("p-9", frozenset({"unit_head"}), "세정과")
    request = osan.approved()
    assert osan.do("deputy_of_unit", request, "pledge").state == "pledged"


def test_an_act_is_done_with_the_document_as_it_is_now(osan):
    stale = osan.request()
    osan.do("head", stale, "approve")
    with refused("wrong_state"):
        osan.do("head", stale, "refuse", {"reason": "늦음"})


def test_the_acts_that_a_person_may_do_are_known_beforehand(osan):
    request = osan.request()
    clerk = osan.clerk
    assert clerk.acts(osan.by("head"), request) == ["refuse", "approve"]
    assert clerk.acts(osan.by("operator"), request) == ["attach"]
    assert clerk.acts(osan.by("unit_head"), request) == ["withdraw"]
    assert clerk.acts(osan.by("other_head"), request) == []
    assert clerk.may_file(osan.by("unit_head"), Request, "file")
    assert not clerk.may_file(osan.by("user"), Request, "file")
    assert clerk.may_file(osan.by("operator"), Request, "file", on_paper=True)


def test_a_line_is_recorded_in_full_once_form_1_is_approved(osan):
    line = LineFile("l3")
    line = osan.do("user", line, "apply", {"reason": "반복 민원"}, ground="repeat")
    with refused("wrong_state"):
        osan.do("operator", line, "enable")
    line = osan.do("head", line, "approve")
    with refused("missing"):
        osan.do("operator", line, "enable")
    line = osan.do("operator", line, "enable", {"notice": "1"})
    assert line.state == "on"
    line = osan.do("user", line, "apply_release", {"reason": "해소"})
    line = osan.do("head", line, "approve")
    assert osan.do("operator", line, "disable").state == "off"


def test_a_restriction_is_proposed_by_the_box_and_decided_by_the_head(osan):
    new = Restriction(osan.cabinet.new_id(Restriction), "p-unit_head", "no_report")
    restriction = osan.clerk.file(BOX, "propose", new)
    assert restriction.state == "proposed"
    restriction = osan.do("head", restriction, "impose", {"reason": "미통보"})
    with pytest.raises(Refusal) as refusal:
        osan.request()
    assert (refusal.value.why, refusal.value.clause) == ("restricted", "11②3")
    osan.do("head", restriction, "lift", {"reason": "통보함"})
    assert osan.request().state == "requested"

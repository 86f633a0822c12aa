from datetime import date

import pytest

from appliance.office.chores import Chores
from appliance.office.documents import Entry, Medium, Request, Restriction

BEFORE, AFTER = date(2026, 4, 3), date(2026, 4, 4)


@pytest.fixture
def provided(osan):
    request = osan.do("unit_head", osan.approved(), "pledge")
    return osan.do("operator", request, "provide", {"file": "x"})


def chores(office, today=BEFORE):
    return Chores(office.clerk, office.calls).do(today)


def test_a_request_lapses_when_all_its_calls_have_been_erased(osan):
    request = osan.request(calls=("c1", "c2"))
    osan.calls.erase("c1")
    assert chores(osan) == []
    osan.calls.erase("c2")
    assert [each.state for each in chores(osan)] == ["lapsed"]
    assert osan.cabinet.get(Request, request.id).history[-1].by == ""


def test_what_was_heard_before_is_closed(osan):
    request = osan.do("unit_head", osan.approved(kind="view"), "pledge")
    osan.do("operator", request, "view")
    osan.calls.erase("c1")
    assert [each.state for each in chores(osan)] == ["closed"]


def test_a_copy_that_is_out_does_not_lapse_with_its_call(osan, provided):
    osan.calls.erase("c1")
    assert chores(osan) == []


def test_a_restriction_is_proposed_once_a_report_is_overdue_and_only_once(osan, provided):
    assert chores(osan, BEFORE) == []
    (proposed,) = chores(osan, AFTER)
    assert (proposed.person, proposed.ground) == (provided.made_by, "no_report")
    assert (proposed.request, proposed.state) == (provided.id, "proposed")
    osan.do("head", proposed, "drop", {"reason": "병가"})
    assert chores(osan, AFTER) == []
    assert len(osan.cabinet.all(Restriction)) == 1


def test_who_has_one_under_way_is_not_proposed_again_until_it_ends(osan, provided):
    second = osan.do("unit_head", osan.approved(), "pledge")
    second = osan.do("operator", second, "provide", {"file": "x"})
    (first,) = chores(osan, AFTER)
    first = osan.do("head", first, "impose", {"reason": "미통보"})
    assert chores(osan, AFTER) == []
    osan.do("head", first, "lift", {"reason": "통보함"})
    (next_one,) = chores(osan, AFTER)
    assert (next_one.request, next_one.state) == (second.id, "proposed")


def test_a_request_is_closed_when_its_media_are_destroyed(goshogawara):
    office = goshogawara
    request = office.do("operator", office.approved(), "provide", {"file": "x"})

    def medium(n, state, to):
        issued = Entry("2026-03-04T01:30:00.000Z", "p1", "issue", "written", "issued", {"as": to})
        made = Medium(f"m{n}", f"SN-{n}", "usb", state=state, request=request.id, history=(issued,))
        office.cabinet.put(made)

    medium(1, "returned", "requester")
    assert chores(office) == []  # the head of personnel has had none yet
    medium(2, "issued", "personnel")
    assert chores(office) == []
    medium(2, "erased", "personnel")
    assert [each.state for each in chores(office)] == ["returned"]
    medium(1, "destroyed", "requester")
    assert chores(office) == []
    medium(2, "destroyed", "personnel")
    assert [each.state for each in chores(office)] == ["closed"]

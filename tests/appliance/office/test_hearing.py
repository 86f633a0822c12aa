from appliance.office.clerk import Refusal
from appliance.office.documents import Restriction
from appliance.office.hearing import permit


def may(office, role, call_id="c1"):
    try:
        return permit(office.profile, office.cabinet, office.by(role), call_id, office.now).id
    except Refusal as refusal:
        return refusal.why


def test_without_a_request_nobody_hears_anything(osan, goshogawara):
    for office in (osan, goshogawara):
        assert {may(office, role) for role in ("head", "operator")} == {"no_request"}


def test_in_osan_the_pledge_comes_before_the_sound(osan):
    request = osan.request(kind="view")
    assert may(osan, "operator") == "no_request"
    request = osan.do("head", request, "approve")
    assert may(osan, "operator") == "no_request"
    request = osan.do("unit_head", request, "pledge")
    assert may(osan, "operator") == request.id
    request = osan.do("operator", request, "view")
    assert may(osan, "operator") == request.id
    osan.do("operator", request, "close")
    assert may(osan, "operator") == "no_request"


def test_in_goshogawara_the_approval_is_enough(goshogawara):
    request = goshogawara.approved(kind="view")
    assert may(goshogawara, "head") == request.id


def test_a_request_opens_its_own_calls_alone(goshogawara):
    goshogawara.approved(calls=("c1",))
    assert may(goshogawara, "operator", "c2") == "no_request"


def test_who_may_not_listen_does_not_by_having_asked(goshogawara):
    goshogawara.approved()
    assert may(goshogawara, "unit_head") == "no_right"


def test_the_approvals_time_ends(goshogawara):
    request = goshogawara.do("head", goshogawara.request(), "approve", {"until": "2026-03-05"})
    goshogawara.later(days=1, hours=13, minutes=29)
    assert may(goshogawara, "operator") == request.id
    goshogawara.later(minutes=1)
    assert may(goshogawara, "operator") == "too_late"


def test_a_restriction_closes_what_a_request_has_opened(osan):
    request = osan.do("unit_head", osan.approved(kind="view"), "pledge")
    osan.cabinet.put(Restriction("x1", request.made_by, "leak", state="active"))
    assert may(osan, "operator") == "restricted"
    osan.cabinet.put(Restriction("x1", request.made_by, "leak", state="lifted"))
    assert may(osan, "operator") == request.id

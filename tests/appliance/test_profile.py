import pytest

from appliance.policy import profile_text
from appliance.profile_reader import parse

OSAN = parse(profile_text("osan"))


def test_rights_are_those_of_any_role_held():
    assert OSAN.may({"unit_head"}, "request.make")
    assert not OSAN.may({"unit_head"}, "request.approve")
    assert OSAN.may({"unit_head", "head"}, "request.approve")
    assert not OSAN.may({"nobody"}, "request.approve")
    assert [role.id for role in OSAN.who_may("request.approve")] == ["head"]


def test_a_role_is_found_by_its_id():
    assert OSAN.role_of("operator").title == "녹취시스템 관리자"
    with pytest.raises(KeyError):
        OSAN.role_of("king")

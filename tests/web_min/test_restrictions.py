import pytest

from appliance.office.clerk import BOX
from appliance.office.documents import Restriction
from tests.web_min.rig import Rig


@pytest.fixture
def head(inside):
    inside.person("박과장", "unit_head")
    return inside.person("김정책", "head", "정보통신과")


def test_a_proposal_is_decided_and_lifted(inside, head):
    proposed = Restriction("x1", "p2", "no_report", "r1")
    inside.parts.clerk.file(BOX, "propose", proposed)
    assert "Decide on a restriction" in inside.get("/", head).text
    assert inside.post("/restrictions/x1/impose", head).status_code == 400
    assert inside.post("/restrictions/x1/impose", head, reason="미통보").status_code == 303
    assert "In force" in inside.get("/restrictions", head).text
    assert inside.post("/restrictions/x1/lift", head, reason="통보함").status_code == 303
    assert inside.parts.cabinet.get(Restriction, "x1").state == "lifted"


def test_the_head_may_impose_one_of_their_own(inside, head):
    form = {"person": "p2", "ground": "leak", "reason": "유출"}
    assert inside.post("/restrictions", head, **{**form, "ground": "x"}).status_code == 400
    assert inside.post("/restrictions", head, **form).status_code == 303
    page = inside.get("/restrictions/x1", head).text
    assert "박과장" in page
    assert "11(2) no. 1" in page


def test_the_same_one_is_not_imposed_twice(inside, head):
    form = {"person": "p2", "ground": "leak", "reason": "유출"}
    assert inside.post("/restrictions", head, **form).status_code == 303
    again = inside.post("/restrictions", head, **form)
    assert (again.status_code, "on this ground already" in again.text) == (400, True)
    assert inside.recorder.notes("refused")[-1][2]["why"] == "in_force"
    assert inside.post("/restrictions", head, **{**form, "ground": "other_use"}).status_code == 303
    inside.post("/restrictions/x1/lift", head, reason="끝")
    assert inside.post("/restrictions", head, **form).status_code == 303
    assert [each.state for each in inside.parts.cabinet.all(Restriction)] == [
        *("lifted", "active", "active")
    ]


def test_what_is_proposed_is_not_imposed_beside_it(inside, head):
    inside.parts.clerk.file(BOX, "propose", Restriction("x1", "p2", "no_report", "r1"))
    form = {"person": "p2", "ground": "no_report", "reason": "미통보"}
    assert inside.post("/restrictions", head, **form).status_code == 400
    assert inside.post("/restrictions/x1/impose", head, reason="미통보").status_code == 303


def test_others_do_not_see_them(inside, head):
    assert inside.get("/restrictions", inside.person("이직원", "user")).status_code == 404


def test_where_the_rule_has_none_there_is_no_page(tmp_path):
    rig = Rig(tmp_path, policy="goshogawara")
    rig.sign_in()
    assert rig.get("/restrictions").status_code == 404
    rig.close()

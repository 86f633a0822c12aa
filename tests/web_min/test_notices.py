import pytest

from appliance.office.documents import NoticeMark
from tests.web_min.rig import Rig, call


def rig_of(tmp_path, policy):
    rig = Rig(tmp_path, policy=policy)
    rig.sign_in()
    rig.missing = rig.add(call(1, notice="missing", department="세정과"))
    rig.add(call(2, 20, notice="announcement"))
    return rig


@pytest.fixture
def osan(tmp_path):
    rig = rig_of(tmp_path, "osan")
    yield rig
    rig.close()


@pytest.fixture
def goshogawara(tmp_path):
    rig = rig_of(tmp_path, "goshogawara")
    yield rig
    rig.close()


def marks(rig):
    return [(each.id, each.code) for each in rig.parts.cabinet.all(NoticeMark)]


def test_osan_lists_the_call_and_knows_no_exemption(osan):
    head = osan.person("김정책", "head", "정보통신과")
    page = osan.get("/notices", head).text
    assert "The rule knows no exemption" in page
    assert page.count('<details class="act"') == 1
    answer = osan.post(f"/notices/{osan.missing.id}", head, code="1", note="욕설")
    assert (answer.status_code, marks(osan), osan.recorder.exempted) == (400, [], [])
    assert osan.post(f"/notices/{osan.missing.id}", head, code="spoken").status_code == 303
    assert marks(osan) == [(osan.missing.id, "spoken")]
    assert "its absence is explained" in osan.get("/notices", head).text


def test_goshogawara_asks_for_the_exemption_and_its_circumstances(goshogawara):
    rig = goshogawara
    user = rig.person("職員", "user", "세정과")
    address = f"/notices/{rig.missing.id}"
    assert rig.post(address, user, code="1").status_code == 400
    assert "circumstances" in rig.post(address, user, code="1").text
    assert rig.post(address, user, code="1", note="脅迫").status_code == 303
    (exempted,) = rig.recorder.exempted
    assert exempted[:2] == (rig.missing.id, "7②(1)")
    assert rig.recorder.notes("notice_mark")
    assert "脅迫" not in str(rig.recorder.notes())


def test_an_exemption_that_asks_for_no_note_needs_none(goshogawara):
    user = goshogawara.person("職員", "user", "세정과")
    address = f"/notices/{goshogawara.missing.id}"
    assert goshogawara.post(address, user, code="4").status_code == 303


def test_each_department_answers_for_its_own_calls(goshogawara):
    user = goshogawara.person("職員", "user", "税務課")
    assert "its absence is explained" in goshogawara.get("/notices", user).text


def test_while_the_recorder_is_away_nothing_is_kept(goshogawara):
    user = goshogawara.person("職員", "user", "세정과")
    goshogawara.recorder.away = True
    answer = goshogawara.post(f"/notices/{goshogawara.missing.id}", user, code="4")
    assert (answer.status_code, marks(goshogawara)) == (400, [])
    goshogawara.recorder.away = False
    goshogawara.parts.notebook.send()
    assert goshogawara.recorder.notes("refused") == []


def test_an_answer_without_its_circumstances_is_a_refusal(goshogawara):
    user = goshogawara.person("職員", "user", "세정과")
    goshogawara.post(f"/notices/{goshogawara.missing.id}", user, code="1")
    ((_, _, facts),) = goshogawara.recorder.notes("refused")
    assert facts["why"] == "missing"


def test_who_has_no_part_in_it_sees_nothing(osan):
    assert osan.get("/notices", osan.person("감사", "audit")).status_code == 404
    told = osan.add(call(3, 5))
    head = osan.person("김정책", "head")
    assert osan.post(f"/notices/{told.id}", head, code="spoken").status_code == 404

import pytest

from tests.web_min.rig import Rig, call, speechlike


@pytest.fixture
def city(tmp_path):
    rig = Rig(tmp_path, policy="goshogawara")
    rig.sign_in()
    rig.row = rig.add(call(), speechlike(2.0))
    rig.head = rig.person("管理責任者", "head", "管財課")
    yield rig
    rig.close()


def held(city):
    return [entry for entry in city.recorder.done if entry[0] in ("hold", "release")]


def test_the_supervisor_holds_a_recording_and_ends_the_hold(city):
    address = f"/calls/{city.row.id}"
    assert "Hold it back from erasure" in city.get(address, city.head).text
    form = {"reason": "訴訟のおそれ", "until": "2027-03-31"}
    assert city.post(f"{address}/hold", city.head, **form).status_code == 303
    person = city.registry.person_named("管理責任者").id
    assert held(city) == [("hold", city.row.id, person, "訴訟のおそれ", "2027-03-31")]
    assert city.post(f"{address}/release", city.head, reason="終結").status_code == 303
    assert held(city)[1] == ("release", city.row.id, person, "終結")


def test_a_hold_needs_its_reason_and_a_day_to_come(city):
    address = f"/calls/{city.row.id}/hold"
    assert "Give the reason." in city.post(address, city.head, until="2027-03-31").text
    answer = city.post(address, city.head, reason="訴訟", until="2026-01-01")
    assert (answer.status_code, "still to come" in answer.text) == (400, True)
    assert "訴訟" in answer.text
    assert held(city) == []


def test_others_hold_nothing_and_the_refusal_is_noted(city):
    answer = city.post(f"/calls/{city.row.id}/hold", reason="x", until="2027-03-31")
    assert (answer.status_code, held(city)) == (403, [])
    assert city.recorder.notes("refused")[0][2] == {
        "why": "no_right",
        "clause": "8①但書",
        "what": "holds.hold",
    }
    assert "Hold it back" not in city.get(f"/calls/{city.row.id}").text


def test_osan_knows_no_hold(inside):
    row = inside.add(call(), speechlike(2.0))
    head = inside.person("김정책", "head")
    form = {"reason": "x", "until": "2027-03-31"}
    assert inside.post(f"/calls/{row.id}/hold", head, **form).status_code == 404
    assert "Hold it back" not in inside.get(f"/calls/{row.id}", head).text

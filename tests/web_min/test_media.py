from dataclasses import replace

import pytest

from appliance.index_row import iso
from appliance.office.documents import Entry, Medium, Request
from tests.web_min.rig import NAME, NOW, PASSPHRASE, Rig, call, speechlike


@pytest.fixture
def city(tmp_path):
    """Goshogawara, with a request that a copy may be written for."""
    rig = Rig(tmp_path, policy="goshogawara")
    rig.sign_in(NAME, PASSPHRASE)
    rig.add(call(), speechlike(2.0), permit=False)
    provided = Entry(iso(NOW), "p1", "provide", "approved", "provided", {"file": "ab" * 32})
    rig.permit(
        call(),
        ground="fair",
        purpose="fair",
        state="provided",
        department="市民課",
        history=(provided,),
    )
    rig.people = {
        "head": rig.person("管理責任者", "head", "管財課"),
        "unit_head": rig.person("所属長", "unit_head", "市民課"),
        "other": rig.person("他の長", "unit_head", "税務課"),
        "operator": rig.client,
    }
    yield rig
    rig.close()


def made_anew(city):
    found = city.parts.cabinet.get(Request, "r1")
    anew = Entry(iso(NOW), "p1", "provide_again", "provided", "provided", {"file": "cd" * 32})
    city.parts.cabinet.put(replace(found, history=(*found.history, anew)))


def test_a_medium_with_an_older_copy_is_not_handed_over(city):
    city.post("/media", city.people["head"], serial="SN-1", kind="usb")
    assert do(city, "operator", "write", request="r1", file="AB" * 32).status_code == 303
    made_anew(city)
    recipient = city.registry.person_named("所属長").id
    answer = do(city, "head", "issue", recipient=recipient)
    assert (answer.status_code, "has another SHA-256" in answer.text) == (400, True)
    assert (state(city), city.recorder.notes("refused")[-1][2]["why"]) == ("written", "other_copy")
    assert do(city, "head", "erase").status_code == 303


def test_the_newest_copy_is_the_one_that_a_medium_is_written_with(city):
    made_anew(city)
    city.post("/media", city.people["head"], serial="SN-1", kind="usb")
    assert do(city, "operator", "write", request="r1", file="ab" * 32).status_code == 400
    assert city.recorder.notes("refused")[-1][2]["why"] == "other_copy"
    assert do(city, "operator", "write", request="r1", file="cd" * 32).status_code == 303


def do(city, role, act, **form):
    return city.post(f"/media/m1/{act}", city.people[role], **form)


def state(city):
    return city.parts.cabinet.get(Medium, "m1").state


def test_a_medium_goes_out_and_comes_back_to_be_destroyed(city):
    assert city.post("/media", city.people["head"], serial="SN-1", kind="usb").status_code == 303
    other = do(city, "operator", "write", request="r1", file="ab" * 31 + "cd")
    assert (other.status_code, "has another SHA-256" in other.text) == (400, True)
    assert city.recorder.notes("refused")[-1][2]["why"] == "other_copy"
    assert do(city, "operator", "write", request="r1", file=" AB" + "ab" * 31).status_code == 303
    other = city.registry.person_named("他の長").id
    answer = do(city, "head", "issue", recipient=other)
    assert (answer.status_code, "The rule has it handed to others" in answer.text) == (400, True)
    recipient = city.registry.person_named("所属長").id
    assert do(city, "head", "issue", recipient=recipient).status_code == 303
    assert do(city, "other", "hand_back").status_code == 404
    assert do(city, "unit_head", "hand_back").status_code == 303
    assert do(city, "head", "take_back").status_code == 303
    assert do(city, "head", "erase").status_code == 303
    assert do(city, "head", "destroy", method="erase+crush").status_code == 400
    names = {"method": "erase+crush", "two_names": "管財課長、取扱者"}
    assert do(city, "head", "destroy", **names).status_code == 303
    assert state(city) == "destroyed"
    assert "Medium SN-1" in city.get("/media/m1", city.people["head"]).text


def test_copying_further_needs_an_answer(city):
    city.post("/media", city.people["head"], serial="SN-1", kind="usb")
    do(city, "operator", "write", request="r1", file="ab" * 32)
    do(city, "head", "issue", recipient=city.registry.person_named("所属長").id)
    assert do(city, "unit_head", "ask_recopy", reason="会議資料").status_code == 303
    assert do(city, "unit_head", "grant_recopy", medium="SN-2").status_code == 400
    answer = do(city, "head", "grant_recopy", medium="SN-2")
    assert (answer.status_code, "Name a registered medium" in answer.text) == (400, True)
    city.post("/media", city.people["head"], serial="SN-2", kind="usb")
    assert do(city, "head", "grant_recopy", medium="SN-2").status_code == 303
    assert state(city) == "issued"


def test_what_is_wrong_with_a_new_medium_is_said(city):
    answer = city.post("/media", city.people["head"], serial="", kind="usb")
    assert (answer.status_code, "Enter the serial number." in answer.text) == (400, True)
    assert city.post("/media", city.people["unit_head"], serial="X", kind="usb").status_code == 400
    assert city.parts.cabinet.all(Medium) == []


def test_where_the_rule_has_no_media_there_is_no_page(inside):
    assert inside.get("/media").status_code == 404

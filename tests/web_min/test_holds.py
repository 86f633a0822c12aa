from appliance import address
from tests.web_min.rig import call, speechlike


def held(gosho):
    return [entry for entry in gosho.recorder.done if entry[0] in ("hold", "release")]


def test_the_supervisor_holds_a_recording_and_ends_the_hold(gosho):
    address = f"/calls/{gosho.row.id}"
    assert "Hold it back from erasure" in gosho.get(address, gosho.head).text
    form = {"reason": "訴訟のおそれ", "until": "2027-03-31"}
    assert gosho.post(f"{address}/hold", gosho.head, **form).status_code == 303
    person = gosho.registry.person_named("管理責任者").id
    assert held(gosho) == [("hold", gosho.row.id, person, "訴訟のおそれ", "2027-03-31")]
    assert gosho.post(f"{address}/release", gosho.head, reason="終結").status_code == 303
    assert held(gosho)[1] == ("release", gosho.row.id, person, "終結")


def test_a_hold_needs_its_reason_and_a_day_to_come(gosho):
    address = f"/calls/{gosho.row.id}/hold"
    assert "Give the reason." in gosho.post(address, gosho.head, until="2027-03-31").text
    answer = gosho.post(address, gosho.head, reason="訴訟", until="2026-01-01")
    assert (answer.status_code, "still to come" in answer.text) == (400, True)
    assert "訴訟" in answer.text
    assert held(gosho) == []


def test_others_hold_nothing_and_the_refusal_is_noted(gosho):
    answer = gosho.post(f"/calls/{gosho.row.id}/hold", reason="x", until="2027-03-31")
    assert (answer.status_code, held(gosho)) == (403, [])
    assert gosho.recorder.notes("refused")[0][2] == {
        "why": "no_right",
        "clause": "8①但書",
        "what": "holds.hold",
    }
    assert "Hold it back" not in gosho.get(f"/calls/{gosho.row.id}").text


def test_osan_knows_no_hold(inside):
    row = inside.add(call(), speechlike(2.0))
    head = inside.person("김정책", "head")
    form = {"reason": "x", "until": "2027-03-31"}
    assert inside.post(f"/calls/{row.id}/hold", head, **form).status_code == 404
    assert "Hold it back" not in inside.get(f"/calls/{row.id}", head).text


def test_two_sessions_of_one_person_are_told_apart_by_their_addresses(gosho):
    page = f"/calls/{gosho.row.id}"
    gosho.permit(gosho.row, ground="fair", purpose="fair", state="approved")
    seats = {}
    for seat in ("192.0.2.7", "192.0.2.8"):
        seats[seat] = client = gosho.app.test_client()
        client.environ_base["REMOTE_ADDR"] = seat
        gosho.sign_in("管理責任者", client=client)
    for seat, client in seats.items():
        assert gosho.post(f"{page}/listen", client).status_code == 303
        form = {"reason": "訴訟のおそれ", "until": "2027-03-31"}
        assert gosho.post(f"{page}/hold", client, **form).status_code == 303
        assert gosho.recorder.asked_from[-2:] == [seat, seat]
    assert gosho.get("/requests", seats["192.0.2.7"]).status_code == 200
    gosho.post("/requests/r2/refuse", seats["192.0.2.7"], reason="x")
    assert gosho.recorder.noted_from[-1] == "192.0.2.7"
    assert address.here() == ""  # nothing is left behind on the thread

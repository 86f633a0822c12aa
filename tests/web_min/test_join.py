"""Joining from end to end is in test_people.py; this is the page to those who have no code."""


def test_the_sign_in_page_leads_there_and_it_tells_nothing_of_anybody(rig):
    assert 'href="/join"' in rig.get("/sign-in").text
    page = rig.get("/join")
    assert page.status_code == 200
    assert "one-time code" in page.text
    form = {"code": "7K3M-Q0ZD-92XB", "passphrase": "x" * 10, "again": "x" * 10}
    answer, known = (rig.post("/join", name=name, **form) for name in ("아무개", "김하나"))
    assert (answer.status_code, known.status_code) == (403, 403)
    assert answer.text.replace("아무개", "김하나") == known.text


def test_where_nobody_is_left_the_first_page_names_the_way_back(fresh):
    assert "kirok recover" not in fresh.get("/setup").text
    fresh.registry.forget_setup()
    assert "kirok recover" in fresh.get("/setup").text

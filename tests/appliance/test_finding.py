from appliance.finding import Finding


def test_a_finding_says_how_it_stands_and_what_to_do():
    assert (
        str(Finding("wrong", "no board", "plug it in")) == "WRONG  no board\n        → plug it in"
    )
    assert str(Finding("fine", "a board")) == "  ok   a board"


def test_a_finding_is_json_too():
    assert Finding("note", "a", "b").as_json() == {"level": "note", "what": "a", "remedy": "b"}

from appliance.finding import Finding, named


def test_a_finding_says_how_it_stands_and_what_to_do():
    assert (
        str(Finding("wrong", "no board", "plug it in")) == "WRONG  no board\n        → plug it in"
    )
    assert str(Finding("fine", "a board")) == "  ok   a board"


def test_a_finding_is_json_too():
    assert Finding("note", "a", "b").as_json() == {
        "level": "note",
        "what": "a",
        "remedy": "b",
        "check": "",
    }


def test_a_check_that_the_disk_does_not_let_end_is_wrong_and_the_others_go_on():
    def check():
        yield "fine", "a", ""
        raise PermissionError(13, "Permission denied", "/x")

    first, last = named("room", check())
    assert (first.check, first.level) == ("room", "fine")
    assert (last.check, last.level) == ("room", "wrong")
    assert "/x" in last.what

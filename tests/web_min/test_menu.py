import re


def areas(rig, client=None):
    bar = re.search(r'<nav class="pages".*?</nav>', rig.get("/", client).text, re.S)[0]
    return re.findall(r">([A-Z][a-z ]+)</a>", bar)


def test_each_is_shown_the_areas_that_are_theirs(inside):
    every = ["Today", "Calls", "Requests", "The register", "Restrictions", "Full recording"]
    assert set(areas(inside)) == {*every, "The rule", "Health", "People"}
    theirs = areas(inside, inside.person("박하늘", "unit_head"))
    assert not {"People", "The register", "Restrictions", "Media"} & set(theirs)


def test_the_area_one_is_in_is_marked(inside):
    page = inside.get("/requests").text
    assert '<a href="/requests" aria-current="page">Requests</a>' in page
    assert page.count('aria-current="page"') == 1


def test_people_are_let_in_by_whom_the_rule_names_once_there_is_one(inside):
    assert inside.get("/people").status_code == 200
    head = inside.person("김정책", "head")
    assert inside.get("/people", head).status_code == 200
    assert inside.get("/people").status_code == 404
    assert "People" in areas(inside, head)
    assert "People" not in areas(inside)

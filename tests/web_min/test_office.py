import pytest
from werkzeug.exceptions import NotFound

from appliance.office.documents import Applicant, Request
from tests.web_min.rig import call, ulid
from web_min import office


@pytest.fixture
def here(inside):
    """Put a request of the signed-in administrator in hand."""
    cookie = inside.client.get_cookie(inside.site.cookie)
    headers = {"Cookie": f"{cookie.key}={cookie.value}", "Accept-Language": "ko"}
    with inside.app.test_request_context("/requests", headers=headers):
        inside.app.preprocess_request()
        yield inside


def test_rights_are_those_of_this_moment(here):
    assert office.may("copy.make")
    assert not office.may("request.approve")
    (person,) = here.registry.people()
    here.registry.place(person.id, "user", "", "")
    assert not office.may("copy.make")
    assert not office.sees_all()


def test_a_person_who_is_gone_has_no_rights(here):
    (person,) = here.registry.people()
    here.registry.remove(person.id, "2026-11-23T01:30:00.000Z", last_too=True)
    assert office.actor().roles == frozenset()


def test_calls_that_are_no_longer_known_are_left_out(here):
    row = here.add(call(1))
    asked = Request(
        "r1", "view", "user", "dispute", "", Applicant("", ""), "p1", "", "",
        calls=(ulid(7), row.id),
    )  # fmt: skip
    assert office.calls_of(asked) == [row]


def test_articles_are_named_in_the_requests_language(here):
    assert office.clause_name("8③,11①") == "제8조제3항, 제11조제1항"


def test_what_is_not_allowed_is_noted_and_answered(here):
    here.recorder.done.clear()
    office.only_if(True, "8②")
    with pytest.raises(NotFound):
        office.only_if(False, "9②", why="not_yours", status=404)
    facts = {"why": "not_yours", "clause": "9②", "what": "requests.index"}
    assert here.recorder.notes() == [("refused", "p1", facts)]


def test_a_line_that_is_called_as_its_department_is_named_once(here):
    call_of = {n: call(n, 10 * n, line=n) for n in (3, 9)}
    asked = Request("r1", "view", "user", "dispute", "", Applicant("", ""), "p1", "", "")
    staff = {
        n: office.forms().request(asked, [row])["staff.unit_and_name"] for n, row in call_of.items()
    }
    assert staff == {3: "민원봉사과 민원실", 9: "세정과"}

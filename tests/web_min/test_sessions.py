import pytest

from appliance.people import Opener
from tests.web_min.rig import Clock
from web_min.sessions import IDLE_S, LIFETIME_S, SESSIONS_MAX, Sessions


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ended():
    return []


@pytest.fixture
def sessions(clock, ended):
    return Sessions(clock.monotonic, lambda session: ended.append(session.person_id))


def begin(sessions, person="p1"):
    return sessions.begin(Opener(person, b"secret", b"own secret"), "김하나", "operator")


def test_ids_are_long_and_random(sessions):
    ids = {begin(sessions).id for _ in range(50)}
    assert len(ids) == 50
    assert all(len(session_id) == 43 for session_id in ids)  # 256 bits in base 64


def test_the_secret_is_not_shown_where_a_session_is_logged(sessions):
    assert "secret" not in repr(begin(sessions))


def test_a_session_ends_when_nobody_does_anything(sessions, clock, ended):
    session = begin(sessions)
    clock.passed_s = IDLE_S - 0.1
    assert sessions.find(session.id, touch=False) is session
    clock.passed_s = IDLE_S
    assert sessions.find(session.id, touch=True) is None
    assert ended == ["p1"]


def test_each_request_of_a_person_makes_it_last_on(sessions, clock):
    session = begin(sessions)
    for _ in range(3):
        clock.passed_s += IDLE_S - 1
        assert sessions.find(session.id, touch=True)
    assert sessions.left_s(session) == IDLE_S


def test_the_pages_own_polling_does_not(sessions, clock):
    session = begin(sessions)
    clock.passed_s = IDLE_S - 1
    sessions.find(session.id, touch=False)
    assert sessions.left_s(session) == 1.0


def test_a_session_ends_after_twelve_hours_in_any_case(sessions, clock, ended):
    session = begin(sessions)
    while clock.passed_s < LIFETIME_S - 60:
        clock.passed_s += 60
        assert sessions.find(session.id, touch=True)
    clock.passed_s = LIFETIME_S
    assert sessions.find(session.id, touch=True) is None
    assert ended == ["p1"]


def test_signing_out_ends_it_once(sessions, ended):
    session = begin(sessions)
    sessions.end(session.id)
    sessions.end(session.id)
    assert sessions.find(session.id, touch=True) is None
    assert ended == ["p1"]


@pytest.mark.parametrize("session_id", ["", "x", "A" * 43])
def test_an_id_that_was_never_given_is_nobody(sessions, session_id):
    begin(sessions)
    assert sessions.find(session_id, touch=True) is None


def test_there_are_only_so_many(sessions, clock, ended):
    first = begin(sessions, "first")
    clock.passed_s = 1
    second = begin(sessions, "second")
    for n in range(SESSIONS_MAX - 2):
        begin(sessions, f"p{n}")
    clock.passed_s = 2
    sessions.find(first.id, touch=True)
    begin(sessions, "one more")
    assert sessions.find(second.id, touch=True) is None
    assert sessions.find(first.id, touch=True) is first
    assert ended == ["second"]


def test_all_of_somebodys_sessions_end_but_for_one():
    ended = []
    sessions = Sessions(lambda: 0.0, lambda session: ended.append(session.id))
    who = ("p1", "p1", "p2")
    first, second, other = (begin(sessions, each) for each in who)
    sessions.end_person("p1", but=second.id)
    assert ended == [first.id]
    assert sessions.find(second.id, touch=False) and sessions.find(other.id, touch=False)
    sessions.end_person("p1")
    assert ended == [first.id, second.id]

import pytest

from appliance.engine import open_parts
from appliance.ledger_people import BEHIND, LedgerPeople, read
from appliance.ledger_walk import ENTRIES


@pytest.fixture
def told(trial):
    """Return what enters acts and returns what the ledger says of people then."""

    def told(*acts):
        with open_parts(trial) as parts:
            for act, facts in acts:
                parts.ledger.append(act, **facts)
        return read(trial.ledger / ENTRIES)

    return told


def added(who, at="2026-11-23T00:00:00.000Z"):
    return "person_added", {"person": "p1", "who": who, "at": at}


def removed(who):
    return "person_removed", {"person": "p1", "who": who, "at": "2026-11-24T00:00:00.000Z"}


def heard(who, act="listen"):
    return act, {"person": who, "call": "01JD", "purpose": "fair"}


def test_who_was_removed_is_gone_and_whoever_acts_after_that_is_odd(told):
    people = told(added("p2"), heard("p2"), removed("p2"))
    assert (people.gone, people.odd) == ({"p2"}, [])
    people = told(heard("p3"), heard("p2"), heard("p2", "login"), ("logout", {"person": "p2"}))
    assert [each[:-25] for each in people.odd] == ["listen p2", "login p2"]


def test_an_id_that_is_given_twice_is_odd_but_not_a_note_that_was_sent_twice(told):
    assert told(added("p2"), added("p2")).odd == []
    assert told(added("p2", "2026-11-25T00:00:00.000Z")).odd == [
        "person_added p2 2026-11-25T00:00:00.000Z"
    ]


def test_what_somebody_has_seen_to_is_not_told_again(told):
    behind = BEHIND, {"person": "", "acts": "person_removed p2"}
    assert told(behind).odd == ["person_removed p2"]
    seen = "alarm_seen", {"what": BEHIND, "where": "", "person": "p1"}
    assert told(seen).odd == []
    assert told(("alarm_seen", {"what": "board_lost"}), behind).odd == ["person_removed p2"]


def test_a_note_that_is_on_its_way_counts_and_a_damaged_entry_does_not():
    people = LedgerPeople()
    people.push(None)
    people.heard("person_removed", "p2")
    people.heard("login", "p3")
    assert people.gone == {"p2"}
    people.heard("recovered", "p2")
    assert people.gone == set()

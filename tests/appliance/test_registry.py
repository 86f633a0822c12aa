import threading
import unicodedata

import pytest

from appliance.registry import (
    FORGET_S,
    ROWS_MAX,
    AlreadySetUp,
    Failures,
    LastPerson,
    NameTaken,
    NobodyThere,
    Registry,
    read_people,
)
from appliance.registry_storage import RegistryBroken, write_tables

CODE_WRAP = {"salt": "c29kYQ==", "sealed": "under the code"}
WRAP = {"salt": "c2FsdA==", "sealed": "under the passphrase"}
ADDED = "2026-11-23T00:00:00.000Z"


@pytest.fixture
def path(tmp_path):
    Registry.create(tmp_path / "registry.json", CODE_WRAP)
    return tmp_path / "registry.json"


@pytest.fixture
def registry(path):
    registry = Registry(path)
    yield registry
    registry.close()


def reopened(registry, path):
    registry.close()
    return Registry(path)


def test_a_new_registry_has_nobody_and_the_code(registry):
    assert registry.people() == []
    assert registry.setup_wrap() == CODE_WRAP


def test_a_registry_is_never_begun_over_another(path):
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        Registry.create(path, WRAP)
    assert path.read_bytes() == before


def test_the_first_administrator_takes_the_codes_place(registry, path):
    person = registry.add_first("김하나", "operator", WRAP, ADDED)
    assert (person.id, person.name, person.role, person.wrapped) == (
        "p1",
        "김하나",
        "operator",
        WRAP,
    )
    assert registry.setup_wrap() is None
    assert "under the code" not in path.read_text(encoding="utf-8")
    again = reopened(registry, path)
    assert again.people() == [person]
    again.close()


def test_there_is_no_second_first_administrator(registry):
    registry.add_first("김하나", "operator", WRAP, ADDED)
    with pytest.raises(AlreadySetUp):
        registry.add_first("이두리", "operator", WRAP, ADDED)
    assert [p.name for p in registry.people()] == ["김하나"]


def test_of_two_who_set_up_at_once_one_succeeds(registry):
    errors = []

    def set_up(name):
        try:
            registry.add_first(name, "operator", WRAP, ADDED)
        except AlreadySetUp as error:
            errors.append(error)

    threads = [threading.Thread(target=set_up, args=(f"name {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(errors) == 3
    assert len(registry.people()) == 1


@pytest.mark.parametrize(
    "typed", ["김하나", " 김하나 ", unicodedata.normalize("NFD", "김하나"), "김하나\t"]
)
def test_a_name_is_found_however_it_is_typed(registry, typed):
    registry.add_first("김하나", "operator", WRAP, ADDED)
    assert registry.person_named(typed).id == "p1"


def test_two_people_cannot_have_one_name(registry):
    registry.add_first("Alice Kim", "operator", WRAP, ADDED)
    with pytest.raises(NameTaken):
        registry.add("alice  KIM", "head", WRAP, ADDED)
    assert len(registry.people()) == 1


def test_each_person_has_an_id_of_their_own(registry):
    registry.add_first("A", "operator", WRAP, ADDED)
    assert registry.add("B", "head", WRAP, ADDED).id == "p2"
    assert registry.person("p2").name == "B"
    assert registry.person("p3") is None


def test_an_id_is_never_used_again_and_a_name_may_be(registry, path):
    registry.add_first("A", "operator", WRAP, ADDED)
    gone = registry.add("B", "head", {"sealed": "B's"}, ADDED)
    assert registry.remove(gone.id, ADDED) == gone
    assert registry.person(gone.id) is None
    assert "B's" not in path.read_text()
    assert registry.add("B", "head", WRAP, ADDED).id == "p3"
    again = reopened(registry, path)
    assert [again.name_of(each) for each in ("p1", "p2", "p3", "p4")] == ["A", "B", "B", "p4"]
    again.close()


def test_the_last_with_a_passphrase_stays_unless_it_is_meant(registry):
    registry.add_first("A", "operator", WRAP, ADDED)
    registry.add("B", "operator", WRAP, ADDED, code_until="2026-12-01T00:00:00.000Z")
    with pytest.raises(LastPerson):
        registry.remove("p1", ADDED)
    assert len(registry.people()) == 2
    registry.remove("p1", ADDED, last_too=True)
    assert [person.id for person in registry.people()] == ["p2"]


def test_a_new_wrap_takes_the_place_of_the_old_and_of_a_code(registry, path):
    registry.add_first("A", "operator", WRAP, ADDED)
    registry.add("B", "operator", CODE_WRAP, ADDED, code_until="2026-12-01T00:00:00.000Z")
    registry.rewrap("p2", WRAP)
    assert (registry.person("p2").wrapped, registry.person("p2").code_until) == (WRAP, None)
    assert registry.person("p1").wrapped == WRAP
    assert read_people(path) == registry.people()


def test_nobody_cannot_be_removed_or_rewrapped(registry):
    registry.add_first("A", "operator", WRAP, ADDED)
    for change in (lambda: registry.remove("p9", ADDED), lambda: registry.rewrap("p9", WRAP)):
        with pytest.raises(NobodyThere):
            change()


def test_failures_are_counted_over_a_restart(registry, path):
    registry.add_failure("name:김하나", 1000.0)
    registry.add_failure("name:김하나", 1001.5)
    assert registry.failures("name:김하나") == Failures(2, 1001.5)
    assert registry.failures("name:other") == Failures()
    again = reopened(registry, path)
    assert again.failures("name:김하나") == Failures(2, 1001.5)
    again.clear_failures("name:김하나")
    assert again.failures("name:김하나") == Failures()
    again.close()


def test_failures_are_forgotten_after_a_day(registry):
    registry.add_failure("address:192.0.2.1", 1000.0)
    registry.add_failure("address:192.0.2.2", 1000.0 + FORGET_S)
    assert registry.failures("address:192.0.2.1").count == 1
    registry.add_failure("address:192.0.2.2", 1000.1 + FORGET_S)
    assert registry.failures("address:192.0.2.1").count == 0


def test_a_flood_of_names_does_not_fill_the_card(path):
    rows = {str(n): {"key": f"name:{n}", "count": 1, "last_s": float(n)} for n in range(ROWS_MAX)}
    write_tables(path, {"failures": rows})
    registry = Registry(path)
    registry.add_failure("name:new", float(ROWS_MAX))
    assert registry.failures("name:new").count == 1
    assert registry.failures("name:0").count == 0
    assert registry.failures("name:1").count == 1
    registry.close()


def test_notes_wait_in_order_until_they_are_sent(registry, path):
    acts = [f"act {n}" for n in range(12)]  # in the file the tenth stands before the second
    for act in acts:
        assert registry.keep_unsent({"act": act, "person": "p1"})
    registry = reopened(registry, path)
    assert [n["act"] for n in registry.unsent()] == acts
    registry.drop_unsent(3)
    assert [n["act"] for n in registry.unsent()] == acts[3:]
    assert [n["act"] for n in registry.told()] == acts[:3]
    registry.close()


def test_only_so_many_notes_wait(path):
    rows = {str(n): {"act": "search"} for n in range(1, ROWS_MAX + 1)}
    write_tables(path, {"unsent": rows})
    registry = Registry(path)
    assert not registry.keep_unsent({"act": "login"})
    assert len(registry.unsent()) == ROWS_MAX
    registry.close()


@pytest.mark.parametrize(
    "row",
    [
        {"id": "p1", "name": "A", "role": "head", "wrapped": {}, "added": "", "code_until": "soon"},
        {"id": "p1"},
        [],
        "김하나",
        {"id": "p1", "name": "A", "role": "head", "added": ADDED},
    ],
)
def test_a_person_who_is_not_whole_stops_the_start(path, row):
    write_tables(path, {"people": {"1": row}})
    with pytest.raises(RegistryBroken, match="not whole"):
        Registry(path)

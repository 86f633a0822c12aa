import threading
import unicodedata

import pytest

from appliance.people import Wrapping
from appliance.registry import AlreadySetUp
from tests.web_min.rig import CODE, NAME, PASSPHRASE, SECRET, unwrap, wrap
from web_min.door import Barred, Door, NewPerson, Refused
from web_min.lockout import FREE_TRIES, FREE_TRIES_ADDRESS

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
NEW = NewPerson("山田花子", "operator", "ながい合言葉です、本当に")


@pytest.fixture
def door(rig):
    return rig.parts.door


def fail(door, times, name=NAME, address=HERE):
    for _ in range(times):
        with pytest.raises(Refused):
            door.open(name, "wrong", address)


def test_the_right_passphrase_opens_the_vaults_secret(door):
    person, opener = door.open(NAME, PASSPHRASE, HERE)
    assert (person.id, person.name, opener.secret) == ("p1", NAME, SECRET)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_mac_and_a_pc_type_the_same_passphrase(door, form):
    name, passphrase = (unicodedata.normalize(form, text) for text in (NAME, PASSPHRASE))
    assert door.open(name, passphrase, HERE)[1].secret == SECRET


@pytest.mark.parametrize(
    "name, passphrase",
    [
        (NAME, PASSPHRASE[:-1]),
        (NAME, PASSPHRASE + "x"),
        (NAME, PASSPHRASE.upper() + " "),
        (NAME, ""),
        (NAME, " "),
        (NAME, CODE),
        ("이두리", PASSPHRASE),
        ("", PASSPHRASE),
        ("p1", PASSPHRASE),
    ],
)
def test_anything_else_is_refused(door, name, passphrase):
    with pytest.raises(Refused):
        door.open(name, passphrase, HERE)


def test_a_name_that_nobody_has_is_tried_as_long(rig):
    tried = []

    def slow(wrapped, passphrase):
        tried.append(wrapped)
        return unwrap(wrapped, passphrase)

    door = Door(rig.registry, Wrapping(wrap, slow, lambda wrapped: True), rig.clock.now)
    for name in (NAME, "이두리"):
        with pytest.raises(Refused):
            door.open(name, "wrong", HERE)
    assert len(tried) == 2
    assert tried[0] != tried[1]


@pytest.mark.parametrize("name", [NAME, "이두리"])
def test_after_five_failures_even_the_right_passphrase_waits(rig, door, name):
    fail(door, FREE_TRIES, name)
    with pytest.raises(Barred) as bar:
        door.open(name, PASSPHRASE, ELSEWHERE)
    assert bar.value.wait_s == 60.0


def test_the_wait_over_one_more_may_be_tried_and_the_next_wait_is_longer(rig, door):
    fail(door, FREE_TRIES)
    rig.clock.passed_s += 60
    fail(door, 1)
    with pytest.raises(Barred) as bar:
        door.open(NAME, PASSPHRASE, HERE)
    assert bar.value.wait_s == 120.0
    rig.clock.passed_s += 120
    assert door.open(NAME, PASSPHRASE, HERE)


def test_a_bar_outlives_a_restart(rig, door):
    fail(door, FREE_TRIES)
    rig.restart()
    with pytest.raises(Barred):
        rig.parts.door.open(NAME, PASSPHRASE, HERE)


def test_tries_while_barred_are_neither_looked_at_nor_counted(rig, door):
    fail(door, FREE_TRIES)
    before = rig.path.read_bytes()
    for _ in range(10):
        with pytest.raises(Barred):
            door.open(NAME, PASSPHRASE, HERE)
    assert rig.path.read_bytes() == before


def test_success_forgives_the_account(rig, door):
    fail(door, FREE_TRIES - 1)
    door.open(NAME, PASSPHRASE, HERE)
    fail(door, FREE_TRIES - 1)
    door.open(NAME, PASSPHRASE, HERE)


def test_an_address_that_tries_many_names_is_barred(rig, door):
    for n in range(FREE_TRIES_ADDRESS):
        fail(door, 1, f"name {n}")
    with pytest.raises(Barred):
        door.open(NAME, PASSPHRASE, HERE)
    assert door.open(NAME, PASSPHRASE, ELSEWHERE)


def test_ones_own_success_buys_no_guesses_at_others(rig, door):
    for n in range(FREE_TRIES_ADDRESS - 1):
        fail(door, 1, f"name {n}")
        door.open(NAME, PASSPHRASE, HERE)
    fail(door, 1, "one more")
    with pytest.raises(Barred):
        door.open("yet one more", "wrong", HERE)


def test_people_who_try_at_once_are_counted_one_by_one(door):
    outcomes = []

    def guess():
        try:
            door.open(NAME, "wrong", HERE)
        except (Refused, Barred) as outcome:
            outcomes.append(type(outcome))

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert outcomes.count(Refused) == FREE_TRIES
    assert outcomes.count(Barred) == 12 - FREE_TRIES


@pytest.mark.parametrize("typed", [CODE, CODE.lower(), CODE.replace("-", " "), "7K3MQOZD92XB"])
def test_the_code_makes_the_first_administrator(fresh, typed):
    person, opener = fresh.parts.door.set_up(typed, NEW, HERE)
    assert (person.name, person.role, opener.secret) == ("山田花子", "operator", SECRET)
    assert fresh.registry.setup_wrap() is None
    assert fresh.parts.door.open("山田花子", NEW.passphrase, HERE)[1].secret == SECRET


@pytest.mark.parametrize("typed", ["7K3M-Q0ZD-92XC", "", "x", PASSPHRASE])
def test_a_wrong_code_changes_nothing_but_its_count(fresh, typed):
    with pytest.raises(Refused):
        fresh.parts.door.set_up(typed, NEW, HERE)
    assert fresh.registry.people() == []
    assert fresh.registry.setup_wrap() is not None
    assert fresh.registry.failures("code").count == 1


def test_guessing_the_code_is_barred_from_everywhere_and_over_a_restart(fresh):
    for n in range(FREE_TRIES):
        with pytest.raises(Refused):
            fresh.parts.door.set_up("wrong", NEW, f"192.0.2.{n}")
    fresh.restart()
    with pytest.raises(Barred):
        fresh.parts.door.set_up(CODE, NEW, "198.51.100.1")
    fresh.clock.passed_s += 60
    assert fresh.parts.door.set_up(CODE, NEW, "198.51.100.1")


def test_the_code_works_once(fresh):
    fresh.parts.door.set_up(CODE, NEW, HERE)
    with pytest.raises((Refused, AlreadySetUp)):
        fresh.parts.door.set_up(CODE, NewPerson("other", "operator", "x" * 10), HERE)
    assert len(fresh.registry.people()) == 1


def test_the_real_wrapping_is_argon2id(fresh):
    door = Door(fresh.registry, Wrapping(), fresh.clock.now)
    wrapped = Wrapping().wrap(SECRET, PASSPHRASE)
    assert wrapped["kdf"] == "argon2id"
    fresh.registry.add("A", "operator", wrapped, "")
    assert door.open("A", PASSPHRASE, HERE)[1].secret == SECRET
    with pytest.raises(Refused):
        door.open("A", PASSPHRASE + "!", HERE)


@pytest.mark.parametrize("more", ["", "x" * 2000])
def test_a_secret_wrapped_at_an_older_cost_is_wrapped_anew_at_the_next_sign_in(rig, more):
    typed = "x" * 1000 if more else PASSPHRASE
    rig.registry.rewrap("p1", {**wrap(SECRET, typed), "old": True})
    door = Door(rig.registry, Wrapping(wrap, unwrap, lambda w: "old" not in w), rig.clock.now)
    for _ in range(2):
        assert door.open(NAME, typed + more, "192.0.2.1")[1].secret == SECRET
        wrapped = rig.registry.person("p1").wrapped
    assert "old" not in wrapped
    assert unwrap(wrapped, typed)

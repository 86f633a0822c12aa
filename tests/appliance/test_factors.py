import threading

import pyotp
import pytest

from appliance import second_factor
from appliance.factors import WrongCode
from appliance.registry import NobodyThere
from tests.web_min.rig import NAME, PASSPHRASE, Rig


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def factors(rig):
    return rig.parts.factors


@pytest.fixture
def opener(rig):
    return rig.parts.door.open(NAME, PASSPHRASE, "192.0.2.1")[1]


def code(rig, factor):
    return pyotp.TOTP(factor.secret).at(rig.clock.now())


def set_up(rig, factors, opener):
    factor = second_factor.new()
    factors.set_up(opener.id, factor, code(rig, factor))
    return factor


def test_it_is_kept_once_the_app_gives_its_code(rig, factors, opener):
    factor = second_factor.new()
    with pytest.raises(WrongCode):
        factors.set_up("p1", factor, "000000" if code(rig, factor) != "000000" else "111111")
    assert rig.registry.person("p1").factor == ""
    factors.set_up("p1", factor, code(rig, factor))
    assert factors.papers_left(opener) == 10
    assert [act for act, _, _ in rig.recorder.notes()] == ["factor_set"]


def test_nothing_on_the_disk_gives_a_code(rig, factors, opener):
    factor = set_up(rig, factors, opener)
    kept = rig.path.read_text()
    assert factor.secret not in kept
    assert not any(paper in kept for paper in factor.papers)


def test_a_code_is_taken_once(rig, factors, opener):
    factor = set_up(rig, factors, opener)
    with pytest.raises(WrongCode):  # it was spent by setting up
        factors.take(opener, code(rig, factor))
    rig.clock.passed_s += 30
    factors.take(opener, code(rig, factor))
    rig.restart()
    with pytest.raises(WrongCode):
        rig.parts.factors.take(opener, code(rig, factor))


def test_of_two_who_send_one_code_at_once_one_comes_in(rig, factors, opener):
    factor = set_up(rig, factors, opener)
    rig.clock.passed_s += 30
    outcomes = []

    def try_it():
        try:
            factors.take(opener, code(rig, factor))
            outcomes.append("in")
        except WrongCode:
            outcomes.append("out")

    threads = [threading.Thread(target=try_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(outcomes) == ["in"] + ["out"] * 5


def test_a_recovery_code_is_taken_once_and_entered(rig, factors, opener):
    factor = set_up(rig, factors, opener)
    factors.take(opener, factor.papers[3].lower())
    with pytest.raises(WrongCode):
        factors.take(opener, factor.papers[3])
    assert factors.papers_left(opener) == 9
    assert rig.recorder.notes("recovery_code_used")[0][2]["left"] == "9"


def test_taken_off_it_opens_nothing_and_stands_in_the_history(rig, factors, opener):
    factor = set_up(rig, factors, opener)
    factors.reset("p9", "p1")
    with pytest.raises(WrongCode):
        factors.take(opener, factor.papers[0])
    change = rig.registry.rights_changes()[-1]
    assert (change.act, change.by, change.who) == ("factor_reset", "p9", "p1")
    with pytest.raises(NobodyThere):
        factors.reset("p1", "p7")


def test_a_new_passphrase_keeps_it(rig, factors, opener):
    factor = set_up(rig, factors, opener)
    rig.parts.people.set_passphrase(opener, "another long one")
    again = rig.parts.door.open(NAME, "another long one", "192.0.2.1")[1]
    factors.take(again, factor.papers[0])

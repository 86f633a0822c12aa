"""A process on a failing disk: it ends or goes on, loses no finished call, and starts again."""

import random
from errno import ENOSPC

import pytest

from firmware_bridge.capture import write_capture
from firmware_bridge.line_player import ScriptSource
from tests.appliance.scene import CALLERS, START
from tests.damage import copied
from tests.faulty_disk import rig
from tests.faulty_disk.rig import Fault


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return rig.build(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="session")
def base(tmp_path_factory, full_folder):
    """A folder with calls: what must not be lost."""
    return copied(full_folder[0], tmp_path_factory.mktemp("base") / "data")


def judge(library, base, capture, data, fault):
    """Fail at one call of a replay; then start again, and compare."""
    copied(base, data)
    run = rig.replayed(library, data, capture[0], fault)
    assert "Traceback" not in run.said, run.said
    # Two replays differ by a call or two: one of the last may not be made.
    killed = fault.how == "kill" and run.calls > fault.call
    assert run.code in ((-9,) if killed else (0, 1)), run.said
    if run.code == 1:
        assert "kirok: " in run.said
    finished = {i: row for i, row in rig.rows_of(data).items() if rig.settled(row)}
    assert finished.keys() >= rig.rows_of(base).keys()
    made, wrong = rig.start_again(data, capture[0])
    after = rig.rows_of(data)
    assert len(made) == len(capture[1])
    assert all(rig.same(row, after[i]) for i, row in finished.items()), "a finished call changed"
    assert all(row.end is not None for row in after.values())
    # That the list of calls was made anew from vault and ledger is told as an alarm: nothing else.
    assert [what for what in wrong if "has been made anew" not in what] == []
    return run


@pytest.fixture(scope="session")
def displays(tmp_path_factory):
    """A number display, and a person who lifts in the wake-up ringing of one."""
    path = tmp_path_factory.mktemp("displays") / "two.wav"
    return path, write_capture(path, ScriptSource([CALLERS[0], CALLERS[2]], seed=6), start=START)


@pytest.mark.parametrize("seed", range(6))
def test_a_fault_at_any_call_costs_no_finished_call(library, base, capture, tmp_path, seed):
    rng = random.Random(seed)
    how = rig.HOWS[seed % len(rig.HOWS)]
    sticky = how == "not" and rng.random() < 0.5
    fault = Fault(rng.randrange(350), how, rng.choice(rig.ERRORS), sticky)
    judge(library, base, capture, tmp_path / "data", fault)


@pytest.mark.parametrize("seed", range(6))
def test_a_fault_while_a_call_is_kept_apart_costs_no_finished_call(
    library, base, displays, tmp_path, seed
):
    rng = random.Random(seed)
    fault = Fault(rng.randrange(80, 200), rig.HOWS[seed % len(rig.HOWS)], rng.choice(rig.ERRORS))
    judge(library, base, displays, tmp_path / "data", fault)


def test_a_disk_that_stalls_for_two_seconds_costs_nothing(library, base, capture, tmp_path):
    data = copied(base, tmp_path / "data")
    run = rig.replayed(library, data, capture[0], Fault(200, "slow"))
    assert run.code == 0
    proofs = [row.proof for row in rig.rows_of(data).values() if row.recorded]
    assert set(proofs) == {"verified"}


def test_a_disk_that_is_full_is_said_in_a_sentence(library, base, capture, tmp_path):
    data = copied(base, tmp_path / "data")
    run = rig.replayed(library, data, capture[0], Fault(150, "not", ENOSPC, True))
    assert run.code == 1
    assert "No space left" in run.said or "is full" in run.said

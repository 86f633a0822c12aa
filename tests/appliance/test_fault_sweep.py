"""Each call to the disk that a replay makes fails, or the process is killed before it.

Run by `make fault-sweep`, half an hour; FAULT_STEP=7 takes each seventh.
"""

import os
import random

import pytest

from appliance import site
from appliance.box import open_box
from appliance.replay import replay
from tests import damage
from tests.appliance.test_disk_faults import base, displays, judge, library
from tests.faulty_disk import rig
from tests.faulty_disk.rig import Fault

__all__ = ["base", "displays", "library"]

pytestmark = pytest.mark.long

STEP = int(os.environ.get("FAULT_STEP", "1"))


@pytest.fixture(params=["capture", "displays"])
def calls(request):
    return request.getfixturevalue(request.param)


def test_each_call_to_the_disk_may_fail(library, base, calls, tmp_path, capsys):
    data = damage.copied(base, tmp_path / "data")
    whole = rig.replayed(library, data, calls[0], Fault())
    assert whole.code == 0
    rng, ended = random.Random(1), {0: 0, 1: 0, -9: 0}
    for call in range(0, whole.calls, STEP):
        how = rig.HOWS[call // STEP % len(rig.HOWS)]
        fault = Fault(call, how, rng.choice(rig.ERRORS), how == "not" and rng.random() < 0.5)
        try:
            run = judge(library, base, calls, data, fault)
        except AssertionError as error:
            raise AssertionError(f"{fault}: {error}") from error
        ended[run.code] += 1
    with capsys.disabled():
        print(
            f"\nof {whole.calls} calls to the disk {sum(ended.values())} failed, or were killed at:"
            f" {ended[0]} runs went on, {ended[1]} ended with a sentence, {ended[-9]} were killed;"
            " no finished call lost, nothing wrong after the next start"
        )


def test_each_file_may_be_damaged_and_recording_goes_on(base, capture, tmp_path, capsys):
    cases = damage.cases(base, seed=9, flips=2)[:: max(1, STEP)]
    for name, how, left in cases:
        data = damage.copied(base, tmp_path / "data")
        damage.damage(data, name, left)
        opened = open_box(data)
        rows = replay(opened, site.load(opened.site_file), capture[0])
        assert len(rows) == len(capture[1]), f"{name} {how}"
        assert all(row.proof in ("verified", "none") for row in rows), f"{name} {how}"
    with capsys.disabled():
        print(f"\n{len(cases)} ways to damage a file: the next replay recorded every call")

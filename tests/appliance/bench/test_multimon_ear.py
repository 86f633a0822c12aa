from shutil import which

import numpy as np
import pytest

from appliance.bench.case import Case
from appliance.bench.corpus import cases
from appliance.bench.ear import PeerMissing
from appliance.bench.multimon_ear import Multimon

INSTALLED = which("multimon-ng") is not None


@pytest.mark.skipif(not INSTALLED, reason="multimon-ng: Debian package multimon-ng")
def test_clean_keys_are_heard():
    case = next(case for case in cases("dtmf", 7) if case.condition == "clean")
    assert [one.what for one in Multimon().hear(case)] == [one.what for one in case.truth]


@pytest.mark.skipif(not INSTALLED, reason="multimon-ng: Debian package multimon-ng")
def test_what_it_has_no_ear_for_is_silence():
    case = Case("tone", "", "hear", "", (), "kr", np.zeros(800, np.int16))
    assert Multimon().hear(case) == []


def test_without_the_program_its_package_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PeerMissing, match="package multimon-ng"):
        Multimon()

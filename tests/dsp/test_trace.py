import numpy as np
import pytest

from dsp.trace import Trace, step_at


def trace(now=30):
    return Trace(np.arange(100, 150, dtype=np.int16), first=10, now=now)


def test_shows_volts_between_two_samples():
    assert trace().volts(12, 15) == pytest.approx([1.02, 1.03, 1.04])


def test_does_not_show_what_has_not_been_yet():
    assert len(trace().volts(28, 40)) == 2


def test_leaves_out_what_is_forgotten():
    assert len(trace().volts(0, 12)) == 2
    assert len(trace().volts(0, 5)) == 0


def test_the_frame_is_the_last_20_ms():
    assert trace().frame() == pytest.approx(np.arange(100, 120) / 100)


@pytest.mark.parametrize("hum_v", [0.0, 5.5])
def test_finds_a_step_under_hum_almost_as_large_as_half_of_it(hum_v):
    k = np.arange(300)
    volts = np.where(k < 170, 6.0, -6.0) + hum_v * np.sin(2 * np.pi * 60 / 1000 * k)
    assert step_at(volts, 6.0, -6.0) == pytest.approx(170, abs=3)


def test_a_step_in_nothing_is_at_its_beginning():
    assert step_at(np.empty(0), 6.0, -6.0) == 0

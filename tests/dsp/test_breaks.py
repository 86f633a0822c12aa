import numpy as np
import pytest

from dsp.breaks import Breaks
from dsp.trace import Trace

SHORT = 85


def loop(*runs):
    """(volts, samples) after each other."""
    return np.concatenate([np.full(n, v * 100, np.int16) for v, n in runs])


def sort(steps, size=20):
    breaks, short = Breaks(SHORT), []
    for now in range(size, len(steps) + 1, size):
        short += breaks.push(Trace(steps, 0, now), open_v=28.0)
    return breaks, short


@pytest.mark.parametrize("size", [1, 7, 20, 220])
def test_a_short_break_is_told_with_its_ends(size):
    breaks, short = sort(loop((8, 55), (48, 60), (8, 105)), size)
    assert short == [(55, 115)]
    assert breaks.open_at is None


def test_either_polarity_breaks():
    assert sort(loop((-8, 55), (-48, 60), (-8, 105)))[1] == [(55, 115)]


def test_the_noise_of_an_edge_is_no_break():
    assert sort(loop((8, 50), (48, 3), (8, 67)))[1] == []


def test_a_long_break_stays_open_until_it_has_been_closed_for_long():
    breaks, short = sort(loop((8, 20), (48, 100), (8, 40)))
    assert (breaks.open_at, breaks.closed_at, short) == (20, 120, [])
    assert not breaks.is_over(160)
    assert breaks.is_over(180)


def test_the_trough_of_a_ring_does_not_end_a_long_break():
    breaks, _ = sort(loop((8, 20), (48, 100), (8, 33), (48, 27)))
    assert (breaks.open_at, breaks.closed_at) == (20, None)

import numpy as np
import pytest
from numpy.testing import assert_allclose

from dsp.tone_fit import band, exact, least_squares, low_band, orthonormal, tone_rows, without


def inside(hz, directions):
    """The share of a tone's power, either phase, that lies along the directions."""
    tone = tone_rows(directions.shape[1], (hz,))
    return 1 - (without(tone, directions) ** 2).sum() / (tone**2).sum()


@pytest.mark.parametrize("length", [96, 128])
@pytest.mark.parametrize("hz", [50.0, 180.0, 350.0, 400.0, 425.0, 440.0, 480.0])
def test_dial_tone_and_hum_lie_in_the_low_band(length, hz):
    assert inside(hz, low_band(length)) > 0.997


@pytest.mark.parametrize("length", [96, 128])
@pytest.mark.parametrize("hz", [676.0, 697.0, 1209.0, 1633.0])
def test_dtmf_tones_do_not(length, hz):
    assert inside(hz, low_band(length)) < 0.07


def test_the_first_directions_of_a_band_hold_its_tones():
    below = low_band(128)
    turned = band(below, 335.0, 495.0)
    assert_allclose(turned @ turned.T, np.eye(len(below)), atol=1e-9)
    assert_allclose(without(below, turned), 0.0, atol=1e-9)
    assert min(inside(hz, turned[:8]) for hz in (350.0, 400.0, 425.0, 480.0)) > 0.997
    assert max(inside(hz, turned[:8]) for hz in (50.0, 200.0)) < 0.1


def test_least_squares_reads_each_tone_past_the_other_and_past_a_dial_tone():
    below = low_band(96)
    rows = least_squares(without(tone_rows(96, (697.0, 1209.0)), below))
    low, high, dial = (tone_rows(96, (hz,)) for hz in (697.0, 1209.0, 440.0))
    signal = 3 * low[0] - 4 * low[1] + 5 * high[0] + 100 * dial[0]
    assert_allclose(rows @ signal, [3, 5, -4, 0], atol=3.5)
    assert_allclose(rows @ (signal - 100 * dial[0]), [3, 5, -4, 0], atol=1e-9)


def test_slopes_catch_a_tone_a_little_off_and_one_that_begins_midway():
    plain = orthonormal(tone_rows(96, (1336.0,)))
    sloped = orthonormal(tone_rows(96, (1336.0,), slopes=True))
    off = tone_rows(96, (1336.0 * 1.02,))[0]
    late = tone_rows(96, (1336.0,))[0] * (np.arange(96) >= 48)
    for signal, least in ((off, 0.97), (late, 0.85)):
        power = signal @ signal
        assert ((sloped @ signal) ** 2).sum() / power > least
        assert ((plain @ signal) ** 2).sum() / power < least


def test_products_are_the_same_in_any_order_and_shape():
    rng = np.random.default_rng(5)
    rows = exact(rng.uniform(-1, 1, (34, 128)))
    frames = rng.integers(-32768, 32768, (77, 128)).astype(float)
    whole = rows @ frames.T
    shuffled = rng.permutation(128)
    assert np.array_equal(rows[:, shuffled] @ frames[:, shuffled].T, whole)
    for n in (0, 13, 76):
        assert np.array_equal(rows @ frames[n], whole[:, n])
        assert np.array_equal([sum(row * frames[n]) for row in rows], whole[:, n])

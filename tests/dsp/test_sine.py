import numpy as np
import pytest

from dsp.sine import fit_sine, step_under_sine


def ring(n, freq_hz, peak_v, mean_v=0.0, phase=0.7):
    return mean_v + peak_v * np.sin(2 * np.pi * freq_hz / 1000 * np.arange(n) + phase)


@pytest.mark.parametrize("freq_hz", [15.0, 16.0, 20.3, 25.0, 50.0, 69.9])
def test_a_ring_gives_its_frequency_voltage_and_mean(freq_hz):
    fit = fit_sine(ring(200, freq_hz, 106.0, mean_v=-48.0))
    assert fit.freq_hz == pytest.approx(freq_hz, abs=0.1)
    assert fit.peak_v == pytest.approx(106.0, rel=0.02)
    assert fit.mean_v == pytest.approx(-48.0, abs=2.0)
    assert fit.share > 0.99


def test_one_cycle_is_enough_for_a_rough_idea():
    assert fit_sine(ring(60, 20.0, 40.0)).freq_hz == pytest.approx(20.0, abs=2.0)


def test_a_dead_line_holds_no_sine():
    assert fit_sine(np.zeros(100)).share == 0.0


def test_noise_is_explained_by_no_sine():
    rng = np.random.default_rng(1)
    assert fit_sine(rng.normal(0, 30, 200)).share < 0.3


@pytest.mark.parametrize("lifted", [150, 163, 180, 240])
@pytest.mark.parametrize("loaded", [1.0, 0.3])
def test_finds_the_lift_under_a_ring_that_goes_on(lifted, loaded):
    before = ring(lifted, 16.0, 80.0, 24.0)
    after = 6.0 + loaded * (ring(300, 16.0, 80.0)[lifted:])
    assert step_under_sine(np.concatenate((before, after)), 16.0, 24.0, 6.0) == pytest.approx(
        lifted, abs=5
    )


def test_a_ring_without_a_lift_has_no_step():
    assert step_under_sine(ring(300, 16.0, 80.0, 48.0), 16.0, 48.0, 8.0) is None


def test_less_than_two_cycles_tell_nothing():
    assert step_under_sine(ring(60, 16.0, 80.0, 48.0), 16.0, 48.0, 8.0) is None

import numpy as np
import pytest

from dsp.units import SILENCE_DBM0, dbm0


def test_a_full_scale_sine_is_3_14_dbm0():
    sine = 32768 * np.sin(2 * np.pi * np.arange(8000) / 8)
    assert dbm0(float(np.mean(sine**2))) == pytest.approx(3.14, abs=0.01)


@pytest.mark.parametrize("mean_square", [0.0, -1.0, 1e-9])
def test_nothing_reads_as_silence(mean_square):
    assert dbm0(mean_square) == SILENCE_DBM0

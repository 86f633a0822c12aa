import numpy as np
import pytest

from dsp.units import SILENCE_DBM0, dbm0


@pytest.mark.parametrize("below_full_scale_db, level", [(3.14, 0.0), (0.0, 3.14), (43.14, -40.0)])
def test_a_sine_reads_its_level(below_full_scale_db, level):
    peak = 32768 * 10 ** (-below_full_scale_db / 20)
    sine = peak * np.sin(2 * np.pi * np.arange(8000) / 8)
    assert dbm0(float(np.mean(sine**2))) == pytest.approx(level, abs=0.001)


def test_nothing_at_all_has_a_level():
    assert dbm0(0.0) == SILENCE_DBM0
    assert dbm0(1e-12) == SILENCE_DBM0

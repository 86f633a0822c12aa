import numpy as np
import pytest

from appliance.overview import WINDOW, Overview
from firmware_bridge.capture import Capture
from firmware_bridge.signals import sine, to_int16
from firmware_bridge.wav import WavWriter

#: 1 000 Hz and the middle of its bin.
BIN = 1000 * WINDOW // 8000


@pytest.fixture
def made(tmp_path):
    """Two lines of 12.3 s: a key of 50 ms on line 2, and a spike of 5 ms of 48 V."""

    def make(seconds=12.3, volts=True, audio=True):
        n = round(seconds * 1000)
        heard = np.zeros((2, 8 * n), np.int16)
        heard[1, 4000:4400] = to_int16(sine(1000.0, 0, 400, -10.0))
        loop = np.full((2, n), 800, np.int16)
        loop[1, 700:705] = 4800
        if audio:
            with WavWriter(tmp_path / "a.wav", 8000, 2) as wav:
                wav.write(heard)
        if volts:
            with WavWriter(tmp_path / ("a.volts.wav" if audio else "a.wav"), 1000, 2) as wav:
                wav.write(loop)
        return tmp_path / "a.wav"

    return make


def overview(path, lines=(1, 2), columns=100):
    with Capture(path) as capture:
        return Overview(capture, lines, columns)


def test_a_spike_is_in_its_column_however_wide_that_is(made):
    seen = overview(made())
    assert seen.lowest_v.shape == seen.highest_v.shape == (2, 100)
    column = int(0.702 / 12.3 * 100)
    assert seen.highest_v[1, column] == pytest.approx(48.0)
    assert seen.lowest_v[1, column] == pytest.approx(8.0)
    assert seen.highest_v[0].max() == seen.lowest_v.min() == pytest.approx(8.0)


def test_a_key_is_seen_at_its_level_and_time_in_a_column_that_is_longer(made):
    seen = overview(made())
    assert seen.level_dbm0.shape == (2, WINDOW // 2 + 1, 100)
    assert np.unravel_index(seen.level_dbm0[1].argmax(), (129, 100)) == (BIN, int(0.52 / 0.123))
    assert seen.level_dbm0[1].max() == pytest.approx(-10.0, abs=0.1)
    assert seen.level_dbm0[0].max() == -96.0


def test_a_short_capture_has_columns_of_1_and_10_ms(made):
    seen = overview(made(1.0), columns=5000)
    assert seen.highest_v.shape == (2, 1000)
    assert seen.level_dbm0.shape[2] == 100


def test_only_the_lines_asked_for_are_kept(made):
    seen = overview(made(), lines=[2])
    assert seen.highest_v.shape[0] == 1
    assert seen.highest_v.max() == pytest.approx(48.0)


def test_what_a_capture_has_not_is_none(made, tmp_path):
    assert overview(made(volts=False)).lowest_v is None
    (tmp_path / "a.wav").unlink()
    seen = overview(made(audio=False))
    assert seen.level_dbm0 is None
    assert np.isfinite(seen.lowest_v).all()


def test_no_column_is_left_empty(made):
    seen = overview(made(3.001), columns=1436)
    assert np.isfinite(seen.lowest_v).all() and np.isfinite(seen.highest_v).all()

import numpy as np

from appliance.bench.case import Case, on_a_line, silence


def test_a_case_lasts_as_long_as_its_signal():
    audio, volts = np.zeros(12_000, np.int16), np.zeros(2500, np.int16)
    assert Case("dtmf", "", "hear", "", (), audio=audio).seconds == 1.5
    assert Case("line", "", "hear", "", (), volts=volts).seconds == 2.5


def test_a_line_is_never_digitally_silent():
    heard = on_a_line(silence(1.0), np.random.default_rng(1))
    assert heard.dtype == np.int16
    assert 4 < heard.std() < 7  # -70 dBm0 is 5.1 steps rms

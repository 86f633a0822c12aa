from math import log10

import numpy as np
import pytest

from firmware_bridge import signals
from firmware_bridge.signals import (
    CALL_TONES,
    a_law,
    call_tone,
    dtmf,
    hum,
    ringing,
    settling,
    sine,
    to_int16,
    white_noise,
)

SECOND = 8000
RNG = np.random.default_rng(7)


def level_dbm0(audio):
    """A sine at full scale is +3.14 dBm0: ITU-T G.711."""
    mean_square = np.mean(np.square(audio, dtype=float))
    return 10 * log10(mean_square / (32768**2 / 2)) + 3.14


def lines_hz(audio, rate=SECOND):
    """The frequencies of the spectral lines within 12 dB of the strongest, over whole seconds."""
    spectrum = np.abs(np.fft.rfft(audio))
    found = np.flatnonzero(spectrum > spectrum.max() / 4)
    return [round(k * rate / len(audio)) for k in found]


@pytest.mark.parametrize("dbm0", [3.0, 0.0, -10.0, -25.0, -40.0])
def test_a_sine_has_the_level_asked_for(dbm0):
    assert level_dbm0(sine(1000, 0, SECOND, dbm0)) == pytest.approx(dbm0, abs=0.01)


def test_a_sine_at_full_scale_is_3_14_dbm0():
    assert np.abs(sine(1000, 0, SECOND, 3.14)).max() == pytest.approx(32768, abs=1)


def test_a_sine_joins_without_a_seam():
    whole = sine(1234.5, 0, 5000, -10)
    assert np.array_equal(
        np.concatenate([sine(1234.5, 0, 777, -10), sine(1234.5, 777, 4223, -10)]), whole
    )


@pytest.mark.parametrize("digit, low_hz, high_hz", [
    ("1", 697, 1209), ("5", 770, 1336), ("9", 852, 1477), ("*", 941, 1209),
    ("0", 941, 1336), ("#", 941, 1477), ("A", 697, 1633), ("D", 941, 1633),
])  # fmt: skip
def test_a_key_sounds_its_two_frequencies(digit, low_hz, high_hz):
    assert lines_hz(dtmf(digit, 0, SECOND)) == [low_hz, high_hz]


@pytest.mark.parametrize("twist_db", [-8.0, -2.0, 0.0, 4.0])
def test_twist_is_high_over_low_and_the_stronger_tone_has_the_level(twist_db):
    spectrum = np.abs(np.fft.rfft(dtmf("5", 0, SECOND, -12.0, twist_db)))
    low, high = spectrum[770], spectrum[1336]
    reference = np.abs(np.fft.rfft(sine(1000, 0, SECOND, -12.0)))[1000]
    assert 20 * log10(high / low) == pytest.approx(twist_db, abs=0.01)
    assert max(low, high) == pytest.approx(reference, rel=1e-3)


def test_a_key_that_no_telephone_has_is_refused():
    with pytest.raises(ValueError):
        dtmf("x", 0, 100)


@pytest.mark.parametrize("plan, name, freqs_hz, sounding_s", [
    ("kr", "dial",        [350, 440], [(0.0, 6.0)]),
    ("kr", "ringback",    [440, 480], [(0.0, 1.0), (3.0, 4.0)]),
    ("kr", "busy",        [480, 620], [(k * 1.0, k + 0.5) for k in range(6)]),
    ("jp", "dial",        [400],      [(0.0, 6.0)]),
    ("jp", "busy",        [400],      [(k * 1.0, k + 0.5) for k in range(6)]),
    ("jp", "second_dial", [400],      [(k * 0.5, k * 0.5 + 0.25) for k in range(12)]),
])  # fmt: skip
def test_tones_of_the_exchange_have_their_frequencies_and_cadence(plan, name, freqs_hz, sounding_s):
    audio = call_tone(CALL_TONES[plan, name], 0, 6 * SECOND, -16.0)
    live = np.abs(audio).reshape(-1, 80).max(axis=1) > 0  # in steps of 10 ms
    want = np.zeros(600, bool)
    for start, end in sounding_s:
        want[round(start * 100) : round(end * 100)] = True
    assert np.array_equal(live, want)
    on = call_tone(signals.CallTone(CALL_TONES[plan, name].freqs_hz), 0, SECOND, -16.0)
    assert lines_hz(on) == freqs_hz


def test_japans_ringback_is_modulated_by_the_ringing_frequency():
    audio = call_tone(CALL_TONES["jp", "ringback"], 0, SECOND, -16.0)
    spectrum = np.abs(np.fft.rfft(audio))
    assert spectrum[400] > spectrum[384] > spectrum[400] / 4
    assert spectrum[416] == pytest.approx(spectrum[384], rel=0.01)


def test_a_tone_joins_without_a_seam():
    tone = CALL_TONES["jp", "ringback"]
    whole = call_tone(tone, 0, 30_000, -16.0)
    pieces = [call_tone(tone, at, min(801, 30_000 - at), -16.0) for at in range(0, 30_000, 801)]
    assert np.allclose(np.concatenate(pieces), whole, atol=0.01)


def test_noise_has_the_level_asked_for():
    assert level_dbm0(white_noise(RNG, 10 * SECOND, -45.0)) == pytest.approx(-45.0, abs=0.2)


def test_hum_is_the_mains_and_its_third_harmonic_10_db_down():
    spectrum = np.abs(np.fft.rfft(hum(60, 0, SECOND, -40.0)))
    assert 20 * log10(spectrum[60] / spectrum[180]) == pytest.approx(10, abs=0.1)


def test_ringing_is_75_volts_rms_at_its_frequency():
    volts = ringing(16.0, 0, 1000, 75.0)
    assert np.sqrt(np.mean(volts**2)) == pytest.approx(75.0, abs=0.1)
    assert lines_hz(volts, rate=1000) == [16]
    assert volts[0] == 0


def test_a_loop_settles_within_a_few_milliseconds():
    volts = settling(48.0, 8.0, 0, 20, tau_ms=3.0)
    assert volts[2] == pytest.approx(8 + 40 / np.e)  # one time constant after the switch
    assert volts[14] == pytest.approx(8.0, abs=0.3)
    assert np.array_equal(settling(48.0, 8.0, 5, 15, 3.0), volts[5:])


def test_a_law_gives_back_the_middle_of_its_steps():
    # ITU-T G.711 table 1a, decision values on a 16-bit scale
    there = np.array([0, -1, 15, 16, 511, 512, 1000, -1000, 32767, -32768], np.int16)
    assert a_law(there).tolist() == [8, -8, 8, 24, 504, 528, 1008, -1008, 32256, -32256]


def test_a_law_twice_is_a_law_once():
    every = np.arange(-32768, 32768).astype(np.int16)
    assert np.array_equal(a_law(a_law(every)), a_law(every))


def test_a_law_is_38_db_below_a_sine():
    spoken = to_int16(sine(1004, 0, SECOND, -10.0))
    wrong = a_law(spoken).astype(float) - spoken
    assert 36 < level_dbm0(spoken) - level_dbm0(wrong) < 40


def test_too_loud_clips_as_a_converter_does():
    assert to_int16(np.array([40000.0, -40000.0, 0.5, 1.5])).tolist() == [32767, -32768, 0, 2]

import numpy as np
import pytest

from dsp.caller_id_screen import LEAST_SHARE, LOOK, has_mark, look
from tests.dsp.bursts import JAPAN, MDMF, bell, japan, on_a_line
from tests.signals import dtmf, pcm, sine, speech_like, white


def shares(audio):
    whole = len(audio) // LOOK * LOOK
    return look(pcm(audio)[:whole].reshape(-1, LOOK)).share


@pytest.mark.parametrize("freq_hz", [1140, 1200, 1300, 1700, 2100, 2200, 2310])
def test_the_tones_of_both_modems_are_in_the_band(freq_hz):
    assert (shares(sine(freq_hz, 0.2)) > 0.9).all()


@pytest.mark.parametrize("freq_hz", [50, 350, 480, 620, 2750, 3200])
def test_other_tones_are_not(freq_hz):
    assert (shares(sine(freq_hz, 0.2)) < LEAST_SHARE).all()


def test_noise_is_not_and_a_burst_in_it_is():
    rng = np.random.default_rng(1)
    assert (shares(white(rng, 2.0, -20)) > LEAST_SHARE).mean() < 0.05
    burst = bell(MDMF, dbm0=-15)
    loud = shares(burst + white(rng, len(burst) / 8000, -21)[: len(burst)])
    assert (loud > LEAST_SHARE).mean() > 0.95


def test_hum_far_above_the_signal_is_left_out():
    burst = bell(MDMF, dbm0=-25)
    for freq_hz, over_db in ((60, 18), (120, 12), (200, 6)):
        hum = sine(freq_hz, 2.0, -25 + over_db)[: len(burst)]
        assert (shares(burst + hum) > LEAST_SHARE).mean() > 0.95


def test_what_is_too_quiet_is_not_looked_at():
    assert (shares(sine(1700, 0.2, -55)) == 0).all()
    assert (shares(sine(1700, 0.2, -45)) > 0.9).all()


def test_energy_is_that_of_the_band():
    quiet, loud = (look(pcm(sine(1700, 0.005, level))).energy for level in (-20, -10))
    assert loud / quiet == pytest.approx(10, rel=0.02)


@pytest.mark.parametrize("burst", [bell(MDMF), japan(JAPAN), bell(MDMF, mark=20)])
def test_a_message_has_a_mark(burst):
    for seed in range(5):
        assert has_mark(on_a_line(burst, seed=seed, noise_dbm0=-27.0))


@pytest.mark.parametrize(
    "audio",
    [sine(1700, 1.0), dtmf("369#" * 3), sine(1250, 0.005), np.zeros(8000), np.zeros(10)],
)
def test_other_sounds_have_none(audio):
    assert not has_mark(pcm(audio))


def test_a_mark_with_nothing_after_it_is_none():
    tone = np.concatenate((np.zeros(800), sine(1250, 0.08)))
    assert not has_mark(pcm(tone))
    assert has_mark(pcm(np.concatenate((tone, speech_like(np.random.default_rng(2), 0.2)))))

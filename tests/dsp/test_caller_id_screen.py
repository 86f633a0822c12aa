import numpy as np
import pytest

from dsp.caller_id_screen import LEAST_SHARE, LOOK, are_steady, has_message, look
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


def test_differencing_favours_no_tone():
    mark, space = (look(pcm(sine(hz, 0.005, -15))).energy for hz in (1250, 2150))
    assert mark / space == pytest.approx(1.0, rel=0.1)


def is_steady(audio):
    seen = look(pcm(audio)[: len(audio) // 160 * 160].reshape(1, -1, 160)[:, :, :LOOK])
    return are_steady(seen.energy, seen.share)


@pytest.mark.parametrize("burst", [bell(MDMF), japan(JAPAN), bell(MDMF, mark=20)])
def test_a_burst_is_steady_whatever_its_slope_and_noise(burst):
    assert is_steady(burst) == [True]
    noise = white(np.random.default_rng(3), len(burst) / 8000, -21)[: len(burst)]
    assert is_steady(burst + noise) == [True]


def test_what_swells_like_a_voice_or_is_beside_the_band_is_not_steady():
    swelling = 1 + 0.9 * np.sin(2 * np.pi * 9 * np.arange(8000) / 8000)
    assert is_steady(sine(1700, 1.0)) == [True]
    assert is_steady(sine(1700, 1.0) * swelling) == [False]
    assert is_steady(sine(700, 1.0)) == [False]


def test_steadiness_is_said_of_each_burst_and_of_looks_in_a_row():
    share = np.ones((3, 8), np.float32)
    energy = np.array(
        [[5, 0, 5, 0, 5, 0, 5, 0], [0, 5, 5, 5, 5, 5, 5, 5], [0, 0, 5, 5, 5, 5, 5, 5]]
    )
    assert are_steady(energy.astype(np.float32), share) == [False, True, True]
    assert are_steady(energy.astype(np.float32), share * 0.6) == [False] * 3


@pytest.mark.parametrize("burst", [bell(MDMF), japan(JAPAN), bell(MDMF, mark=20)])
def test_a_message_is_seen_after_its_mark(burst):
    for seed in range(5):
        assert has_message([on_a_line(burst, seed=seed, noise_dbm0=-27.0)]) == [True]


SOUNDS = [sine(1700, 1.0), dtmf("369#" * 3), sine(1250, 0.005), np.zeros(8000), np.zeros(10)]
TONE = np.concatenate((np.zeros(800), sine(1250, 0.08)))


@pytest.mark.parametrize("audio", [*SOUNDS, sine(1250, 4.0), TONE])
def test_other_sounds_have_none(audio):
    assert has_message([pcm(audio)]) == [False]


def test_a_mark_and_then_a_voice_or_another_tone_is_no_message():
    voice = speech_like(np.random.default_rng(2), 0.2)
    assert has_message([pcm(np.concatenate((TONE, voice)))]) == [False]
    assert has_message([pcm(np.concatenate((TONE, sine(1700, 0.2))))]) == [False]


def test_a_message_that_swells_like_a_voice_is_none():
    burst = bell(MDMF)
    swelling = 1.02 + np.sin(2 * np.pi * 12 * np.arange(len(burst)) / 8000)
    assert has_message([pcm(burst)]) == [True]
    assert has_message([pcm(burst * swelling)]) == [False]


def test_bursts_looked_at_together_are_judged_as_if_alone():
    # a mark that ends one and a message that begins the next are not one
    bursts = [pcm(TONE), on_a_line(bell(MDMF))[6000:], on_a_line(bell(MDMF)), pcm(np.zeros(7))]
    assert has_message(bursts) == [False, False, True, False]
    assert has_message(bursts[::-1]) == [False, True, False, False]
    assert has_message([]) == []

import numpy as np
import pytest

from dsp.dtmf_figures import BEFORE, DTMF, doubt
from dsp.dtmf_fit import WINDOW, Stretch

CLEAN = Stretch(
    start=300.0,
    end=768.0,
    deviation=(0.0, 0.0),
    turn=(0.0, 0.0),
    level=(-10.0, -10.0),
    amplitude=(7000.0, 7000.0),
    residual=0.0,
    wobble=0.0,
    low=0.0,
    low_power=1e8,
)
SILENCE = np.zeros(BEFORE, np.int16)


def is_digit(before=SILENCE, **spoilt):
    return doubt(CLEAN._replace(**spoilt), before) < 1


def dial_tone(peak):
    at = np.arange(BEFORE)
    return np.round(peak * np.sin(2 * np.pi * 400 * at / 8000)).astype(np.int16)


def test_a_clean_digit_leaves_no_doubt():
    assert doubt(CLEAN, SILENCE) == 0


@pytest.mark.parametrize(
    "good, bad",
    [
        ({"residual": 0.33}, {"residual": 0.35}),
        ({"wobble": 0.037}, {"wobble": 0.039}),
        ({"low": 0.55}, {"low": 0.57}),
        ({"deviation": (0.033, 0.0)}, {"deviation": (0.034, 0.0)}),
        ({"deviation": (-0.033, 0.0)}, {"deviation": (-0.034, 0.0)}),
        ({"deviation": (0.0, 0.028)}, {"deviation": (0.0, 0.030)}),
        ({"level": (-10.0, -21.9)}, {"level": (-10.0, -22.1)}),
        ({"level": (-17.4, -10.0)}, {"level": (-17.6, -10.0)}),
        ({"level": (-42.4, -42.0)}, {"level": (-42.6, -42.0)}),
    ],
)
def test_each_fault_alone_has_its_limit(good, bad):
    assert is_digit(**good) and not is_digit(**bad)


def test_several_small_faults_are_one_great_one():
    faults = {"residual": 0.12, "wobble": 0.012, "low": 0.2, "deviation": (0.012, 0.0)}
    assert all(is_digit(**{name: value}) for name, value in faults.items())
    assert not is_digit(**faults)


@pytest.mark.parametrize("twist_db", [-8.0, 4.0])
def test_the_twist_that_must_be_accepted_raises_no_doubt(twist_db):
    assert doubt(CLEAN._replace(level=(-10.0, -10.0 + twist_db)), SILENCE) == 0


class TestALowBandAboveItsLimit:
    peak = 3000.0
    power = peak**2 / 2 * WINDOW

    def digit(self, before, low=2.0, power=None):
        return is_digit(before, low=low, low_power=power or self.power)

    def test_is_excused_when_it_was_there_before(self):
        assert self.digit(dial_tone(self.peak))

    def test_is_not_when_it_came_with_the_digit(self):
        assert not self.digit(SILENCE)

    def test_is_not_when_it_was_weaker(self):
        assert not self.digit(dial_tone(self.peak * 0.7))

    def test_is_not_when_it_was_unsteady(self):
        swelling = dial_tone(self.peak) * np.linspace(0.3, 1, BEFORE)
        assert not self.digit(swelling.astype(np.int16))

    def test_is_not_when_it_was_in_company(self):
        other = np.round(self.peak * np.sin(np.arange(BEFORE))).astype(np.int16)  # 1273 Hz
        assert not self.digit(dial_tone(self.peak) + other)

    def test_is_not_when_it_drowns_the_digit(self):
        assert not self.digit(dial_tone(self.peak), low=DTMF.steady_low + 1)

    def test_is_excused_though_another_digit_splashed_into_it(self):
        before = dial_tone(self.peak)
        before[600:700] += 4000
        assert self.digit(before)

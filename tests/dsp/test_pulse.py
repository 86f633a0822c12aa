import numpy as np
import pytest

from dsp.events import Pulse
from dsp.loop import LoopBank
from dsp.pulse import PulseLine, PulsePlan
from tests.signals import Line


def dialled(line, **noise):
    events = LoopBank(1).push(line.volts(np.random.default_rng(7), **noise)[None])
    return [e for e in events if e.kind not in ("off_hook", "on_hook")]


def test_three_breaks_are_a_three_dated_at_the_first():
    dial = PulseLine(4, PulsePlan())
    for begin in (1000, 1100, 1200):
        dial.add_break(begin, begin + 67)
    assert dial.advance(1460) == []
    assert dial.advance(1480) == [Pulse(line=4, sample=8000, believed=11840, digit="3")]


def test_ten_breaks_are_a_zero_and_eleven_are_nothing():
    for count, digits in ((10, ["0"]), (11, [])):
        dial = PulseLine(1, PulsePlan())
        for i in range(count):
            dial.add_break(100 * i, 100 * i + 67)
        assert [p.digit for p in dial.advance(2000)] == digits


def test_a_break_shorter_than_any_dial_makes_is_noise():
    dial = PulseLine(1, PulsePlan())
    dial.add_break(1000, 1012)
    assert not dial.busy


def test_breaks_that_are_no_train_are_no_digit():
    dial = PulseLine(1, PulsePlan())
    dial.add_break(1000, 1060)
    dial.add_break(1190, 1250)
    assert dial.advance(2000) == []


def test_a_train_cut_off_by_a_long_break_is_no_digit():
    dial = PulseLine(1, PulsePlan())
    dial.add_break(1000, 1060)
    dial.drop()
    assert dial.advance(2000) == []


@pytest.mark.parametrize("pps, share", [(9.0, 0.58), (9.0, 0.7), (11.0, 0.58), (11.0, 0.7)])
@pytest.mark.parametrize("idle_v, talk_v", [(48.0, 8.0), (24.0, 6.0)])
def test_every_digit_at_ten_pulses_under_hum(pps, share, idle_v, talk_v):
    line = Line(idle_v, talk_v).idle(600).lift(900).dial("1234567890", pps, share)
    events = dialled(line, hum_v=5.0, noise_v=0.4)
    assert [e.digit for e in events] == list("1234567890")
    assert [e.at_s for e in events] == pytest.approx(times(line), abs=0.01)


@pytest.mark.parametrize("pps, share", [(18.4, 0.64), (18.4, 0.7), (21.6, 0.64), (21.6, 0.7)])
def test_every_digit_at_twenty_pulses_under_hum(pps, share):
    line = Line(24.0, 6.0, sign=-1).idle(600).lift(900).dial("1234567890", pps, share, pause=450)
    events = dialled(line, hum_v=5.0, noise_v=0.4)
    assert [e.digit for e in events] == list("1234567890")
    assert [e.at_s for e in events] == pytest.approx(times(line), abs=0.01)


def test_a_digit_given_up_by_hanging_up_is_none():
    assert dialled(Line().idle(600).lift(900).dial("4", pause=90).hang_up(1500)) == []


def test_a_flash_after_a_digit_is_a_flash():
    line = Line().idle(600).lift(900).dial("4").flash(100).talk(600).dial("9", pps=20, pause=450)
    assert [e.kind for e in dialled(line)] == ["pulse", "flash", "pulse"]


def times(line):
    return [at for kind, at, _ in line.truth if kind == "pulse"]

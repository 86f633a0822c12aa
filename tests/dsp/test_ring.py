import numpy as np
import pytest

from dsp.events import RingEnd, RingStart
from dsp.loop import LoopBank
from tests.signals import Line


def heard(line, seed=3, **spoilt):
    return LoopBank(1).push(line.volts(np.random.default_rng(seed), **spoilt)[None])


def rings(events):
    return [e for e in events if isinstance(e, RingStart | RingEnd)]


@pytest.mark.parametrize("ring_hz", [15.0, 16.0, 20.0, 25.0, 50.0, 70.0])
@pytest.mark.parametrize(
    "ring_v, idle_v", [(25.0, 24.0), (25.0, 48.0), (75.0, 48.0), (110.0, 24.0)]
)
def test_one_pair_for_a_ringing_from_its_first_burst_to_its_last(ring_hz, ring_v, idle_v):
    line = Line(idle_v, 6.0, -1, ring_hz=ring_hz, ring_v=ring_v).idle(900).ring(2).idle(3000)
    start, end = heard(line, hum_v=4.0, noise_v=0.4)
    assert start.at_s == pytest.approx(0.9, abs=0.03)
    assert end.at_s == pytest.approx(4.9, abs=0.03)
    assert start.freq_hz == pytest.approx(ring_hz, abs=0.5)
    assert (end.bursts, end.freq_hz) == (2, start.freq_hz)


@pytest.mark.parametrize("phase", np.arange(0, 1, 0.125))
def test_the_start_is_dated_at_the_first_swing_whatever_its_phase(phase):
    line = Line(ring_hz=16.0).idle(900).ring(1, phase=phase).idle(3000)
    start, _ = heard(line, hum_v=4.0)
    assert start.at_s == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(
    "on, off, bursts", [(1000, 2000, 3), (500, 500, 5), (2000, 4000, 2), (400, 200, 4)]
)
def test_every_cadence_is_one_ringing(on, off, bursts):
    line = Line().idle(600).ring(bursts, on, off).idle(5000)
    start, end = heard(line)
    assert end.bursts == bursts
    assert end.burst_s == pytest.approx(on / 1000, abs=0.03)
    assert end.at_s - start.at_s == pytest.approx((bursts * (on + off) - off) / 1000, abs=0.03)


def test_the_end_is_believed_when_no_burst_can_follow():
    (_, end) = heard(Line().idle(600).ring(1).idle(4000))
    assert (end.believed - end.sample) / 8000 == pytest.approx(4.5, abs=0.03)


@pytest.mark.parametrize("last", range(700, 766, 6))
@pytest.mark.parametrize("ring_hz, idle_v", [(16.0, 48.0), (20.0, 24.0)])
def test_an_answer_at_any_phase_of_the_ring_is_dated_well(last, ring_hz, idle_v):
    line = Line(idle_v, 6.0, ring_hz=ring_hz).idle(600).ring(2, last=last).lift(900)
    start, end, off = sorted(heard(line, hum_v=3.0), key=lambda e: (e.sample, e.kind != "ring_end"))
    assert off.kind == "off_hook"
    lifted = dict((kind, at) for kind, at, _ in line.truth)["off_hook"]
    assert off.at_s == pytest.approx(lifted, abs=0.03)
    assert (end.sample, end.believed, end.bursts) == (off.sample, off.believed, 2)
    assert start.sample < end.sample


@pytest.mark.parametrize("ms", [20, 60, 130, 200])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_lift_is_dated_at_itself_though_the_exchange_rings_on(ms, share):
    line = Line(ring_hz=16.0).idle(600).ring(2, last=703).trip(ms, share, phase=0.25).talk(900)
    (off,) = [e for e in heard(line, hum_v=3.0) if e.kind == "off_hook"]
    assert off.at_s == pytest.approx(4.303, abs=0.03)


def test_an_answer_between_bursts_ends_the_ringing_at_its_last_burst():
    _, end, off = sorted(heard(Line().idle(600).ring(2).lift(900)), key=lambda e: e.sample)
    assert (end.at_s, off.at_s) == (pytest.approx(4.6, abs=0.03), pytest.approx(6.6, abs=0.03))
    assert end.believed == off.believed


@pytest.mark.parametrize("after", [20, 50, 64])
def test_an_answer_just_after_a_burst_leaves_the_end_to_the_burst(after):
    line = Line().idle(600).ring(2, last=1000).hold(after).lift(900)
    (end,) = [e for e in heard(line, hum_v=2.0) if e.kind == "ring_end"]
    assert end.at_s == pytest.approx(4.6, abs=0.03)


def test_an_answer_in_the_first_trough_is_dated_at_itself():
    line = Line(ring_hz=16.0, settle_ms=0.2).idle(600).ring(1, last=55).lift(900)
    (off,) = [e for e in heard(line) if e.kind == "off_hook"]
    assert off.at_s == pytest.approx(0.655, abs=0.01)


def test_ringing_does_not_pass_for_drift():
    line = Line(24.0, ring_hz=15.5, ring_v=110.0).idle(2000).ring(3).idle(900)
    bank = LoopBank(1)
    bank.push(line.volts()[None])
    assert bank.idle_v() == [pytest.approx(24.0, abs=0.3)]


def test_a_ring_just_after_a_reversal_begins_after_it():
    start, _ = heard(Line().idle(600).reverse(110).ring(1).idle(3000))[1:]
    assert start.at_s == pytest.approx(0.71, abs=0.03)


@pytest.mark.parametrize("last", [110, 140, 165, 180])
def test_a_first_burst_answered_at_once_after_a_hang_up_is_no_flash(last):
    line = Line(25.0, 6.0, ring_hz=45.0).idle(600).lift(900).hang_up(800).ring(1, last=last)
    events = sorted(heard(line.lift(900)), key=lambda e: (e.sample, e.kind == "off_hook"))
    kinds = ["off_hook", "on_hook", "ring_start", "ring_end", "off_hook"]
    assert [e.kind for e in events] == kinds
    assert events[-1].at_s == pytest.approx(2.3 + last / 1000, abs=0.01)


@pytest.mark.parametrize("phase", np.arange(0, 1, 0.125))
def test_a_ring_as_the_hang_up_is_believed_does_not_turn_its_polarity(phase):
    line = Line(24.0, 6.0, ring_hz=15.0, ring_v=90.0).idle(600).lift(900).hang_up(905)
    kinds = [e.kind for e in heard(line.ring(1, phase=phase).idle(3000))]
    assert kinds == ["off_hook", "on_hook", "ring_start", "ring_end"]


@pytest.mark.parametrize("last", [70, 90, 150])
def test_an_answer_in_the_first_cycles_is_a_ringing_all_the_same(last):
    line = Line().idle(600).ring(1, last=last).lift(900)
    assert sorted(e.kind for e in heard(line)) == ["off_hook", "ring_end", "ring_start"]


def test_a_number_display_wake_up_is_a_ringing_of_its_own():
    line = Line(ring_hz=16.0).idle(600).reverse(300).ring(3, 500, 500, last=400).lift(1500)
    line.hang_up(600).ring(2, last=600).lift(1000).hang_up(1500)
    events = sorted(heard(line, hum_v=3.0), key=lambda e: e.sample)
    assert sorted(e.kind for e in events) == sorted(kind for kind, _, _ in line.truth)
    ends = [e for e in events if e.kind == "ring_end"]
    assert [e.bursts for e in ends] == [3, 2]
    assert [e.burst_s for e in ends] == [pytest.approx(0.5, abs=0.03), pytest.approx(1, abs=0.03)]


def test_a_ringing_is_reported_over_before_the_lift_that_ended_it():
    kinds = [e.kind for e in heard(Line().idle(600).ring(2, last=700).lift(900))]
    assert kinds.index("ring_end") < kinds.index("off_hook")


def test_a_ring_believes_the_hang_up_before_it():
    line = Line().idle(600).lift(900).hang_up(300).ring(1).idle(3000)
    events = heard(line)
    assert [e.kind for e in events] == ["off_hook", "on_hook", "ring_start", "ring_end"]
    assert events[1].believed == events[2].believed


def test_a_stream_that_begins_in_a_ring_rings_from_its_first_sample():
    start, _ = heard(Line(ring_hz=16.0).ring(1, phase=0.3).idle(3000))
    assert (start.kind, start.sample) == ("ring_start", 0)


def test_a_line_cut_in_a_ring_rings_no_more():
    line = Line().idle(600).ring(1, last=500).unplug(1200)
    assert sorted(e.kind for e in heard(line)) == ["line_down", "ring_end", "ring_start"]


@pytest.mark.parametrize(
    "line, spoilt",
    [
        (Line().idle(4000), {"hum_v": 10.0}),
        (Line().idle(500).dial("0", pps=20), {}),
        (Line().idle(900).lift(500).dial("70", pps=20), {}),
        (Line().idle(900).bounce(np.random.default_rng(1), 400, 48.0).idle(2000), {}),
        (Line().idle(900).reverse(30).reverse(30).reverse(30).reverse(30).reverse(900), {}),
        (Line().idle(900).chatter(12, 25).idle(900), {}),
    ],
)
def test_what_takes_voltage_away_is_not_ringing(line, spoilt):
    assert rings(heard(line, **spoilt)) == []

import numpy as np
import pytest

from dsp.events import Flash, LineDown, LineUp, OffHook, OnHook, PolarityReversal
from dsp.hook import HookLine, HookPlan, Loop
from dsp.loop import LoopBank
from dsp.trace import Trace
from tests.signals import Line


def heard(line, idle_v=None, seed=3, **spoilt):
    bank = LoopBank(1, idle_v=None if idle_v is None else [idle_v])
    return bank.push(line.volts(np.random.default_rng(seed), **spoilt)[None])


def brief(events):
    return [(e.kind, round(e.at_s, 2)) for e in events]


def assert_heard_as_done(line, **spoilt):
    """Each thing done is heard once, within 30 ms, and nothing else."""
    events = sorted(heard(line, **spoilt), key=lambda e: e.sample)
    assert [e.kind for e in events] == [kind for kind, _, _ in line.truth]
    assert [e.at_s for e in events] == pytest.approx([at for _, at, _ in line.truth], abs=0.03)
    assert all(e.believed > e.sample for e in events)


def test_a_call_is_two_events_dated_at_the_edges():
    steps = np.repeat(np.array([-4800, -800, -4800], np.int16), [1000, 2000, 1400])
    off, on = LoopBank(1).push(steps[None])
    assert off == OffHook(line=1, sample=8000, believed=8640, volts=-8.0)
    assert on == OnHook(line=1, sample=24000, believed=32000, volts=-48.0)


@pytest.mark.parametrize("hum_hz", [50, 60])
@pytest.mark.parametrize(
    "idle_v, talk_v, sign", [(48, 8, 1), (48, 18, -1), (24, 6, 1), (24, 6, -1)]
)
def test_a_call_is_heard_through_hum_and_drift(idle_v, talk_v, sign, hum_hz):
    line = Line(idle_v, talk_v, sign).idle(800).lift(2000).hang_up(1500).lift(900).hang_up(1500)
    assert_heard_as_done(line, hum_v=5.5, hum_hz=hum_hz, noise_v=0.4, drift_v=-0.1 * idle_v)


@pytest.mark.parametrize("idle_v, drift_v", [(48, -22), (24, -7), (24, 20)])
def test_drift_is_followed(idle_v, drift_v):
    line = Line(idle_v, 8).idle(40_000).lift(2000).hang_up(20_000).lift(1000).hang_up(1500)
    assert_heard_as_done(line, drift_v=drift_v, hum_v=2.0)


def test_the_learnt_voltage_is_that_of_the_last_seconds():
    bank = LoopBank(1)
    bank.push(Line(48).idle(60_000).volts(drift_v=-15)[None])
    assert bank.idle_v() == [pytest.approx(33.0, abs=1.5)]


def test_a_phone_in_parallel_is_not_an_event():
    line = Line().idle(800).lift(1000).talk(1000, 5.0).talk(1000, 8.0).talk(1000, 11.0)
    assert_heard_as_done(line.hang_up(1500), hum_v=3.0)


@pytest.mark.parametrize("ms", [90, 500, 980])
@pytest.mark.parametrize("idle_v", [48, 24])
def test_a_flash_is_neither_a_hang_up_nor_a_pulse(ms, idle_v):
    line = Line(idle_v, 6).idle(800).lift(1000).flash(ms).talk(1000).hang_up(1500)
    assert_heard_as_done(line, hum_v=5.0)
    (flash,) = [e for e in heard(line) if isinstance(e, Flash)]
    assert flash.duration_s == pytest.approx(ms / 1000, abs=0.01)


def test_a_break_longer_than_a_flash_is_a_hang_up_believed_only_then():
    (_, on) = heard(Line().idle(800).lift(1000).hang_up(1100))
    assert on.at_s == pytest.approx(1.8, abs=0.01)
    assert on.believed / 8000 == pytest.approx(2.8, abs=0.03)


@pytest.mark.parametrize("ms", [5, 40, 80])
def test_a_reversal_is_only_a_reversal_however_soft(ms):
    line = Line().idle(800).ramp(ms).idle(800).lift(1200).ramp(ms).talk(900).hang_up(1500)
    assert_heard_as_done(line, hum_v=3.0)


def test_a_reversal_in_talk_is_found_under_hum_as_large_as_the_voltage():
    line = Line(48, 6).idle(800).lift(1200).reverse(400).reverse(900).hang_up(1500)
    assert_heard_as_done(line, hum_v=6.0)


def test_a_lift_that_reverses_is_both():
    line = Line().idle(800)
    line.sign = -1
    kinds = brief(heard(line.lift(900)))
    assert kinds == [("off_hook", 0.8), ("polarity_reversal", 0.8)]


def test_a_hang_up_that_reverses_is_both():
    line = Line().idle(800).lift(900)
    line.sign = -1
    kinds = brief(heard(line.hang_up(1200)))
    assert kinds == [("off_hook", 0.8), ("on_hook", 1.7), ("polarity_reversal", 1.7)]


@pytest.mark.parametrize("hum_v", [0.0, 6.0])
def test_an_unplugged_line_is_down_and_never_off_hook(hum_v):
    line = Line().idle(1000).unplug(1500).plug(1000).lift(1000).hang_up(1500)
    assert_heard_as_done(line, hum_v=hum_v)


def test_a_line_cut_in_a_call_is_down_and_back_on_the_hook():
    line = Line(24, 6).idle(1000).lift(1500).unplug(1500).plug(1500)
    assert_heard_as_done(line, hum_v=4.0)
    down, up = heard(line)[1:]
    assert isinstance(down, LineDown)
    assert isinstance(up, LineUp)
    assert (down.volts, up.volts) == pytest.approx((0.0, 24.0), abs=0.2)


def test_a_line_that_comes_back_off_the_hook_is_up_and_off_hook():
    events = heard(Line().unplug(1000).plug(1000, 8.0))
    assert brief(events) == [("line_down", 0.0), ("line_up", 1.0), ("off_hook", 1.0)]


@pytest.mark.parametrize("ms", [50, 200, 380])
def test_battery_that_the_exchange_breaks_for_a_moment_is_no_event(ms):
    line = Line().idle(800).lift(1000).hold(ms, 0.0).talk(1000).hang_up(1500)
    line.hold(ms, 0.0).idle(500)
    assert_heard_as_done(line)


def test_the_contacts_of_a_plug_are_not_events():
    rng = np.random.default_rng(5)
    line = Line().idle(1000).note("line_down").bounce(rng, 20, 48.0).hold(1200, 0.0)
    line.note("line_up").bounce(rng, 20, 48.0).idle(1000)
    kinds = [e.kind for e in heard(line)]
    assert kinds == ["line_down", "line_up"]


@pytest.mark.parametrize(
    "line, expected",
    [
        (Line().idle(2000), []),
        (Line(24, 6).idle(2000), []),
        (Line().talk(2000), [("off_hook", 0.0)]),
        (Line(48, 18).talk(2000), [("off_hook", 0.0)]),
        (Line().hold(2000, 0.0), [("line_down", 0.0)]),
    ],
)
def test_a_stream_that_begins_in_a_state_says_so_at_its_first_sample(line, expected):
    assert brief(heard(line, hum_v=3.0)) == expected


def test_a_line_first_met_off_hook_flashes_and_hangs_up_at_its_own_voltage():
    line = Line(48, 17).lift(900).flash(300).talk(800).hang_up(1200)
    assert_heard_as_done(line, hum_v=5.0)


def test_a_line_first_met_off_hook_dials_at_its_own_voltage():
    line = Line(52, 15.5).talk(900).dial("33").talk(200)
    events = [heard(line, hum_v=6.0, noise_v=0.5, seed=seed)[1:] for seed in range(20)]
    assert [[e.kind for e in found] for found in events] == [["pulse", "pulse"]] * 20


def test_a_stored_idle_voltage_tells_a_call_from_a_low_line():
    assert brief(heard(Line(19, 6).idle(1000), idle_v=19.0)) == []
    assert brief(heard(Line(19, 6).idle(1000))) == [("off_hook", 0.0)]


def test_an_off_hook_loop_says_since_when_it_has_been_open():
    line = Line().idle(1000).lift(1000).hang_up(500)
    bank = LoopBank(1)
    steps = line.volts()[None]
    bank.push(steps[:, :1990])
    assert bank.loop_open_at(1) is None
    bank.push(steps[:, 1990:2060])
    assert bank.loop_open_at(1) == pytest.approx(16000, abs=80)
    bank.push(np.full((1, 1000), 4800, np.int16))
    assert bank.loop_open_at(1) is None


def test_a_machine_that_is_not_ringing_has_no_hang_up_to_believe():
    hook = HookLine(1, HookPlan())
    assert hook.hang_up(Trace(np.zeros(20, np.int16), 0, 20)) == []
    assert hook.state is Loop.UNKNOWN


@pytest.mark.parametrize("after_ms", [90, 130, 400, 850, 940, 975, 1100])
def test_polarity_that_turns_back_after_a_hang_up_is_a_reversal_of_its_own(after_ms):
    line = Line().idle(800).lift(1200).reverse(1000).hang_up(after_ms).reverse(300)
    assert_heard_as_done(line.ring(2).idle(5000), hum_v=3.0)


def test_a_click_just_after_a_lift_does_not_move_it():
    volts = Line(48, 4.5).idle(1000).lift(1000).hang_up(1500).volts()
    volts[1030:1032] -= 2000
    assert [e.at_s for e in LoopBank(1).push(volts[None])] == pytest.approx([1.0, 2.0], abs=0.01)


def test_reversals_keep_a_line_on_the_hook():
    events = heard(Line().idle(600).reverse(300).reverse(300).reverse(600))
    assert [type(e) for e in events] == [PolarityReversal] * 3

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dsp.loop import LoopBank
from tests.signals import Line, in_pieces


def busy_lines(count):
    """Voltage of `count` different lines on which everything happens."""
    rng = np.random.default_rng(11)
    volts = []
    for i in range(count):
        line = Line(24.0 if i % 2 else 48.0, 6.0, ring_hz=15.0 + i, ring_v=30.0 + i)
        line.idle(500 + 37 * i).ring(2, 500, 500, last=200 + 13 * i).lift(900).reverse(300)
        line.dial("3", pps=20.0).flash(300).talk(400).hang_up(1200).unplug(700).plug(900)
        volts.append(line.volts(rng, hum_v=3.0)[:6800])
    return np.stack(volts)


EIGHT = busy_lines(8)
EVENTS = LoopBank(8).push(EIGHT)


def test_everything_happens_on_the_busy_lines():
    assert {e.kind for e in EVENTS} == {
        *("ring_start", "ring_end", "off_hook", "polarity_reversal", "pulse", "flash"),
        *("on_hook", "line_down", "line_up"),
    }


@pytest.mark.parametrize("size", [1, 7, 20, 80, 3001])
def test_the_events_are_the_same_however_the_stream_is_cut(size):
    assert in_pieces(LoopBank(8).push, EIGHT, size) == EVENTS


def test_a_line_is_heard_alone_as_among_others():
    alone = [replace(e, line=i + 1) for i in range(8) for e in LoopBank(1).push(EIGHT[i : i + 1])]
    assert sorted(alone, key=repr) == sorted(EVENTS, key=repr)


def test_events_come_in_the_order_of_belief():
    assert [e.believed for e in EVENTS] == sorted(e.believed for e in EVENTS)


def test_memory_does_not_grow_with_the_stream():
    bank = LoopBank(2)
    sizes = set()
    for _ in range(40):
        bank.push(EIGHT[:2])
        sizes.add(bank._memory._buffer.nbytes)
    assert len(sizes) == 1


def test_what_one_bank_learnt_another_is_given():
    bank = LoopBank(2)
    bank.push(np.stack([Line(48.0).idle(5000).volts(), Line(19.0).idle(5000).volts()]))
    assert bank.idle_v() == [pytest.approx(48.0, abs=0.1), None]
    again = LoopBank(2, idle_v=[48.0, 19.0])
    assert again.push(np.stack([Line(48.0).idle(500).volts(), Line(19.0).idle(500).volts()])) == []


def test_a_stored_voltage_for_each_line_is_asked_for():
    with pytest.raises(ValueError, match="3 lines, want 2"):
        LoopBank(2, idle_v=[48.0, 48.0, None])


@pytest.mark.parametrize("shape", [(3, 80), (80,), (2, 80, 1)])
def test_voltage_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="want"):
        LoopBank(2).push(np.zeros(shape, np.int16))


def test_the_state_now_is_told():
    bank = LoopBank(3)
    lines = [Line().idle(1000).lift(500), Line().hold(1500, 0.0), Line().idle(1000).ring(1, 500, 0)]
    bank.push(np.stack([line.volts() for line in lines]))
    states = [bank.now(n) for n in (1, 2, 3)]
    assert [(s.off_hook, s.down, s.ringing) for s in states] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    assert states[0].volts == pytest.approx(8.0)


@pytest.mark.parametrize(
    "line, kinds",
    [
        (Line().idle(600).lift(500).hang_up(300), ["off_hook", "on_hook"]),
        (Line().idle(600).ring(2), ["ring_start", "ring_end"]),
        (Line().idle(600).lift(900).dial("4", pause=60), ["off_hook", "pulse"]),
        (Line().idle(600).lift(500), ["off_hook"]),
    ],
)
def test_the_end_of_the_stream_decides_what_is_open(line, kinds):
    bank = LoopBank(1)
    events = [*bank.push(line.volts()[None]), *bank.close()]
    assert [e.kind for e in events] == kinds


@settings(max_examples=60, deadline=None)
@given(
    steps=arrays(np.int16, st.tuples(st.just(2), st.integers(0, 700))),
    size=st.integers(1, 700),
    stretch=st.integers(1, 9),
)
def test_no_voltage_whatever_breaks_it(steps, size, stretch):
    steps = np.repeat(steps, stretch, axis=1)
    bank = LoopBank(2)
    events = in_pieces(bank.push, steps, size)
    assert events == LoopBank(2).push(steps)
    assert len(events) <= steps.size / 20
    for event in [*events, *bank.close()]:
        assert 0 <= event.sample <= event.believed <= steps.shape[1] * 8
        assert np.isfinite([v for v in event.as_json().values() if isinstance(v, float)]).all()

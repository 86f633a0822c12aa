import itertools

import pytest

from appliance.call_machine import (
    TABLE,
    TIMEOUTS,
    Action,
    Event,
    Keep,
    Mode,
    State,
    Trigger,
    UnexpectedEvent,
    advance,
    keeping,
)

OPENS = {Action.OPEN_IN, Action.OPEN_OUT, Action.OPEN_UNKNOWN}
CLOSES = {Action.CLOSE, Action.MISS}
IN_CALL = {
    State.RINGING,
    State.RUNG,
    State.WOKEN,
    State.SHOWN,
    State.TALKING,
    State.OPEN_LINE,
}
WAKE_UP = [Event.RING, Event.RING_ENDED, Event.LIFTED_WOKEN]
OPEN_WOKEN = [Action.OPEN_IN, Action.KEEP_APART]


def walk(*events):
    state, actions = State.IDLE, []
    for event in events:
        step = advance(state, event)
        state = step.state
        actions += step.actions
    return state, actions


@pytest.mark.parametrize(
    "events, state, actions",
    [
        (
            [Event.RING, Event.RING_ENDED, Event.LIFTED, Event.HUNG_UP],
            State.IDLE,
            [Action.OPEN_IN, Action.ANSWER, Action.CLOSE],
        ),
        (
            [Event.RING, Event.LIFTED, Event.RING_ENDED, Event.HUNG_UP],
            State.IDLE,
            [Action.OPEN_IN, Action.ANSWER, Action.CLOSE],
        ),
        ([Event.RING, Event.RING_ENDED, Event.WAITED], State.IDLE, [Action.OPEN_IN, Action.MISS]),
        (
            [Event.LIFTED, Event.FLASHED, Event.HUNG_UP],
            State.IDLE,
            [Action.OPEN_OUT, Action.ANSWER, Action.NOTE_FLASH, Action.CLOSE],
        ),
        (
            [Event.LIFTED_BEFORE, Event.HUNG_UP],
            State.IDLE,
            [Action.OPEN_UNKNOWN, Action.ANSWER, Action.CLOSE],
        ),
        (
            [Event.LIFTED, Event.NO_BATTERY, Event.BATTERY],
            State.IDLE,
            [Action.OPEN_OUT, Action.ANSWER, Action.CLOSE, Action.RAISE_DOWN, Action.CLEAR_DOWN],
        ),
        (
            [Event.LIFTED, Event.WAITED, Event.HUNG_UP],
            State.IDLE,
            [
                Action.OPEN_OUT,
                Action.ANSWER,
                Action.RAISE_OPEN_LINE,
                Action.CLOSE,
                Action.CLEAR_OPEN_LINE,
            ],
        ),
        (
            [*WAKE_UP, Event.HUNG_UP, Event.RING, Event.RING_ENDED, Event.LIFTED, Event.HUNG_UP],
            State.IDLE,
            [*OPEN_WOKEN, Action.TAKE_BACK, Action.ANSWER, Action.CLOSE],
        ),
        (
            [*WAKE_UP, Event.HUNG_UP, Event.WAITED],
            State.IDLE,
            [*OPEN_WOKEN, Action.TAKE_BACK, Action.MISS],
        ),
        (
            [*WAKE_UP, Event.WAITED, Event.HUNG_UP],
            State.IDLE,
            [*OPEN_WOKEN, Action.ANSWER_AT_LIFT, Action.CLOSE],
        ),
        (
            [*WAKE_UP, Event.KEYED],
            State.TALKING,
            [*OPEN_WOKEN, Action.ANSWER_AT_LIFT],
        ),
        (
            [*WAKE_UP, Event.BOARD_GONE],
            State.LOST,
            [*OPEN_WOKEN, Action.ANSWER_AT_LIFT, Action.CLOSE],
        ),
        (
            [Event.RING, Event.BOARD_GONE, Event.BOARD_BACK, Event.LIFTED_BEFORE],
            State.TALKING,
            [Action.OPEN_IN, Action.MISS, Action.OPEN_UNKNOWN, Action.ANSWER],
        ),
    ],
)
def test_a_call_goes_by_the_table(events, state, actions):
    assert walk(*events) == (state, actions)


def test_a_call_is_open_exactly_in_the_states_of_a_call():
    for (state, _), step in TABLE.items():
        opened = state in IN_CALL
        for action in step.actions:
            assert not (action in OPENS and opened), "opened twice"
            assert not (action in CLOSES and not opened), "closed without a call"
            opened = (opened or action in OPENS) and action not in CLOSES
        assert opened == (step.state in IN_CALL), (state, step)


def test_the_board_can_be_lost_and_the_recorder_stopped_in_any_state():
    for state in State:
        assert (state, Event.STOPPED) in TABLE
        assert state is State.LOST or advance(state, Event.BOARD_GONE).state is State.LOST


def test_what_is_kept_apart_is_taken_back_or_is_a_calls():
    for (state, event), step in TABLE.items():
        apart = state is State.WOKEN or Action.KEEP_APART in step.actions
        settled = {Action.TAKE_BACK, Action.ANSWER_AT_LIFT} & set(step.actions)
        assert (step.state is State.WOKEN) == (apart and not settled), (state, event)
        assert len(settled) == (state is State.WOKEN)


def test_every_timer_leads_somewhere():
    for state, seconds in TIMEOUTS.items():
        assert seconds > 0
        assert advance(state, Event.WAITED).state is not state
    for state, event in TABLE:
        assert event is not Event.WAITED or state in TIMEOUTS


def test_a_pair_that_is_not_listed_raises():
    for state, event in itertools.product(State, Event):
        if (state, event) not in TABLE:
            with pytest.raises(UnexpectedEvent, match=state.name):
                advance(state, event)


@pytest.mark.parametrize(
    "mode, kept, trigger, follows",
    [
        (Mode.FULL, False, Trigger.ANSWER, Keep.START),
        (Mode.FULL, True, Trigger.KEY, Keep.NOTHING),
        (Mode.FULL, True, Trigger.BUTTON, Keep.NOTHING),
        (Mode.SELECTIVE, False, Trigger.ANSWER, Keep.NOTHING),
        (Mode.SELECTIVE, False, Trigger.KEY, Keep.START),
        (Mode.SELECTIVE, True, Trigger.BUTTON, Keep.STOP),
        (Mode.NONE, False, Trigger.ANSWER, Keep.NOTHING),
        (Mode.NONE, False, Trigger.KEY, Keep.NOTHING),
        (Mode.NONE, False, Trigger.BUTTON, Keep.NOTHING),
    ],
)
def test_audio_is_kept_by_the_lines_mode(mode, kept, trigger, follows):
    assert keeping(mode, kept, trigger) is follows

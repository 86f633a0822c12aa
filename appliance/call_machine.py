"""What one line does next, and whether its audio is kept.

Everything that decides a transition is in this file, and nearly all of it is in the tables. The
machine has no clock, no files and no log: it names the actions, and `line_desk.py` does them.

    IDLE ──ring──► RINGING ──ring ends──► RUNG ──0.5 s──► IDLE           a missed call
                      └──lift──► TALKING ◄──lift──┘                      an incoming call
    IDLE ──lift──► TALKING                                               an outgoing call
    TALKING ──4 h──► OPEN_LINE          a phone left off the hook: an alarm, and recording goes on
    any ──no battery──► DOWN            the line is unplugged or cut
    any ──board gone──► LOST            what the lines do is not known

Japan's number display wakes the set with a ringing of half seconds; the set goes off the hook by
itself (the primary answer), hears who calls, and goes on the hook again; then the line rings as
ever. The passive tap sees a lift and a hang-up in it that are neither:

    RUNG ──lift after a wake-up ringing──► WOKEN ──hangs up within 7 s──► SHOWN ──ring──► RINGING
                                             └──does not: a person answered──► TALKING

Whether a person lifted is known only 8 s later. What is said meanwhile is kept apart from the lift
on, lest a power cut take it; when it was a number display, that is taken back. Source: NTT's
interface reference for telephone services, as quoted by Asterisk's sig_analog.c: the exchange waits
at most 7 s for the end of the primary answer.

A ringing that stops because the phone was lifted is reported as an end and a lift; RUNG waits for
the lift before the call is called missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class State(Enum):
    IDLE = auto()
    RINGING = auto()
    RUNG = auto()
    WOKEN = auto()  # off the hook after a wake-up ringing: a number display, or a person
    SHOWN = auto()  # the number display has its number, and the normal ringing is due
    TALKING = auto()
    OPEN_LINE = auto()
    DOWN = auto()
    LOST = auto()


class Event(Enum):
    RING = auto()  # the first burst of a ringing
    RING_ENDED = auto()  # the last burst is over
    LIFTED = auto()  # off-hook
    LIFTED_WOKEN = auto()  # off-hook, from a wake-up ringing
    LIFTED_BEFORE = auto()  # the stream began with the phone off the hook
    HUNG_UP = auto()  # on-hook; a flash or a dial pulse is not one
    FLASHED = auto()
    KEYED = auto()  # a key, or the button: there is a person
    NO_BATTERY = auto()
    BATTERY = auto()
    BOARD_GONE = auto()  # no data, or the board has started again
    BOARD_BACK = auto()
    WAITED = auto()  # this state's timer
    STOPPED = auto()  # the recorder is told to stop


class Action(Enum):
    OPEN_IN = auto()  # a call begins, from outside
    OPEN_OUT = auto()  # a call begins, from here
    OPEN_UNKNOWN = auto()  # a call was going on already
    ANSWER = auto()  # the line is off-hook in a call: audio may be kept from here
    KEEP_APART = auto()  # the line is off-hook, and whether for a call is not known yet
    TAKE_BACK = auto()  # it was not
    ANSWER_AT_LIFT = auto()  # it was: the call was answered some seconds ago
    CLOSE = auto()  # the call is over
    MISS = auto()  # the call is over and was never answered
    NOTE_FLASH = auto()
    RAISE_OPEN_LINE = auto()
    CLEAR_OPEN_LINE = auto()
    RAISE_DOWN = auto()
    CLEAR_DOWN = auto()


@dataclass(frozen=True)
class Step:
    state: State
    actions: tuple[Action, ...] = ()


class UnexpectedEvent(Exception):
    """The table has no row for this event in this state."""


S, E, A = State, Event, Action

# fmt: off
TABLE: Mapping[tuple[State, Event], Step] = {
    # state        event                 next state    actions
    (S.IDLE,      E.RING):          Step(S.RINGING,   (A.OPEN_IN,)),
    (S.IDLE,      E.LIFTED):        Step(S.TALKING,   (A.OPEN_OUT, A.ANSWER)),
    (S.IDLE,      E.LIFTED_BEFORE): Step(S.TALKING,   (A.OPEN_UNKNOWN, A.ANSWER)),
    (S.IDLE,      E.NO_BATTERY):    Step(S.DOWN,      (A.RAISE_DOWN,)),
    (S.IDLE,      E.BOARD_GONE):    Step(S.LOST),
    (S.IDLE,      E.STOPPED):       Step(S.IDLE),

    (S.RINGING,   E.RING_ENDED):    Step(S.RUNG),
    (S.RINGING,   E.LIFTED):        Step(S.TALKING,   (A.ANSWER,)),
    (S.RINGING,   E.NO_BATTERY):    Step(S.DOWN,      (A.MISS, A.RAISE_DOWN)),
    (S.RINGING,   E.BOARD_GONE):    Step(S.LOST,      (A.MISS,)),
    (S.RINGING,   E.STOPPED):       Step(S.IDLE,      (A.MISS,)),

    (S.RUNG,      E.LIFTED):        Step(S.TALKING,   (A.ANSWER,)),
    (S.RUNG,      E.LIFTED_WOKEN):  Step(S.WOKEN,     (A.KEEP_APART,)),
    (S.RUNG,      E.WAITED):        Step(S.IDLE,      (A.MISS,)),
    (S.RUNG,      E.RING):          Step(S.RINGING,   (A.MISS, A.OPEN_IN)),
    (S.RUNG,      E.NO_BATTERY):    Step(S.DOWN,      (A.MISS, A.RAISE_DOWN)),
    (S.RUNG,      E.BOARD_GONE):    Step(S.LOST,      (A.MISS,)),
    (S.RUNG,      E.STOPPED):       Step(S.IDLE,      (A.MISS,)),

    (S.WOKEN,     E.HUNG_UP):       Step(S.SHOWN,     (A.TAKE_BACK,)),
    (S.WOKEN,     E.WAITED):        Step(S.TALKING,   (A.ANSWER_AT_LIFT,)),
    (S.WOKEN,     E.KEYED):         Step(S.TALKING,   (A.ANSWER_AT_LIFT,)),
    (S.WOKEN,     E.FLASHED):       Step(S.TALKING,   (A.ANSWER_AT_LIFT, A.NOTE_FLASH)),
    (S.WOKEN,     E.NO_BATTERY):    Step(S.DOWN,      (A.ANSWER_AT_LIFT, A.CLOSE, A.RAISE_DOWN)),
    (S.WOKEN,     E.BOARD_GONE):    Step(S.LOST,      (A.ANSWER_AT_LIFT, A.CLOSE)),
    (S.WOKEN,     E.STOPPED):       Step(S.IDLE,      (A.ANSWER_AT_LIFT, A.CLOSE)),

    (S.SHOWN,     E.RING):          Step(S.RINGING),
    (S.SHOWN,     E.LIFTED):        Step(S.TALKING,   (A.ANSWER,)),
    (S.SHOWN,     E.WAITED):        Step(S.IDLE,      (A.MISS,)),
    (S.SHOWN,     E.NO_BATTERY):    Step(S.DOWN,      (A.MISS, A.RAISE_DOWN)),
    (S.SHOWN,     E.BOARD_GONE):    Step(S.LOST,      (A.MISS,)),
    (S.SHOWN,     E.STOPPED):       Step(S.IDLE,      (A.MISS,)),

    (S.TALKING,   E.HUNG_UP):       Step(S.IDLE,      (A.CLOSE,)),
    (S.TALKING,   E.FLASHED):       Step(S.TALKING,   (A.NOTE_FLASH,)),
    (S.TALKING,   E.RING_ENDED):    Step(S.TALKING),  # reported late, after the lift
    (S.TALKING,   E.WAITED):        Step(S.OPEN_LINE, (A.RAISE_OPEN_LINE,)),
    (S.TALKING,   E.NO_BATTERY):    Step(S.DOWN,      (A.CLOSE, A.RAISE_DOWN)),
    (S.TALKING,   E.BOARD_GONE):    Step(S.LOST,      (A.CLOSE,)),
    (S.TALKING,   E.STOPPED):       Step(S.IDLE,      (A.CLOSE,)),

    (S.OPEN_LINE, E.HUNG_UP):       Step(S.IDLE,      (A.CLOSE, A.CLEAR_OPEN_LINE)),
    (S.OPEN_LINE, E.FLASHED):       Step(S.OPEN_LINE, (A.NOTE_FLASH,)),
    (S.OPEN_LINE, E.NO_BATTERY):    Step(S.DOWN,      (A.CLOSE, A.CLEAR_OPEN_LINE, A.RAISE_DOWN)),
    (S.OPEN_LINE, E.BOARD_GONE):    Step(S.LOST,      (A.CLOSE, A.CLEAR_OPEN_LINE)),
    (S.OPEN_LINE, E.STOPPED):       Step(S.IDLE,      (A.CLOSE,)),

    (S.DOWN,      E.BATTERY):       Step(S.IDLE,      (A.CLEAR_DOWN,)),
    (S.DOWN,      E.BOARD_GONE):    Step(S.LOST,      (A.CLEAR_DOWN,)),
    (S.DOWN,      E.STOPPED):       Step(S.DOWN),

    (S.LOST,      E.BOARD_BACK):    Step(S.IDLE),
    (S.LOST,      E.STOPPED):       Step(S.LOST),
}
# fmt: on

#: How long a state may last, in seconds of the line, before it gets WAITED.
TIMEOUTS: Mapping[State, float] = {
    State.RUNG: 0.5,  # a lift that ended the ringing is believed within 0.1 s of it
    # 7 s to the hang-up, and 1.1 s until it is told from a flash
    State.WOKEN: 8.2,
    # the normal ringing follows the primary answer after 1.5 s (Realtek's driver); bench value
    State.SHOWN: 6.0,
    # Eventide alarms on a channel active too long (#3001). Bench value: longer than any real call
    # to a city hall, shorter than a working day. Only an alarm, since a call this long may be real.
    State.TALKING: 4 * 3600.0,
}


def advance(state: State, event: Event) -> Step:
    """Return what follows.

    Raises:
        UnexpectedEvent: the event cannot happen in this state. The caller's state is unchanged; it
            should count it and carry on.
    """
    try:
        return TABLE[state, event]
    except KeyError:
        raise UnexpectedEvent(f"{event.name} in {state.name}") from None


class Mode(Enum):
    """How a line is recorded."""

    FULL = "full"  # 전수 녹취: every call
    SELECTIVE = "selective"  # 선택적 녹취: from the key or button on, both parties agreeing
    NONE = "none"


class Trigger(Enum):
    """What may start or stop keeping a call's audio."""

    ANSWER = "full"
    KEY = "key"
    BUTTON = "button"


class Keep(Enum):
    START = auto()
    STOP = auto()
    NOTHING = auto()


# fmt: off
#: (mode, is audio being kept, trigger) → what follows; not listed is NOTHING.
KEEPING: Mapping[tuple[Mode, bool, Trigger], Keep] = {
    (Mode.FULL,      False, Trigger.ANSWER): Keep.START,
    (Mode.SELECTIVE, False, Trigger.KEY):    Keep.START,
    (Mode.SELECTIVE, False, Trigger.BUTTON): Keep.START,
    (Mode.SELECTIVE, True,  Trigger.KEY):    Keep.STOP,
    (Mode.SELECTIVE, True,  Trigger.BUTTON): Keep.STOP,
}
# fmt: on


def keeping(mode: Mode, kept: bool, trigger: Trigger) -> Keep:
    """Return whether keeping a call's audio starts or stops."""
    return KEEPING.get((mode, kept, trigger), Keep.NOTHING)

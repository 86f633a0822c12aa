"""One line's desk: takes what was heard on it, asks the call machine, and tells the recorder.

Time is the line's stream, in samples; the desk has no clock of its own, so the same events give the
same calls, live or replayed, however the stream was cut.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from appliance import call_machine
from appliance.call import Call, Stretch
from appliance.call_machine import Action, Event, Keep, Mode, State, Trigger
from appliance.dialled import Dialled
from appliance.far_party import FarParty
from appliance.site import Line
from appliance.turns import turns
from dsp import events as heard
from dsp.tone_plans import PLANS, PlanTone
from dsp.units import AUDIO_HZ

log = logging.getLogger(__name__)

_EVENTS: Final[Mapping[str, Event]] = {
    heard.RingStart.kind: Event.RING,
    heard.RingEnd.kind: Event.RING_ENDED,
    heard.OnHook.kind: Event.HUNG_UP,
    heard.Flash.kind: Event.FLASHED,
    heard.LineDown.kind: Event.NO_BATTERY,
    heard.LineUp.kind: Event.BATTERY,
}
#: The longest burst of a ringing that wakes a number display: 0.5 s are sent, 250 to 600 ms taken
#: (2PORTONT's receiver), and half a cycle at 15 Hz.
WAKE_UP_S: Final = 0.64
#: And how long before it the line was reversed, at most. Bench value.
REVERSED_S: Final = 3.0
#: A caller told before the first ring is of the call that follows within this: a burst of 2 s and
#: 0.5 s after it (EN 300 659-1), with time to spare. Bench value.
SHOWN_S: Final = 10.0
_ENDED_BY: Final[Mapping[Event, str]] = {
    Event.HUNG_UP: "on_hook",
    Event.NO_BATTERY: "line_down",
    Event.BOARD_GONE: "board_lost",
    Event.STOPPED: "stopped",
}
_OPENS: Final[Mapping[Action, str]] = {
    Action.OPEN_IN: "in",
    Action.OPEN_OUT: "out",
    Action.OPEN_UNKNOWN: "unknown",
}
_ALARMS: Final[Mapping[Action, tuple[str, bool]]] = {
    Action.RAISE_OPEN_LINE: ("open_line", True),
    Action.CLEAR_OPEN_LINE: ("open_line", False),
    Action.RAISE_DOWN: ("line_down", True),
    Action.CLEAR_DOWN: ("line_down", False),
}
#: How both parties are told that they are recorded.
_TOLD: Final[Mapping[str, str]] = {
    heard.Notice.kind: "announcement",
    heard.RecordBeep.kind: "beep",
}
_SHOWN_FACTS: Final = ("standard", "number", "name", "dialled", "time", "absence", "valid")
_NOT_KEPT: Final[Mapping[Mode, str]] = {
    Mode.FULL: "full",
    Mode.SELECTIVE: "not_asked",
    Mode.NONE: "mode_none",
}


class Owner(Protocol):
    """What a desk tells the recorder."""

    def call_began(self, call: Call) -> None: ...

    def call_changed(self, call: Call) -> None: ...

    def keep_from(self, call: Call, sample: int) -> int:
        """Keep the call's audio from a sample on; return where it begins in the call's audio."""

    def keep_until(self, call: Call, sample: int) -> None: ...

    def keep_apart(self, call: Call) -> None:
        """Keep what follows of the call's audio so that it can be taken back."""

    def take_back(self, call: Call) -> None:
        """Keep nothing of what was kept of the call so far."""

    def call_ended(self, call: Call) -> None: ...

    def set_alarm(self, what: str, line: int, raised: bool) -> None: ...


class LineDesk:
    """One line.

    Attributes:
        state: and since, the sample at which it began.
        call: in progress, or None.
        may_keep: there is room on the disk for another recording.
    """

    def __init__(
        self,
        line: Line,
        owner: Owner,
        new_id: Callable[[int], str],
        key: str,
        tones: Sequence[PlanTone] = PLANS,
    ) -> None:
        """Make a desk for an idle line.

        Args:
            new_id: gives the call that began at a sample its id.
            key: the record key.
            tones: of the exchange.
        """
        self._tones = tones
        self.line = line
        self.state = State.IDLE
        self.since = 0
        self.call: Call | None = None
        self.may_keep = True
        self.unexpected = 0
        self._owner = owner
        self._new_id = new_id
        self._key = key
        self._ring_ended = 0
        self._wakes_up = False  # the ringing that has ended was to wake a number display
        self._woken_at = 0  # sample of the lift that followed
        self._reversed_at: int | None = None
        self._shown: heard.CallerId | None = None  # while there is no call

    def idle_for(self, now: int) -> int:
        """Return for how many samples nothing has been going on, 0 while something is."""
        return now - self.since if self.state is State.IDLE else 0

    def push(self, event: heard.Event) -> None:
        """Take one thing heard on the line."""
        self.tick(event.believed)
        if isinstance(event, heard.Dtmf):
            end = event.sample + round(event.duration_s * AUDIO_HZ)
            self._digit(event.digit, event.sample, max(end, event.believed))
        elif isinstance(event, heard.Pulse):
            self._digit(event.digit, event.sample, event.believed)
        elif isinstance(event, heard.RingEnd):
            self._end_ringing(event)
        elif isinstance(event, heard.OffHook):
            self._lift(event)
        elif isinstance(event, heard.CallerId):
            self._show(event)
        elif event.kind in _EVENTS:
            self._step(_EVENTS[event.kind], event.sample, event.believed)
        else:
            self._mark(event)

    def tick(self, now: int) -> None:
        """Let the state's timer run out if it has."""
        seconds = call_machine.TIMEOUTS.get(self.state)
        if seconds is not None and now - self.since >= seconds * AUDIO_HZ:
            at = self.since + round(seconds * AUDIO_HZ)
            self._step(Event.WAITED, at, at)

    def press_button(self, now: int) -> None:
        """The front button is pressed for this line."""
        self._find_person(now)
        self._keep(Trigger.BUTTON, now, now)

    def out_of_room(self, now: int) -> None:
        """The disk is full: the call goes on, and no more of it is kept."""
        if self.call is not None and self.call.keeping:
            self._stop_keeping(self.call, now)
            self.call.mark("keep_stop", now, by="disk_full")
            self._owner.call_changed(self.call)

    def board_gone(self, now: int, ended_by: str) -> None:
        """There is no data: whatever was going on has ended as far as can be known."""
        if self.state is not State.LOST:
            self._step(Event.BOARD_GONE, now, now, ended_by)

    def board_back(self) -> None:
        """A new stream begins at sample 0."""
        if self.state is State.LOST:
            self._step(Event.BOARD_BACK, 0, 0)
        self.since = 0

    def lifted_throughout(self) -> None:
        """The stream has no line voltage: take the line as off-hook from its first sample on."""
        self._step(Event.LIFTED_BEFORE, 0, 0)

    def stop(self, now: int, ended_by: str) -> None:
        """The recorder stops."""
        self._step(Event.STOPPED, now, now, ended_by)

    # ------------------------------------------------------------ number display

    def _end_ringing(self, event: heard.RingEnd) -> None:
        self._ring_ended = event.sample
        reversed_at, self._reversed_at = self._reversed_at, None
        if self.call is not None:
            short = 0 < event.burst_s <= WAKE_UP_S and self.call.rings == 0
            began = self.call.started
            self._wakes_up = (
                short and reversed_at is not None and began - reversed_at <= REVERSED_S * AUDIO_HZ
            )
            if not self._wakes_up:
                self.call.rings = event.bursts
        self._step(Event.RING_ENDED, event.sample, event.believed)

    def _lift(self, event: heard.OffHook) -> None:
        if event.sample == 0:
            self._step(Event.LIFTED_BEFORE, 0, event.believed)
        elif self.state is State.RUNG and self._wakes_up:
            self._woken_at = event.sample
            self._step(Event.LIFTED_WOKEN, event.sample, event.believed)
        else:
            self._step(Event.LIFTED, event.sample, event.believed)

    def _show(self, caller: heard.CallerId) -> None:
        """Take what the exchange told of a caller: before the call, or before it was answered."""
        call = self.call
        if call is None:
            self._shown = caller
            return
        facts = caller.as_json()
        call.mark(caller.kind, caller.sample, **{name: facts[name] for name in _SHOWN_FACTS})
        waiting = call.direction == "in" and call.lifted is not None
        if call.direction == "out" or (waiting and caller.sample > (call.lifted or 0)):
            return  # of another call, that waits
        if call.caller is None or (caller.valid and not call.caller.valid):
            call.caller = caller
            self._owner.call_changed(call)

    def _find_person(self, sample: int) -> None:
        """Somebody pressed a key or the button: no number display does."""
        if self.state is State.WOKEN:
            self._step(Event.KEYED, sample, sample)

    # ------------------------------------------------------------ one step

    def _step(self, event: Event, sample: int, believed: int, ended_by: str = "") -> None:
        try:
            step = call_machine.advance(self.state, event)
        except call_machine.UnexpectedEvent as error:
            self.unexpected += 1
            log.warning("line %d: %s", self.line.number, error)
            return
        if step.state is not self.state:
            self.since = believed
        self.state = step.state
        for action in step.actions:
            self._act(action, sample, ended_by or _ENDED_BY.get(event, ""))

    def _act(self, action: Action, sample: int, ended_by: str) -> None:
        if action in _OPENS:
            self._open(_OPENS[action], sample)
        elif action in _ALARMS:
            what, raised = _ALARMS[action]
            self._owner.set_alarm(what, self.line.number, raised)
        elif action in (Action.ANSWER, Action.ANSWER_AT_LIFT):
            self._answer(sample if action is Action.ANSWER else self._woken_at)
        elif action is Action.KEEP_APART:
            self._keep_apart(self._in_call(), sample)
        elif action is Action.TAKE_BACK:
            self._take_back(self._in_call())
        elif action is Action.NOTE_FLASH:
            self._in_call().mark("flash", sample)
        elif action is Action.MISS and not ended_by:
            self._close(self._ring_ended, "missed")
        else:
            self._close(sample, ended_by)

    def _in_call(self) -> Call:
        assert self.call is not None, "the table opens a call before it uses one"
        return self.call

    def _open(self, direction: str, sample: int) -> None:
        self.call = Call(
            id=self._new_id(sample),
            line=self.line,
            direction=direction,
            started=sample,
            dialled=Dialled(direction == "out", self._key),
            why="missed" if direction == "in" else _NOT_KEPT[self.line.mode],
            far_party=FarParty(self._tones),
        )
        self._ring_ended = sample
        shown, self._shown = self._shown, None
        self._owner.call_began(self.call)
        if shown is not None and sample - shown.sample <= SHOWN_S * AUDIO_HZ:
            self._show(shown)

    def _answer(self, sample: int) -> None:
        call = self._in_call()
        call.lifted = sample
        if call.direction == "in":
            call.answered = sample
        call.why = _NOT_KEPT[self.line.mode]
        call.mark("lift", sample)
        if call.keeping:  # apart, until now
            call.mark("keep_start", sample, by=Trigger.ANSWER.value)
        self._keep(Trigger.ANSWER, sample, sample)
        self._owner.call_changed(call)

    def _keep_apart(self, call: Call, lift: int) -> None:
        follows = call_machine.keeping(self.line.mode, False, Trigger.ANSWER)
        if follows is Keep.START and self.may_keep:
            call.why = _NOT_KEPT[self.line.mode]
            self._owner.keep_apart(call)
            call.stretches.append(Stretch(lift, self._owner.keep_from(call, lift)))
            self._owner.call_changed(call)

    def _take_back(self, call: Call) -> None:
        if call.stretches:
            call.stretches.clear()
            call.why = "missed"  # until it is answered
            self._owner.take_back(call)

    def _close(self, sample: int, ended_by: str) -> None:
        call = self._in_call()
        call.ended, call.ended_by = max(sample, call.started), ended_by
        if call.keeping:
            self._stop_keeping(call, call.ended)
        for turn in turns(call.speech):  # who spoke is known now that all has been heard
            call.mark(f"{turn.side}_speech", turn.sample, duration_s=turn.duration_s)
        self.call = None
        self._owner.call_ended(call)

    def _mark(self, event: heard.Event) -> None:
        """Put what changes nothing, as a rule, on the call's time line."""
        call = self.call
        if call is None:
            if isinstance(event, heard.PolarityReversal):
                self._reversed_at = event.sample
            return
        self._hear_far_party(call, event)
        if isinstance(event, heard.Speech):
            call.speech.append(event)
            return
        facts: dict[str, object] = {}
        if isinstance(event, heard.Notice):
            facts = {"score": event.score}
        elif isinstance(event, heard.Tone):
            facts = {"name": event.name, "plan": event.plan, "duration_s": event.duration_s}
        call.mark(event.kind, event.sample, **facts)
        if event.kind in _TOLD and call.lifted is not None:  # else nobody was there to hear it
            call.hear_notice(_TOLD[event.kind], event.sample)
            self._owner.call_changed(call)

    def _hear_far_party(self, call: Call, event: heard.Event) -> None:
        """Take what says that the far party of an outgoing call has answered, the first time."""
        if call.direction != "out":
            return
        answered = call.far_party.push(event)
        if isinstance(event, heard.PolarityReversal) and call.dialled.digits:
            answered = event.sample  # so the exchange answers a dialled call, where it reverses
        if answered is not None and call.answered is None:
            call.answered = answered
            self._owner.call_changed(call)

    # ------------------------------------------------------------ keys and keeping

    def _digit(self, digit: str, sample: int, over: int) -> None:
        self._find_person(over)
        if self.call is None or self.call.lifted is None:
            return  # a tone on a line that nobody has lifted is crosstalk
        self.call.mark("digit", sample, digit=digit)
        if self.call.dialled.push(digit, sample / AUDIO_HZ):
            self._keep(Trigger.KEY, sample, over)
        self._owner.call_changed(self.call)

    def _keep(self, trigger: Trigger, stop_at: int, start_at: int) -> None:
        """Start or stop keeping: nothing from before the key, nothing from after it."""
        call = self.call
        if call is None or call.lifted is None:
            return
        follows = call_machine.keeping(self.line.mode, call.keeping, trigger)
        if follows is Keep.START and not self.may_keep:
            call.why = "disk_full"
        elif follows is Keep.START:
            call.why = trigger.value
            audio_start = self._owner.keep_from(call, start_at)
            call.stretches.append(Stretch(start_at, audio_start, by=trigger))
            call.mark("keep_start", start_at, by=trigger.value)
        elif follows is Keep.STOP:
            self._stop_keeping(call, stop_at)
            call.mark("keep_stop", stop_at, by=trigger.value)
        if follows is not Keep.NOTHING:
            self._owner.call_changed(call)

    def _stop_keeping(self, call: Call, sample: int) -> None:
        stretch = call.stretches[-1]
        stretch.stop = max(sample, stretch.start)
        self._owner.keep_until(call, stretch.stop)

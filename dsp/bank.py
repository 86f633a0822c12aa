"""All detectors of all lines, joined.

Voltage and audio may come in pieces of any size, and need not come in step: they are heard
together, on a grid of the stream's own, the voltage in steps of 80 ms, the audio in slices of eight
(dsp/slices.py). What became known in a step comes out in the order of (believed, line, sample). The
events and their order are therefore the same however the stream was cut.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dsp.caller_id import CallerIdBank
from dsp.callers import Callers
from dsp.events import Event, LineDown, OffHook, OnHook
from dsp.howler import HowlerBank
from dsp.in_band import InBandBank
from dsp.keyed import Keyed
from dsp.level import LevelBank
from dsp.loop import LoopBank, LoopNow, LoopPlan
from dsp.notice import NoticeBank
from dsp.record_beep import BeepBank
from dsp.slices import SLICE, Ear, Slices, at_latest, check
from dsp.tone_plans import PLANS, PlanTone
from dsp.units import AUDIO_PER_VOLT, SILENCE_DBM0

Samples = NDArray[np.int16]

#: Of a slice: whether a loop is open must be known sooner than what is heard.
STEPS: Final = 8
VOLT_STEP: Final = SLICE // AUDIO_PER_VOLT // STEPS
AUDIO_STEP: Final = SLICE // STEPS


@dataclass(frozen=True, slots=True)
class LineNow:
    """One line as it is now.

    Attributes:
        volts: signed, mean of the last 20 ms; 0 where there is no voltage to hear.
        level_dbm0: of the last whole second.
        clipped: samples of that second at either end of the scale.
    """

    line: int
    off_hook: bool
    down: bool
    ringing: bool
    volts: float
    level_dbm0: float
    clipped: int


#: What is known of a line without its voltage: taken as off the hook throughout.
WITHOUT_VOLTS = LoopNow(off_hook=True, down=False, ringing=False, volts=0.0)


class LineBank:
    """Hears everything on all lines.

    Args:
        lines: how many; the first is line 1.
        has_volts: without voltage every line is taken as off the hook, and no hook or ring
            event is given.
        has_audio: without audio only the voltage is heard.
        plan: what the lines do.
        idle_v: idle voltages learnt before (`idle_v()` of the bank before), None where unknown.
        plans: the call-progress tones to listen for, `tones_of(("kr", "pbx"))`; all, if not given.
        announcements: that calls are recorded, each int16[n]; looked for while a line is off the
            hook.

    Raises:
        ValueError: idle_v is not one for each line; an announcement cannot be looked for.
    """

    def __init__(  # noqa: PLR0913  all but the first may be left out
        self,
        lines: int,
        has_volts: bool = True,
        has_audio: bool = True,
        plan: LoopPlan | None = None,
        idle_v: list[float | None] | None = None,
        *,
        plans: tuple[PlanTone, ...] = PLANS,
        announcements: Sequence[Samples] = (),
    ) -> None:
        self._lines = lines
        self._loop = LoopBank(lines, plan, idle_v) if has_volts else None
        self._level = LevelBank(lines) if has_audio else None
        self._in_band = InBandBank(lines, plans) if has_audio else None
        self._howler = HowlerBank(lines, self._level.seconds) if self._level else None
        self._caller_id = CallerIdBank(lines) if has_audio else None
        self._callers = Callers(lines)
        self._keyed = Keyed(lines)
        self._beep = BeepBank(lines) if has_audio else None
        self._notice = NoticeBank(lines, announcements) if has_audio and announcements else None
        if self._notice and not has_volts:
            for line in range(1, lines + 1):
                self._notice.listen(line, on=True)
        self._slices = Slices(lines)
        self._steps = 0  # heard
        self._audio = np.zeros((lines, 0), np.int16)  # not in a slice yet: ahead of the voltage
        self._at = 0  # of it, taken in this push
        self._volts = np.zeros((lines, 0), np.int16)  # not heard yet

    def push(self, audio: Samples, volts: Samples) -> list[Event]:
        """Add a piece of the stream and return what has become known by the last whole slice.

        Args:
            audio: int16[lines, n], any n, 8 000 a second; not looked at without has_audio.
            volts: int16[lines, m], any m, 1 000 a second, 10 mV a step, tip minus ring; not
                looked at without has_volts.

        Raises:
            ValueError: either is of another number of lines; neither is heard.
        """
        if self._level:
            check(audio, self._lines)
        if self._loop:
            check(volts, self._lines)
            self._volts = np.concatenate((self._volts, volts), axis=1)
        if self._level:
            self._audio = (
                np.concatenate((self._audio, audio), axis=1) if self._audio.size else audio
            )
            self._fill()
        events: list[Event] = []
        count = self._whole_steps()
        for k in range(count):
            events += self._step(self._volts[:, k * VOLT_STEP : (k + 1) * VOLT_STEP])
        if self._loop and count:
            self._volts = self._volts[:, count * VOLT_STEP :].copy()
        self._audio, self._at = self._audio[:, self._at :].copy(), 0
        return events

    def close(self) -> list[Event]:
        """End the stream and return what was waiting for more of it.

        A loop left open for longer than a dial pulse is taken for a hang-up.
        """
        ears = list(self._ears())
        events = self._hear_volts(self._volts) if self._loop else []
        while self._slices.turn():  # there was less voltage
            events += self._hear_audio()
            self._fill()
        for _ in self._slices.silence(1 + max((ear.after for ear in ears), default=0)):
            events += self._hear_audio()
        events += [event for ear in ears for event in ear.finish()]
        if self._notice:
            events += self._notice.close()
        events = [at_latest(event, self._slices.end) for event in events] if ears else events
        if self._loop:
            events += self._loop.close()
        return self._settle(events)

    def lines_now(self) -> list[LineNow]:
        """Return every line as it is now."""
        return [self._line_now(n) for n in range(1, self._lines + 1)]

    def loop_open_at(self, line: int) -> int | None:
        """Return since which audio sample an off-hook line's loop has been open, not known why."""
        return self._loop.loop_open_at(line) if self._loop else None

    def idle_v(self) -> list[float | None]:
        """Return each line's learnt idle voltage, to be kept and given to the next bank."""
        return self._loop.idle_v() if self._loop else [None] * self._lines

    def _fill(self) -> None:
        """Take audio into the slice that fills; what is ahead of the voltage waits."""
        self._at += self._slices.fill(self._audio[:, self._at :])

    def _whole_steps(self) -> int:
        """Return how many more steps every sense has."""
        heard = self._steps * VOLT_STEP * AUDIO_PER_VOLT
        ahead = self._audio.shape[1] - self._at
        audio = (self._slices.end + ahead - heard) // AUDIO_STEP
        volts = self._volts.shape[1] // VOLT_STEP
        if self._level and self._loop:
            return min(audio, volts)
        return audio if self._level else volts

    def _step(self, volts: Samples) -> list[Event]:
        self._steps += 1
        # The voltage first: what is found when a call ends is told before its end.
        whole = self._steps % STEPS == 0
        events = self._hear_volts(volts, may_wait=not whole) if self._loop else []
        if self._level and whole:
            self._slices.turn()
            events += self._hear_audio()
            self._fill()
        return self._settle(events)

    def _hear_volts(self, volts: Samples, *, may_wait: bool = False) -> list[Event]:
        assert self._loop is not None
        hooks = self._loop.push(volts, may_wait=may_wait)
        return hooks + self._listen(hooks)

    def _hear_audio(self) -> list[Event]:
        events = [event for ear in self._ears() for event in ear.hear(self._slices)]
        if self._notice:
            events += self._notice.push(self._slices.latest)
        return events

    def _ears(self) -> Iterator[Ear[Any]]:
        ears = (self._level, self._in_band, self._howler, self._caller_id, self._beep)
        return (ear for ear in ears if ear is not None)

    def _settle(self, events: list[Event]) -> list[Event]:
        """Put a slice's events in order, and judge each by the others of its line."""
        return self._keyed.push(self._callers.push(sorted(events, key=_order))) if events else []

    def _listen(self, hooks: Iterable[Event]) -> list[Event]:
        """Look for announcements in calls alone; return what was heard in calls that have ended."""
        events: list[Event] = []
        for event in hooks:
            if self._in_band and isinstance(event, OnHook):
                events += self._in_band.hang_up(event.line, event.believed)
            if self._howler and isinstance(event, OnHook):
                events += self._howler.end(event.line, event.believed)
            if self._notice and isinstance(event, OffHook | OnHook | LineDown):
                events += self._notice.listen(event.line, on=isinstance(event, OffHook))
        return events

    def _line_now(self, line: int) -> LineNow:
        loop = self._loop.now(line) if self._loop else WITHOUT_VOLTS
        second = self._level.seconds[-1] if self._level and self._level.seconds else None
        return LineNow(
            line=line,
            off_hook=loop.off_hook,
            down=loop.down,
            ringing=loop.ringing,
            volts=loop.volts,
            level_dbm0=second.level_dbm0(line) if second else SILENCE_DBM0,
            clipped=int(second.clipped[line - 1]) if second else 0,
        )


def _order(event: Event) -> tuple[int, int, int]:
    return event.believed, event.line, event.sample

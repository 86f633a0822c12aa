"""All detectors of all lines, joined.

Voltage and audio may come in pieces of any size, and need not come in step: an event is handed
over once both have passed the moment at which it was believed, and in one order. The events and
their order are therefore the same however the stream was cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.caller_id import CallerIdBank
from dsp.caller_id_dtmf import DtmfCallerId
from dsp.events import CallerId, Dtmf, Event, LineDown, OffHook, OnHook
from dsp.level import LevelBank
from dsp.loop import LoopBank, LoopNow, LoopPlan
from dsp.units import AUDIO_HZ, AUDIO_PER_VOLT, SILENCE_DBM0

Samples = NDArray[np.int16]


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


#: A burst that cannot be read is told of on the hook, and so long after a lift: Japan's exchanges
#: wait 7 s for the silent first answer to end. Later it is a modem's.
FAILURE_TOLD: Final = 8 * AUDIO_HZ


class LineBank:
    """Hears everything on all lines.

    Args:
        lines: how many; the first is line 1.
        has_volts: without voltage every line is taken as off the hook, and no hook or ring
            event is given.
        has_audio: without audio only the voltage is heard.
        plan: what the lines do.
        idle_v: idle voltages learnt before (`idle_v()` of the bank before), None where unknown.

    Raises:
        ValueError: idle_v is not one for each line.
    """

    def __init__(
        self,
        lines: int,
        has_volts: bool = True,
        has_audio: bool = True,
        plan: LoopPlan | None = None,
        idle_v: list[float | None] | None = None,
    ) -> None:
        self._lines = lines
        self._loop = LoopBank(lines, plan, idle_v) if has_volts else None
        self._level = LevelBank(lines) if has_audio else None
        self._caller_id = CallerIdBank(lines) if has_audio else None
        self._keyed = [DtmfCallerId() for _ in range(lines)]
        self._lifted: list[int | None] = [None] * lines  # since when, as far as handed over
        self._audio_end = 0
        self._volts_end = 0  # in audio samples too
        self._held: list[Event] = []

    def push(self, audio: Samples, volts: Samples) -> list[Event]:
        """Add a piece of the stream and return what is believed by its end.

        Args:
            audio: int16[lines, n], any n, 8 000 a second; not looked at without has_audio.
            volts: int16[lines, m], any m, 1 000 a second, 10 mV a step, tip minus ring; not
                looked at without has_volts.

        Returns:
            Events in the order of (believed, line, sample).

        Raises:
            ValueError: either is of another number of lines.
        """
        if self._level and self._caller_id:
            self._held += self._level.push(audio)
            self._held += self._caller_id.push(audio)
            self._audio_end += audio.shape[1]
        if self._loop:
            self._held += self._loop.push(volts)
            self._volts_end += volts.shape[1] * AUDIO_PER_VOLT
        return self._hand_over(self._heard())

    def close(self) -> list[Event]:
        """End the stream and return what was waiting for more of it.

        A loop left open, longer than a dial pulse, is taken for a hang-up.
        """
        if self._level and self._caller_id:
            self._held += self._level.close()
            self._held += self._caller_id.close()
        if self._loop:
            self._held += self._loop.close()
        return self._hand_over(max(self._audio_end, self._volts_end))

    def lines_now(self) -> list[LineNow]:
        """Return every line as it is now."""
        return [self._line_now(n) for n in range(1, self._lines + 1)]

    def loop_open_at(self, line: int) -> int | None:
        """Return since which audio sample an off-hook line's loop has been open, not known why."""
        return self._loop.loop_open_at(line) if self._loop else None

    def idle_v(self) -> list[float | None]:
        """Return each line's learnt idle voltage, to be kept and given to the next bank."""
        return self._loop.idle_v() if self._loop else [None] * self._lines

    def _heard(self) -> int:
        """Return the end of what every sense has heard."""
        if self._level and self._loop:
            return min(self._audio_end, self._volts_end)
        return self._audio_end if self._level else self._volts_end

    def _hand_over(self, end: int) -> list[Event]:
        self._held.sort(key=lambda e: (e.believed, e.line, e.sample))
        ready = [event for event in self._held if event.believed <= end]
        self._held = self._held[len(ready) :]
        return [told for event in ready for told in self._tell(event)]

    def _tell(self, event: Event) -> Iterator[Event]:
        """Yield an event that is due, and what it completes; or nothing, if it is out of place."""
        i = event.line - 1
        if isinstance(event, OffHook):
            self._lifted[i] = event.sample
        elif isinstance(event, OnHook | LineDown):
            self._lifted[i] = None
        if isinstance(event, Dtmf) and (caller := self._keyed[i].push(event)):
            yield caller
        lifted = self._lifted[i]
        failed = isinstance(event, CallerId) and not event.valid
        if not failed or lifted is None or event.sample - lifted < FAILURE_TOLD:
            yield event

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

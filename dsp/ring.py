"""Ringing on one line that is on the hook: when, how fast, how many bursts.

A ring is told from all else by going *beyond* the idle voltage as far as it goes below: lifting,
dialling, unplugging and reversing a line only ever take voltage away. What swings both ways is
fitted with a sine, once a burst, and is a ring if the sine explains it.

```
     begin (first sample 15 V off)           end                        begin
 idle ──╮╭─╮╭─╮╭─╮╭─╮╭─╮╭─╮╭─╮╭─╮╭─╮╭───────────────────────────────╮╭─╮╭─╮╭
        ╰╯ ╰╯ ╰╯ ╰╯ ╰╯ ╰╯ ╰╯ ╰╯ ╰╯ ╰╯  └─ silence_s: no more bursts ─┴ another burst
```

Limits: 15..70 Hz, 25..110 V rms. Source: Japan, Ordinance 30 of 1985 (15..20 Hz, 65..83 V rms,
1 s on, 2 s off); 25 V rms and 70 Hz are PABX practice. Any pattern whose pauses stay below
silence_s is one ringing; of its cadence the longest burst is told.
"""

from dataclasses import dataclass

import numpy as np

from dsp.events import Event, RingEnd, RingStart
from dsp.hook import Burst
from dsp.sine import Sine, fit_sine
from dsp.trace import FRAME, Trace
from dsp.units import AUDIO_PER_VOLT, VOLT_HZ


@dataclass(frozen=True, slots=True)
class RingPlan:
    """How this plan's exchanges ring.

    Attributes:
        silence_s: after this much silence no further burst can follow: the longest pause in use
            is 4 s, and half a second for its tolerance.
    """

    silence_s: float = 4.5


#: Swing that is not hum, in volts: twice the hum to bear, and below half of the weakest ring's 35.
LOUD_V = 15.0
#: Weakest ring taken, volts of peak: 20 V rms, 2 dB below the limit.
LEAST_PEAK_V = 28.0
#: Share of the power that the sine must explain; of a trapezoid, the crudest ringer, it is 0.97.
LEAST_SHARE = 0.7
#: Samples looked at: three cycles at 15 Hz. A burst cut short must still show one at 16 Hz.
LOOK, LEAST_LOOK = 200, 60
#: A burst has ended after this many samples below LOUD_V: two half cycles at 15 Hz.
PAUSE = 66
#: Frequencies taken: the limits, less and more by what a short fit may err.
LEAST_HZ, MOST_HZ = 14.0, 73.0
#: What does not turn out to be a ring within this many samples is looked at afresh.
PATIENCE = 400


def is_ring(sine: Sine) -> bool:
    """Say whether what the sine was fitted to is ringing."""
    in_band = LEAST_HZ <= sine.freq_hz <= MOST_HZ
    return in_band and sine.peak_v >= LEAST_PEAK_V and sine.share >= LEAST_SHARE


class RingLine:
    """One line's ringing. Give it each frame in which something moves, and those it waits for."""

    def __init__(self, line: int, plan: RingPlan) -> None:
        self.line = line
        self.plan = plan
        self._begin: int | None = None  # of what swings now
        self._last = 0  # its last loud sample
        self._is_ring = False  # what swings now is a ring
        self._bursts = 0  # of this ringing; 0 outside one
        self._end = 0  # of the last burst
        self._longest = 0  # burst, in samples
        self._freq_hz = 0.0

    @property
    def swings(self) -> bool:
        """Something swings that is, or may be, a ring."""
        return self._begin is not None

    @property
    def burst(self) -> Burst | None:
        """The burst in progress."""
        if self._begin is None or not self._is_ring:
            return None
        return Burst(self._begin, self._freq_hz)

    @property
    def due(self) -> int | None:
        """When it wants the next frame even if that is calm; None: not at all."""
        if self._begin is not None:
            return 0
        return self._end + round(self.plan.silence_s * 1000) if self._bursts else None

    def advance(self, trace: Trace, idle_v: float) -> list[Event]:
        """Judge one frame of a line whose signed idle voltage is known."""
        swing = np.flatnonzero(np.abs(trace.frame() - idle_v) > LOUD_V)
        if len(swing):
            start = trace.now - FRAME
            self._last = start + int(swing[-1])
            self._begin = start + int(swing[0]) if self._begin is None else self._begin
        if self._begin is None:
            return self._wait(trace)
        paused = trace.now - self._last > PAUSE
        events = [] if self._is_ring else self._judge(trace, idle_v, paused)
        if paused:
            self._pause()
        elif not self._is_ring and trace.now - self._begin > PATIENCE:
            self._begin = None
        return events

    def begin_at(self, sample: int) -> None:
        """Say that it has been swinging since `sample`: the stream began in a burst."""
        self._begin = sample

    def forget_swing(self) -> None:
        """Drop what swings but is no ring yet: it was a reversal."""
        if not self._is_ring:
            self._begin = None

    def judge_until(self, trace: Trace, at: int, idle_v: float) -> list[Event]:
        """Judge now what swung before sample `at`, where the line was, or may be, lifted."""
        if self._begin is None or at <= self._begin:
            return []
        swing = np.abs(trace.volts(self._begin, at) - idle_v) > LOUD_V
        self._last = at - 1 - int(np.argmax(swing[::-1]))
        return [] if self._is_ring else self._judge(trace, idle_v, ended=True)

    def finish(self, trace: Trace, at: int, idle_v: float | None) -> list[Event]:
        """End the ringing: the line was lifted, or went down, at sample `at`.

        A first burst too short to have been judged is judged by what there is of it.
        """
        events = [] if idle_v is None else self.judge_until(trace, at, idle_v)
        if self._is_ring:
            self._last = min(self._last, at - 1)
            self._end_burst(at if at - self._last <= PAUSE else self._last + 1)
        self._begin, self._is_ring = None, False
        return [*events, *self._close(trace)]

    def _judge(self, trace: Trace, idle_v: float, ended: bool) -> list[Event]:
        assert self._begin is not None
        end = self._last + 1 if ended else trace.now
        if end - self._begin < (LEAST_LOOK if ended else LOOK):
            return []
        swing = trace.volts(max(self._begin, end - LOOK), end) - idle_v
        if len(swing) < LEAST_LOOK or swing.max() < LOUD_V or swing.min() > -LOUD_V:
            return []
        sine = fit_sine(swing)
        if not is_ring(sine):
            return []
        return self._ring(trace.now, self._begin, sine.freq_hz)

    def _ring(self, now: int, begin: int, freq_hz: float) -> list[Event]:
        self._is_ring = True
        self._bursts += 1
        if self._bursts > 1:
            return []
        self._freq_hz = freq_hz
        at, believed = begin * AUDIO_PER_VOLT, now * AUDIO_PER_VOLT
        return [RingStart(line=self.line, sample=at, believed=believed, freq_hz=freq_hz)]

    def _pause(self) -> None:
        if self._is_ring:
            self._end_burst(self._last + 1)
        self._begin, self._is_ring = None, False

    def _end_burst(self, end: int) -> None:
        assert self._begin is not None
        self._longest = max(self._longest, end - self._begin)
        self._end = end

    def _wait(self, trace: Trace) -> list[Event]:
        due = self.due
        return self._close(trace) if due is not None and trace.now >= due else []

    def _close(self, trace: Trace) -> list[Event]:
        if not self._bursts:
            return []
        bursts, self._bursts = self._bursts, 0
        longest, self._longest = self._longest, 0
        return [
            RingEnd(
                line=self.line,
                sample=self._end * AUDIO_PER_VOLT,
                believed=trace.now * AUDIO_PER_VOLT,
                freq_hz=self._freq_hz,
                bursts=bursts,
                burst_s=longest / VOLT_HZ,
            )
        ]

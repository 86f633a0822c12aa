"""Pulse dialling: a digit is one to ten short breaks of the loop, ten for 0.

```
 10 pps:  ──┐58..70┌30..42┐      ┌──── at least 600 ms ────   (ms of 100)
            └──────┘      └──────┘
 20 pps:  ──┐64..70┌30..36┐      ┌──── at least 450 ms ────   (% of 50 ms)
            └──────┘      └──────┘
```

Source: Japan, Ordinance 30 of 1985, table 1: 10 +-1.0 and 20 +-1.6 pulses a second. A hook flash
is a longer break (`dsp.hook`); a shorter one is noise. A train cut off by a long break (the caller
gave up) is no digit.
"""

from dataclasses import dataclass

from dsp.events import Pulse
from dsp.units import AUDIO_PER_VOLT


@dataclass(frozen=True, slots=True)
class PulsePlan:
    """What a dial does.

    Attributes:
        break_min_s: 64 % of a 21.6 pps period is 30 ms; less 8 ms for hum at both edges.
        make_max_s: 42 % of a 9 pps period is 47 ms; with room for a slow dial.
        digit_gap_s: a make this long ends the digit: between make_max_s and the shortest pause
            between digits, 450 ms.
    """

    break_min_s: float = 0.022
    make_max_s: float = 0.090
    digit_gap_s: float = 0.200


class PulseLine:
    """One line's dial."""

    def __init__(self, line: int, plan: PulsePlan) -> None:
        self.line = line
        self.plan = plan
        self._first = 0
        self._count = 0
        self._end = 0  # of the last break
        self._spoilt = False

    @property
    def busy(self) -> bool:
        return self._count > 0

    def add_break(self, begin: int, end: int) -> None:
        """Add a break of the loop shorter than a flash: voltage samples [begin, end)."""
        if end - begin < self.plan.break_min_s * 1000:
            return
        if not self._count:
            self._first, self._spoilt = begin, False
        elif begin - self._end > self.plan.make_max_s * 1000:
            self._spoilt = True  # too near to be the next digit, too far to be the next pulse
        self._count += 1
        self._end = end

    def drop(self) -> None:
        """Forget a train that a long break has cut off."""
        self._count = 0

    def advance(self, now: int) -> list[Pulse]:
        """Return the digit that is complete by sample `now`, if there is one."""
        if now - self._end < self.plan.digit_gap_s * 1000:
            return []
        return self.close(now)

    def close(self, now: int) -> list[Pulse]:
        """Return the digit dialled so far: no more pulses can follow."""
        if not self._count:
            return []
        count, self._count = self._count, 0
        if self._spoilt or count > 10:
            return []
        at, believed = self._first * AUDIO_PER_VOLT, now * AUDIO_PER_VOLT
        return [Pulse(line=self.line, sample=at, believed=believed, digit=str(count % 10))]

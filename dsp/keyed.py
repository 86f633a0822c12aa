"""Speech that is nothing but digits being keyed.

Digits as short as a key can be pressed look like syllables to dsp.level. By the time a stretch of
speech is over its digits are known; one that they fill is taken back.

```
 digits   ▂▂ ▂▂  ▂▂ ▂▂            joined over pauses shorter than one that ends a stretch
 speech  ├────────────┤ pause      dropped: digits, with what is between them, fill it
```
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from dsp.events import Dtmf, Event, Speech
from dsp.level import SpeechPlan
from dsp.units import AUDIO_HZ

#: Share of a stretch that digits fill: a frame at either end is not theirs.
FILLED: Final = 0.75
#: Digits kept of a line: no stretch holds more, at 93 ms a digit (ITU-T Q.24).
KEPT: Final = 128


class Keyed:
    """Each line's latest digits."""

    def __init__(self, lines: int, plan: SpeechPlan | None = None) -> None:
        self._pause = round((plan or SpeechPlan()).pause_s * AUDIO_HZ)
        self._digits: list[deque[tuple[int, int]]] = [deque(maxlen=KEPT) for _ in range(lines)]

    def push(self, events: Iterable[Event]) -> list[Event]:
        """Return the events, in their order, without speech that digits fill."""
        kept: list[Event] = []
        for event in events:
            if isinstance(event, Dtmf):
                end = event.sample + round(event.duration_s * AUDIO_HZ)
                self._digits[event.line - 1].append((event.sample, end))
            if not (isinstance(event, Speech) and self._fills(event)):
                kept.append(event)
        return kept

    def _fills(self, speech: Speech) -> bool:
        end = speech.sample + round(speech.duration_s * AUDIO_HZ)
        digits = self._digits[speech.line - 1]
        while digits and digits[0][1] <= speech.sample:
            digits.popleft()  # before this stretch, and so before all that follow
        filled, last = 0, None
        for begin, over in digits:
            if begin >= end:
                break
            joined = last if last is not None and begin - last < self._pause else begin
            filled += min(over, end) - max(joined, speech.sample)
            last = over
        return filled >= FILLED * (end - speech.sample)

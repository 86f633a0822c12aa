"""Whether, and when, the far party of an outgoing call answered, as far as it can be heard.

```
 ring-back  ██████        ██████        ███                 busy, reorder, hung up: never
 speech                                    ── ▂▄▂ ▄▂▄
 answered                                 ▲                 cut off in a burst: there
 speech                                   ·     ▂▄▂▄▂ ▂▄
 answered                                       ▲           in a pause: where somebody speaks
```

Somebody here may speak in the pauses of a ring-back. So nothing is believed before the next burst
is overdue and speech has gone on past that, unless a burst was cut off. A call that was hung up
sooner counts as never answered, and so does one whose ring-back was not heard. An exchange's
announcement is speech, too: it cannot be told from somebody who answers.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from dsp.events import Event, Speech, Tone
from dsp.tone_plans import PLANS, PlanTone
from dsp.units import AUDIO_HZ

#: A stretch of speech that ends this soon after a burst is the burst's own end.
_EDGE_S: Final = 0.2
#: The longest pause of a ring-back, a tenth longer, and what its edges are read wrong.
_OVERDUE: Final = 1.1
_KEPT: Final = 8


class FarParty:
    """What is heard of the far party of one call; times are samples of the line's stream."""

    def __init__(self, tones: Sequence[PlanTone] = PLANS) -> None:
        """Listen to a call of an exchange with these tones."""
        rows = [tone for tone in tones if tone.name == "ringback" and tone.cadence_s]
        self._overdue_s = {tone.plan: max(tone.cadence_s[1::2]) * _OVERDUE for tone in rows}
        self._ringing: Tone | None = None  # the latest ring-back that is over
        self._speech: deque[Speech] = deque(maxlen=_KEPT)

    def push(self, event: Event) -> int | None:
        """Take something heard in the call; return when the far party answered, once known."""
        if isinstance(event, Speech):
            self._speech.append(event)
        elif isinstance(event, Tone):
            self._ringing = event if event.name == "ringback" else None
            self._forget_before(event)
        return self._answered(self._ringing) if self._ringing else None

    def _forget_before(self, tone: Tone) -> None:
        last = [speech for speech in self._speech if _end(speech) > _end(tone) + _samples(_EDGE_S)]
        self._speech = deque(last, maxlen=_KEPT)

    def _answered(self, ringing: Tone) -> int | None:
        over = _end(ringing)
        due = over + _samples(self._overdue_s.get(ringing.plan, 0.0))
        if not self._speech or (not ringing.cut and _end(self._speech[-1]) < due):
            return None
        return over if ringing.cut else max(over, self._speech[0].sample)


def _end(event: Tone | Speech) -> int:
    return event.sample + _samples(event.duration_s)


def _samples(seconds: float) -> int:
    return round(seconds * AUDIO_HZ)

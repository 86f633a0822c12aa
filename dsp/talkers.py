"""Near or far: who speaks on a line, told by level, where it can be told.

One pair of wires carries both talkers. The near one is the louder there: the far one's voice comes
through the whole connection. Where their levels are far enough apart, a call's stretches of speech
form two heaps:

```
 s of speech          ▂▅▇▅▂                              ▁▄▇▆▃
                   ─── far ───┤  guard │ middle │ guard ├── near ──►  dBm0
```

Nothing is said of a call unless both heaps are there, each with speech enough and narrow, with next
to nothing between them, and taken by turns: one person who moves the handset makes two heaps as
well, but goes from one to the other once or twice. Nothing is said of a stretch in which both
speak, or whose quietest or loudest half second lies on the middle's other side. So a call is known
as a whole, when it is over; the stretches that came first are told by those that came last.

Sources: ITU-T G.111: a connection's loudness rating is 8 to 12 dB at best, most of which lies
between the far talker and this end of the line. The other figures are bench values.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dsp.events import Event, LineDown, OffHook, OnHook, Speech

Side = Literal["near", "far"]
Floats = NDArray[np.float64]

#: A stretch shorter than this, or whose half seconds are further apart, says nothing of the heaps:
#: one voice's half seconds lie within 6 dB, 49 times of 50.
_LEAST_S: Final = 0.5
_MOST_SPREAD_DB: Final = 6.0
#: Between the heaps' means.
_APART_DB: Final = 6.0
#: Standard deviation within a heap, and how much less than the distance it must be: a heap with
#: one hump, cut in two at its mean, has 2.7 (a bell) to 3.5 (flat) times its halves' own.
_MOST_WITHIN_DB: Final = 2.5
_APART_OVER_WITHIN: Final = 4.5
#: Speech and stretches in each heap, and changes from one to the other.
_LEAST_HEAP_S: Final = 5.0
_LEAST_HEAP: Final = 4
_LEAST_TURNS: Final = 4
#: Share of all speech that may lie in the middle third between the means.
_MOST_BETWEEN: Final = 0.05
#: Nearer to the middle than this share of the distance, nothing is told.
_GUARD: Final = 0.15


@dataclass(frozen=True, slots=True)
class Heaps:
    """The two levels at which a call's talkers are heard, dBm0."""

    far_dbm0: float
    near_dbm0: float

    def side(self, speech: Speech) -> Side | None:
        """Say who speaks in a stretch, or None where it cannot be told."""
        if speech.duration_s < _LEAST_S:
            return None  # a word can be as quiet as the other's
        middle = (self.near_dbm0 + self.far_dbm0) / 2
        guard = _GUARD * (self.near_dbm0 - self.far_dbm0)
        if min(speech.least_dbm0, speech.level_dbm0) >= middle + guard:
            return "near"
        if max(speech.most_dbm0, speech.level_dbm0) <= middle - guard:
            return "far"
        return None


def heaps_of(call: Sequence[Speech]) -> Heaps | None:
    """Return the two levels of one call's speech, or None if there are not clearly two."""
    clear = [
        speech
        for speech in call
        if speech.duration_s >= _LEAST_S and speech.most_dbm0 - speech.least_dbm0 <= _MOST_SPREAD_DB
    ]
    if len(clear) < 2 * _LEAST_HEAP:
        return None
    levels = np.array([speech.level_dbm0 for speech in clear])
    seconds = np.array([speech.duration_s for speech in clear])
    is_near = levels > _best_cut(levels, seconds)
    parts = [(levels[part], seconds[part]) for part in (~is_near, is_near)]
    if any(len(own) < _LEAST_HEAP or own_s.sum() < _LEAST_HEAP_S for own, own_s in parts):
        return None
    far, near = (float(np.average(own, weights=own_s)) for own, own_s in parts)
    turns = sum(one != other for one, other in pairwise(is_near.tolist()))
    if turns < _LEAST_TURNS or not _are_two(levels, seconds, is_near, (far, near)):
        return None
    return Heaps(far, near)


def with_sides(call: Sequence[Speech]) -> list[Speech]:
    """Return one call's stretches of speech, in order of time, each with its side."""
    heaps = heaps_of(call)
    return [replace(one, side=heaps.side(one) if heaps else None) for one in call]


def told(events: Iterable[Event]) -> list[Event]:
    """Return the events of a stream that is over, in their order, speech with its side."""
    calls: dict[int, list[list[Speech]]] = {}
    events = list(events)
    for event in sorted(events, key=lambda e: e.sample):
        own = calls.setdefault(event.line, [[]])
        if isinstance(event, OffHook | OnHook | LineDown):
            own.append([])
        elif isinstance(event, Speech):
            own[-1].append(event)
    sided = {
        (one.line, one.sample): one
        for own in calls.values()
        for call in own
        for one in with_sides(call)
    }
    return [
        sided[event.line, event.sample] if isinstance(event, Speech) else event for event in events
    ]


def _best_cut(levels: Floats, seconds: Floats) -> float:
    """Return the level that parts the speech into the two heaps furthest apart (Otsu's)."""
    order = np.argsort(levels)
    levels, seconds = levels[order], seconds[order]
    below = np.cumsum(seconds)[:-1]
    above = seconds.sum() - below
    total = np.cumsum(levels * seconds)
    apart = total[:-1] / below - (total[-1] - total[:-1]) / above
    return float(levels[int(np.argmax(below * above * apart**2))])


def _are_two(
    levels: Floats, seconds: Floats, is_near: NDArray[np.bool_], means: tuple[float, float]
) -> bool:
    """Say whether what was parted are two heaps, and not one that was cut."""
    far, near = means
    off = (levels - np.where(is_near, near, far)) ** 2
    variances = [np.average(off[part], weights=seconds[part]) for part in (~is_near, is_near)]
    if max(variances) > _MOST_WITHIN_DB**2 or near - far < _APART_DB:
        return False
    third = (near - far) / 3
    between = (levels > far + third) & (levels < near - third)
    within = float(np.sqrt(np.average(off, weights=seconds)))
    return near - far >= _APART_OVER_WITHIN * within and float(
        seconds[between].sum()
    ) <= _MOST_BETWEEN * float(seconds.sum())

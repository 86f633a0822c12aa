"""One line's call-progress tones: from bursts to a name.

    on     ____|‾‾‾‾|____|‾‾‾‾|____|‾‾‾‾|_________
    burst           1         2         3
    busy?           .         ?       named        2 s of cadence, or one whole cycle if longer
    event                                      *   no further burst in time: over

A burst that does not fit, such as one with a voice over it, does not end a tone that has its name.
A tone without pause is named once it has lasted longer than any burst of the same sound can. A
sound that one tone alone is made of, and whose bursts are long, is named by a single one: a call
is often answered after its first ring-back.

The tone's event is given when the tone is over, or after LONGEST_S if it is not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from dsp.events import Tone
from dsp.tone_plans import PlanTone
from dsp.units import AUDIO_HZ

#: A burst or pause may be off by a tenth (the exchanges' limit, E.180) and two for what the edges
#: are read wrong: 25 ms.
_OFF_BY: Final = 0.12
_EDGES_S: Final = 0.025
#: So much cadence makes a name, in whole cycles, two at least if the bursts are short: less is a
#: word or a bar of music.
_LEAST_S: Final = 2.0
#: A tone without pause lasts at least this long. Bench value: no prompt or music at hand does.
_STEADY_S: Final = 0.8
#: A tone without pause that stays away longer than this is over.
_DROPOUT_S: Final = 0.3
#: A burst is known so much after it began, at most: the fit's window and two frames.
_LATE_S: Final = 0.1
#: One burst alone makes a name if it is at least this long.
_ALONE_S: Final = 0.8
#: ISUP T9 (ITU-T Q.764), after which no exchange lets a ring-back go on.
LONGEST_S: Final = 180.0
#: A burst weaker by 9 dB than the tone is not of it.
_WEAKER: Final = 0.125
#: A burst of another sound as short as this is a voice.
_VOICE_S: Final = 0.2
#: Bursts remembered: more than _LEAST_S of the fastest cadence.
_KEPT: Final = 24


@dataclass(frozen=True, slots=True)
class Burst:
    """A sound between two silences.

    Attributes:
        start, end: samples of the stream.
        sound: its number.
        power: mean.
        steady: the sound never left it, nor swelled.
    """

    start: int
    end: int
    sound: int
    power: float
    steady: bool = True

    @property
    def seconds(self) -> float:
        return (self.end - self.start) / AUDIO_HZ


@dataclass(frozen=True, slots=True)
class Names:
    """What one sound may be called.

    Attributes:
        steady: the tone without pause, or None; cadenced: the others, the first of two wins.
        alone: the tone that a single burst makes, or None.
        shortest_s: a burst shorter than this is of no cadence.
        patience_s: after a longer silence no burst of any of them can come.
        steady_s: a longer burst is of no cadence.
    """

    steady: PlanTone | None
    cadenced: tuple[PlanTone, ...]
    alone: PlanTone | None
    shortest_s: float
    patience_s: float
    steady_s: float


def names_of(tones: Sequence[PlanTone]) -> Names:
    """Return what a sound may be called, given the armed tones that are made of it."""
    cadenced = tuple(tone for tone in tones if tone.cadence_s)
    steady = [tone for tone in tones if not tone.cadence_s]
    ons = [on for tone in cadenced for on in tone.cadence_s[::2]]
    pauses = [pause for tone in cadenced for pause in tone.cadence_s[1::2]]
    single = len(tones) == 1 and len(ons) == 1 and ons[0] >= _ALONE_S
    longest_s, shortest_s = max(ons, default=0.0), min(ons, default=math.inf)
    return Names(
        steady=steady[0] if steady else None,
        cadenced=cadenced,
        alone=tones[0] if single else None,
        shortest_s=shortest_s - _slack_s(shortest_s) if ons else math.inf,
        patience_s=max(map(_late_s, pauses), default=_DROPOUT_S),
        steady_s=max(_STEADY_S, _late_s(longest_s)),
    )


class Cadence:
    """What one line remembers of the bursts on it."""

    def __init__(self, line: int, names: Sequence[Names]) -> None:
        """Begin in silence; names are those of each sound."""
        self._line = line
        self._names = names
        self._bursts: list[Burst] = []  # of one sound; the tone's, once it has a name
        self._tone: PlanTone | None = None
        self._start = self._believed = 0  # of the tone
        self._patience = 0.0  # samples
        self._told = False

    @property
    def has_name(self) -> bool:
        """It is a tone by now; before that, a burst shorter than all of its sound is nothing."""
        return self._tone is not None

    @property
    def until(self) -> float:
        """The sample after which `advance` ends what goes on, if nothing is pushed."""
        return self._bursts[-1].end + self._patience if self._bursts else math.inf

    def push(self, burst: Burst, now: int) -> list[Tone]:
        """Take a burst that is over."""
        events = self.sounding(burst, now)
        if self._is_steady or self._is_aside(burst):
            return events
        if not self._goes_on(burst):
            events += self.end(now)
            self._patience = self._names[burst.sound].patience_s * AUDIO_HZ
        self._bursts = [*self._bursts, burst][-_KEPT:]
        return events + self._name(now) + self._tell_long(now)

    def sounding(self, burst: Burst, now: int) -> list[Tone]:
        """Take a burst as far as it has come."""
        events: list[Tone] = []
        if self._is_steady:
            if self._resumes(burst):
                self._bursts[-1] = replace(burst, start=self._bursts[-1].start)
                return self._tell_long(now)
            events = self.end(now)
        names = self._names[burst.sound]
        if names.steady is not None and burst.seconds >= names.steady_s:
            events += self.end(now)
            self._begin(names.steady, [burst], now)
        return events

    def advance(self, now: int) -> list[Tone]:
        """Let time pass in which nothing sounds."""
        if now > self.until:
            return self.end(now)
        return []

    def end(self, now: int) -> list[Tone]:
        """End what goes on, whether its time has come or not."""
        if self._tone is None and len(self._bursts) == 1:
            self._name_alone(self._bursts[0], now)
        events = [] if self._told or self._tone is None else [self._event(self._tone)]
        self._bursts, self._tone, self._told = [], None, False
        return events

    # ------------------------------------------------------------ what belongs together

    @property
    def _is_steady(self) -> bool:
        return self._tone is not None and not self._tone.cadence_s

    def _resumes(self, burst: Burst) -> bool:
        """Whether a tone without pause goes on in this burst."""
        last = self._bursts[-1]
        return burst.sound == last.sound and burst.start - last.end <= _DROPOUT_S * AUDIO_HZ

    def _is_aside(self, burst: Burst) -> bool:
        """Whether a burst is none of the tone's and does not end it: a voice in its pauses."""
        if self._tone is None and burst.seconds < self._names[burst.sound].shortest_s:
            return True
        if not self._bursts:
            return False
        last = self._bursts[-1]
        weaker = burst.power < _WEAKER * last.power
        other = burst.sound != last.sound
        return (weaker or other) and (burst.seconds < _VOICE_S or (weaker and bool(self._tone)))

    def _goes_on(self, burst: Burst) -> bool:
        """Whether the bursts before and this one may be of one tone."""
        if not self._bursts or burst.sound != self._bursts[-1].sound:
            return False
        return burst.start - self._bursts[-1].end <= self._patience

    # ------------------------------------------------------------ names

    def _begin(self, tone: PlanTone, bursts: list[Burst], now: int) -> None:
        pauses_s = tone.cadence_s[1::2]
        self._patience = max(map(_late_s, pauses_s), default=_DROPOUT_S) * AUDIO_HZ
        self._bursts, self._tone = bursts, tone
        self._start, self._believed = bursts[0].start, now

    def _name(self, now: int) -> list[Tone]:
        """Name the bursts; a tone that they were of before is over."""
        named = self._longest_fit()
        if named is None or named[1] is self._tone:
            return []
        at, tone = named
        bursts, self._bursts = self._bursts[at:], self._bursts[:at]
        events = self.end(now) if self._tone and at else []
        self._begin(tone, bursts, now)
        return events

    def _longest_fit(self) -> tuple[int, PlanTone] | None:
        """Return from which burst on all are of one tone, and which."""
        latest = self._bursts[-2:]  # a voice's seldom fit anything
        cadenced = self._names[latest[-1].sound].cadenced
        tones = [tone for tone in cadenced if fits(latest, tone.cadence_s)]
        for at in range(len(self._bursts) - 1 if tones else 0):
            bursts = self._bursts[at:]
            span_s = (bursts[-1].start - bursts[0].start) / AUDIO_HZ
            for tone in tones:
                if span_s >= _needed_s(tone) and fits(bursts, tone.cadence_s):
                    return at, tone
        return None

    def _name_alone(self, burst: Burst, now: int) -> None:
        tone = self._names[burst.sound].alone
        if tone is not None and burst.steady and _near(burst.seconds, tone.cadence_s[0]):
            self._begin(tone, [burst], now)

    # ------------------------------------------------------------ the event

    def _tell_long(self, now: int) -> list[Tone]:
        if self._tone is None or self._told or now - self._start < LONGEST_S * AUDIO_HZ:
            return []
        self._told = True
        return [self._event(self._tone)]

    def _event(self, tone: PlanTone) -> Tone:
        last = self._bursts[-1]
        shortest_s = min(tone.cadence_s[::2], default=0.0)
        return Tone(
            line=self._line,
            sample=self._start,
            believed=self._believed,
            name=tone.name,
            plan=tone.plan,
            duration_s=(last.end - self._start) / AUDIO_HZ,
            cut=last.seconds < shortest_s - _slack_s(shortest_s),
        )


def fits(bursts: Sequence[Burst], cadence_s: tuple[float, ...]) -> bool:
    """Return whether bursts are of a cadence, begun anywhere in it.

    The last may be shorter, cut off or not over.
    """
    return any(_fits_from(first, bursts, cadence_s) for first in range(0, len(cadence_s), 2))


def _fits_from(at: int, bursts: Sequence[Burst], cadence_s: tuple[float, ...]) -> bool:
    for burst, following in pairwise(bursts):
        pause_s = (following.start - burst.end) / AUDIO_HZ
        if not (_near(burst.seconds, cadence_s[at]) and _near(pause_s, cadence_s[at + 1])):
            return False
        at = (at + 2) % len(cadence_s)
    return bursts[-1].seconds <= cadence_s[at] + _slack_s(cadence_s[at])


def _late_s(length_s: float) -> float:
    """Return the length of a burst or pause at its limit, and until that is known."""
    return length_s + _slack_s(length_s) + _LATE_S


def _slack_s(length_s: float) -> float:
    return _OFF_BY * length_s + _EDGES_S


def _near(length_s: float, wanted_s: float) -> bool:
    return abs(length_s - wanted_s) <= _slack_s(wanted_s)


def _needed_s(tone: PlanTone) -> float:
    """Return the time from the first burst's start to the last one's that makes a name."""
    cycle_s = sum(tone.cadence_s)
    least = 1 if min(tone.cadence_s[::2]) >= _ALONE_S else 2
    cycles_s = max(least, math.ceil(_LEAST_S / cycle_s - 1e-9)) * cycle_s
    return cycles_s - _slack_s(cycles_s)

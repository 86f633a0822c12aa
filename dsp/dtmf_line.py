"""One line's digits: from looks to events.

Once a frame of 16 ms the line says which digits it wants looked at, takes the looks, and settles:

    frames   |----|----|-##-|####|####|#---|----|----|     # = the pair of one digit
    asks                         ^    ^    ^               two hot frames of one digit running
    state     .................. | digit  .| ended         24.5 ms seen and no doubt left: begun
    event                                       *          22 ms of pause: over

    ######__########   gap <= 17 ms, phases carried on     one digit (Q.24: 10 ms must not split)
    ######__@@@@@@@@   gap <= 17 ms, phases fresh          two: the key was pressed again
    ######______####   gap >  17 ms                        two
    ######======____   at once, the same, 8 dB down        one: the rest is its echo
    ######@@@@@@____   another digit at once               two
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsp.dtmf_figures import BEFORE, DTMF, DtmfFigures, doubt
from dsp.dtmf_fit import KEYS, LOOK, Edges, Look, Stretch
from dsp.events import Dtmf
from dsp.frames import FRAME
from dsp.units import AUDIO_HZ

Samples = NDArray[np.int16]

#: Samples before a digit's start that may already be of it: 2 ms.
_GUARD: Final = 16
#: What a line needs of the past: a look, and what went before a digit at its beginning.
HISTORY: Final = BEFORE + _GUARD + LOOK

#: A frame of a digit that sounds on has at least this share of the power of its strongest one.
_UNCHANGED: Final = 0.7
#: A frame with less than this share of it holds nothing of the digit.
_GONE: Final = 0.05
#: Edges this near to each other are one: 3 ms.
_TOUCHING: Final = 24


class Now(NamedTuple):
    """The end of a frame.

    Attributes:
        sample: of the stream.
        powers: float[8], the frame's power at each low and each high tone.
        digit: index into KEYS of the digit that the frame may hold, or -1.
        again: the frame before may have held the same.
    """

    sample: int
    powers: list[float]
    digit: int
    again: bool


@dataclass(slots=True)
class _Tone:
    """A digit since its recognition; in samples of the stream."""

    stretch: Stretch
    digit: int
    believed: int
    start: float
    last: float  # still there at
    powers: tuple[float, float]  # the strongest frame's
    told: bool = False


class DtmfLine:
    """What one line remembers from frame to frame."""

    def __init__(self, line: int, figures: DtmfFigures = DTMF) -> None:
        """Begin in silence."""
        self._line = line
        self._figures = figures
        self._early = -1  # digit of a look that came too early to tell
        self._resuming = False  # the digit is there again, too short yet to tell whether anew
        self._tone: _Tone | None = None
        self._ended: _Tone | None = None

    @property
    def asleep(self) -> bool:
        """Nothing is under way: only a second hot frame of one digit could change that."""
        return self._tone is None and self._early < 0

    def questions(self, now: Now) -> list[int]:
        """Return the digits to look for in what was heard up to now."""
        wanted = []
        self._resuming = False
        sounding = self._sounding(now)
        if sounding is not None:
            wanted.append(sounding)
        fresh = now.digit if now.again else self._early
        if fresh >= 0 and not (self._tone and self._tone.digit == fresh):
            wanted.append(fresh)
        self._early = -1
        return wanted

    def _sounding(self, now: Now) -> int | None:
        """Return the digit begun, if its frame is such that it must be looked at again."""
        tone = self._tone
        if tone is None:
            return None
        low, high = now.powers[tone.digit // 4], now.powers[4 + tone.digit % 4]
        most_low, most_high = max(low, tone.powers[0]), max(high, tone.powers[1])
        tone.powers = most_low, most_high
        share = min(low / most_low, high / most_high) if most_low and most_high else 0.0
        just_gone = tone.last >= now.sample - FRAME - _TOUCHING
        if share >= _UNCHANGED and just_gone:
            tone.last = now.sample
            return None
        return tone.digit if share >= _GONE or just_gone else None

    def answer(self, now: Now, look: Look, audio: Samples) -> list[Dtmf]:
        """Take a look that was asked for.

        Args:
            audio: int16[HISTORY], what was heard up to now.

        Returns:
            The digit that a new one has cut off, if any.
        """
        origin = now.sample - LOOK
        if self._goes_on(look, origin):
            return []
        past = self._tone or self._ended
        since = past.last - origin if past and past.digit == look.digit else 0.0
        edges = look.edges(look.strongest(since), since)
        if edges is None or edges[1] - edges[0] < self._figures.shortest:
            self._early = look.digit if now.digit == look.digit else -1
            return []
        least = self._figures.residual
        if look.residual(edges) >= least and look.residual(self._newest(edges)) >= least:
            return []  # a doubt by itself: nearly all speech ends here
        found = look.stretch(edges)
        if found is None or self._is_echo(look.digit, found, origin):
            return []
        return self._begin(now, look.digit, found) if self._is_digit(look, found, audio) else []

    def _is_digit(self, look: Look, found: Stretch, audio: Samples) -> bool:
        """Say whether the stretch, or its newest part if it began badly, raises no doubt."""
        edge = BEFORE + int(found.start)
        before = audio[edge - BEFORE : edge]
        if doubt(found, before, self._figures) < 1:
            return True
        newest = look.stretch(self._newest((found.start, found.end)))
        return newest is not None and doubt(newest, before, self._figures) < 1

    def _newest(self, edges: Edges) -> Edges:
        return max(edges[0], edges[1] - self._figures.newest), edges[1]

    def _goes_on(self, look: Look, origin: int) -> bool:
        """Say whether what is seen is still the digit begun, and if so until when."""
        tone = self._tone
        if tone is None or tone.digit != look.digit:
            return False
        edges = look.edges(tone.stretch.amplitude)
        if edges is None:
            self._resuming = look.sounds(tone.stretch.amplitude)
            return True
        gap = tone.last - origin, edges[0]
        length = gap[1] - gap[0]
        within = next((rad for most, rad in self._figures.bridged if length <= most), 0.0)
        if length > _TOUCHING and not look.carries_on(gap, tone.stretch.turn, within):
            return False
        tone.last = edges[1] + origin
        return True

    def _is_echo(self, digit: int, found: Stretch, origin: int) -> bool:
        past = self._tone or self._ended
        return (
            past is not None
            and past.digit == digit
            and found.start + origin - past.last < self._figures.pause
            and found.amplitude[0] < self._figures.echo * past.stretch.amplitude[0]
            and found.amplitude[1] < self._figures.echo * past.stretch.amplitude[1]
        )

    def _begin(self, now: Now, digit: int, found: Stretch) -> list[Dtmf]:
        cut_off = self._end(self._tone) if self._tone else []
        self._tone = _Tone(
            stretch=found,
            digit=digit,
            believed=now.sample,
            start=found.start + now.sample - LOOK,
            last=found.end + now.sample - LOOK,
            powers=(now.powers[digit // 4], now.powers[4 + digit % 4]),
        )
        return cut_off

    def settle(self, now: Now) -> list[Dtmf]:
        """Return the digit that is over, or has lasted too long to wait for its end."""
        tone = self._tone
        if tone is None:
            return []
        if now.sample - tone.last >= self._figures.pause and not self._resuming:
            return self._end(tone)
        if now.sample - tone.start >= self._figures.longest and not tone.told:
            return self._tell(tone)
        return []

    def _end(self, tone: _Tone) -> list[Dtmf]:
        self._tone, self._ended = None, tone
        return [] if tone.told else self._tell(tone)

    def _tell(self, tone: _Tone) -> list[Dtmf]:
        tone.told = True
        return [
            Dtmf(
                line=self._line,
                sample=max(0, round(tone.start)),
                believed=tone.believed,
                digit=KEYS[tone.digit],
                duration_s=(tone.last - tone.start) / AUDIO_HZ,
                level_dbm0=max(tone.stretch.level),
                twist_db=tone.stretch.twist_db,
            )
        ]

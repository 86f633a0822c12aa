"""The howler: what an exchange sends, very loud, down a line whose handset was left off.

```
 1400 + 2060 + 2450 + 2600 Hz    ███   ███   ███   ███   ...     0.1 s on, 0.1 s off
```

It is louder than anybody speaks: so only a line whose last second was is listened to, and that and
the second before are gone through once it has been. Anything else costs nothing. A frame of 20 ms
is the howler's if its four tones, each off by up to 1.65 %, hold nearly all of it and each of them
some; of frames come bursts, and of bursts a tone (dsp.cadence).

Source: Telcordia GR-506-CORE, 17.2.8, receiver-off-hook tone of North America, whose dial and busy
tones Korea has too; 0 dBm0 each at the exchange. That Korea has this one is not known; of Japan's
howler no figures are.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.cadence import Burst, Cadence, names_of
from dsp.events import Tone
from dsp.level import Second
from dsp.slices import SLICE, Ear, Slices
from dsp.tone_fit import Floats, exact, tone_rows
from dsp.tone_plans import PlanTone
from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0

Samples = NDArray[np.int16]

HOWLER: Final = PlanTone(
    "bell", "howler", (1400, 2060, 2450, 2600), (0.1, 0.1), source="GR-506 17.2.8"
)
#: 20 ms.
_FRAME: Final = 160
#: Of a line that may begin to howl every fourth frame is looked at: each burst, of five, has one.
_APART: Final = 4
#: Mean power of a second that is listened to: bursts of -10 dBm0, half of the time. Speech at the
#: level of its tests (ITU-T Q.24) has -15 while it lasts.
_LEAST: Final = POWER_AT_0_DBM0 * 10 ** (-13 / 10)
_LEAST_FRAME: Final = POWER_AT_0_DBM0 * 10 ** (-14 / 10) * _FRAME
#: As for other tones; so far off, each fills five dimensions of a frame.
_OFF_BY: Final = 0.0165
_DIMS: Final = 5
#: Of a frame's power: all four tones', and each one's, 8 dB under its share.
_MOST_SHARE: Final = 0.85
_EACH_SHARE: Final = 0.04
#: A frame with less than this share of a burst's strongest is half filled, or not at all.
_FILLED: Final = 0.45


def _rows(freqs_hz: tuple[float, ...], dims: int) -> Floats:
    """Return orthonormal rows that span tones as they may be: float[dims, _FRAME]."""
    offs = np.linspace(1 - _OFF_BY, 1 + _OFF_BY, 9)
    heard = tone_rows(_FRAME, tuple(hz * off for hz in freqs_hz for off in offs))
    return exact(np.linalg.svd(heard, full_matrices=False)[2][:dims])


_ALL: Final = _rows(HOWLER.freqs_hz, 4 * _DIMS)
_EACH: Final = [_rows((hz,), _DIMS) for hz in HOWLER.freqs_hz]


class _Line:
    """A line that is listened to."""

    def __init__(self, line: int) -> None:
        self.cadence = Cadence(line, [names_of([HOWLER])])
        self._begin: int | None = None  # of a burst
        self._end = 0
        self._powers: list[float] = []

    def push(self, first: int, audio: Samples) -> list[Tone]:
        """Hear whole frames, int16[frames, _FRAME], the first sample of which is `first`."""
        events: list[Tone] = []
        powers, is_howler = _judged(audio)
        for k, (power, good) in enumerate(zip(powers, is_howler, strict=True)):
            now = first + (k + 1) * _FRAME
            if good and self._belongs(power):
                self._add(now, power)
            elif self._begin is not None:
                events += self.end_burst(now)
            else:
                events += self.cadence.advance(now)
        return events

    def end_burst(self, now: int) -> list[Tone]:
        """End the burst that sounds, if one does."""
        if self._begin is None:
            return []
        mean = sum(self._powers) / len(self._powers)
        burst = Burst(self._begin, self._end, 0, mean)
        self._begin, self._powers = None, []
        return self.cadence.push(burst, now)

    def _belongs(self, power: float) -> bool:
        return not self._powers or power >= _FILLED * max(self._powers)

    def _add(self, now: int, power: float) -> None:
        if self._begin is None or max(self._powers) < _FILLED * power:
            self._begin, self._powers = now - _FRAME, []  # what came before was half a frame
        self._end = now
        self._powers.append(power)


class HowlerBank(Ear[Tone]):
    """Listens for the howler on all lines."""

    after = 4  # the second that the stream's end has cut off is whole by then

    def __init__(self, lines: int, seconds: Sequence[Second]) -> None:
        """Listen to lines numbered from 1; seconds are the level's latest, as they come."""
        super().__init__(lines)
        self._seconds = seconds
        self._heard = -1  # sample of the latest second that was looked at
        self._now = 0
        self._lines: dict[int, _Line] = {}

    def hear(self, slices: Slices) -> list[Tone]:
        """Hear the latest slice; the level has heard it before."""
        begins = dict.fromkeys(self._lines, slices.now - SLICE)
        if self._seconds and self._seconds[-1].sample != self._heard:
            self._heard = self._seconds[-1].sample
            begins |= self._watch(slices, self._seconds[-1].power > _LEAST)
        self._now = slices.now
        return [event for n, begin in begins.items() for event in self._hear(slices, n, begin)]

    def end(self, line: int, now: int) -> list[Tone]:
        """End what sounds on a line: it has been hung up."""
        own = self._lines.pop(line - 1, None)
        return [] if own is None else [*own.end_burst(now), *own.cadence.end(now)]

    def finish(self) -> list[Tone]:
        return [event for n in list(self._lines) for event in self.end(n + 1, self._now)]

    def _watch(self, slices: Slices, loud: NDArray[np.bool_]) -> dict[int, int]:
        """Leave lines that have fallen silent; return new ones, and from where each is heard."""
        for n, own in list(self._lines.items()):
            if not loud[n] and own.cadence.until == math.inf:
                del self._lines[n]
        lines = [n for n in np.flatnonzero(loud).tolist() if n not in self._lines]
        if not lines:
            return {}
        begin = max(0, self._heard - AUDIO_HZ)
        audio = np.stack([slices.of(n, begin, slices.now) for n in lines])
        few = audio.reshape(len(lines), -1, _FRAME)[:, ::_APART]
        _, good = _judged(few.reshape(-1, _FRAME))
        may = np.array(good).reshape(len(lines), -1)
        new = [n for n, any_of in zip(lines, may, strict=True) if any_of.any()]
        self._lines |= {n: _Line(n + 1) for n in new}
        return dict.fromkeys(new, begin)

    def _hear(self, slices: Slices, n: int, begin: int) -> list[Tone]:
        own = self._lines.get(n)
        if own is None:
            return []
        return own.push(begin, slices.of(n, begin, slices.now).reshape(-1, _FRAME))


def _judged(audio: Samples) -> tuple[list[float], list[bool]]:
    """Return the power of each frame, and whether it is the howler's."""
    exactly = audio.astype(np.float64)
    power = (exactly * exactly).sum(axis=1)
    held = ((exactly @ _ALL.T) ** 2).sum(axis=1)
    least = np.min([((exactly @ rows.T) ** 2).sum(axis=1) for rows in _EACH], axis=0)
    good = (power > _LEAST_FRAME) & (held > _MOST_SHARE * power) & (least > _EACH_SHARE * power)
    return power.tolist(), good.tolist()

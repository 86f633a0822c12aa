"""The record tone: a short 1400 Hz by which a recorder tells both parties that it records.

Of every 40 ms of every line 10 are compared with 1400 Hz. Where that band keeps its level for 160
ms, which a voice seldom does, the rest is compared too, and where it still does, all of the run at
that level is looked at closely: one frequency, of
one strength, as long as the tone may be, that begins and ends at once, amid what is weaker.

```
   in band  ___████████████████████████████___     duration: the frames' shares of the
              ╱ │  steady within 2 dB      │ ╲      tone's strength, added up
   begins at once                    ends at once
   ├─100 ms─┤ no other tone as strong ├─100 ms─┤
```

A talker 10 dB below the tone leaves it so, and one as loud who falls silent for it; a note of
music is not as steady, nor does it end as suddenly; the second of the three special information
tones has tones as strong as itself around it.

Source: US Federal Standard 1037C, "recorder warning tone" (1400 Hz, 0.5 s, every 15 s); ITU-T
E.180 (special information tone: 950, 1400 and 1800 Hz, 330 ms each). The other figures are bench
values.
"""

from cmath import phase
from collections.abc import Iterator
from dataclasses import dataclass
from math import pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.events import RecordBeep
from dsp.slices import SLICE, Ear, Slices
from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0

Samples = NDArray[np.int16]
Rough = NDArray[np.float32]

#: Samples compared at a time, 10 ms: 14 whole cycles, and a phase that tells 50 Hz to either side.
FRAME: Final = 80
#: Frames judged together, 160 ms: the shortest tone fills one block wherever it begins.
BLOCK: Final = 16
#: Of which these come first.
_FIRST: Final = slice(None, None, 4)
#: Frames heard at a time.
CHUNK: Final = SLICE // FRAME
#: Frames looked at around a tone: 100 ms.
AROUND: Final = 10
#: Frames kept: a chunk, the longest tone, what is around it and its edges.
MEMORY: Final = CHUNK + 6 * BLOCK
#: Frames of a tone that hold its level.
STEADY_SHARE: Final = 0.9
#: Steps of the screen's wave: so few that sums with int16 stay below 2 ** 24, exact in float32
#: in any order.
_COARSE: Final = 10
_FINE: Final = 2**14


@dataclass(frozen=True, slots=True)
class BeepPlan:
    """The tone.

    Attributes:
        freq_hz, off_share: as sent, and how far off it may be.
        least_s, most_s: its length.
        least_dbm0: weaker is crosstalk.
        least_share: of all that is heard while it sounds: a talker 6 dB below it.
        steady_db: nine frames in ten are so near to the middle one.
        around_share: of its power that another tone next to it may have.
    """

    freq_hz: float = 1400.0
    off_share: float = 0.0165
    least_s: float = 0.34
    most_s: float = 0.66
    least_dbm0: float = -42.0
    least_share: float = 0.8
    steady_db: float = 2.0
    around_share: float = 0.5


class Tone:
    """A run of frames, looked at closely.

    Attributes:
        lead: frames that the tone fills of the first of the run and the one before.
        off_hz: from the plan's frequency.
    """

    def __init__(self, band: NDArray[np.complex128], frames: NDArray[np.float64]) -> None:
        """Measure it.

        Args:
            band: from two frames before the run to two after it; squared it is a power.
            frames: float[n, FRAME], all that is heard from 1 + AROUND frames before the run to as
                many after it.
        """
        strength = np.abs(band)
        self._inner = strength[3:-3]
        self._middle = max(float(np.median(self._inner)), 1e-9)
        filled = np.minimum(strength / self._middle, 1.0)
        self.lead, trail = float(filled[1] + filled[2]), float(filled[-3] + filled[-2])
        self.duration_s = (self.lead + trail + len(band) - 6) * FRAME / AUDIO_HZ
        turn = complex((band[4:-3] * np.conj(band[3:-4])).sum())
        self.off_hz = phase(turn) / (2 * pi) * AUDIO_HZ / FRAME
        self._around = max(tone_power(frames[:AROUND]), tone_power(frames[-AROUND:]))
        self._heard = float((frames[AROUND + 2 : -AROUND - 2] ** 2).mean())
        # A frame reads a tone out of tune weaker than it is.
        in_tune = float(np.sinc(self.off_hz * FRAME / AUDIO_HZ)) ** 2
        self._power = float((self._inner**2).mean()) / in_tune

    def is_beep(self, plan: BeepPlan) -> bool:
        """Say whether it is the record tone."""
        return (
            plan.least_s <= self.duration_s <= plan.most_s
            and abs(self.off_hz) <= plan.off_share * plan.freq_hz
            and self._is_steady(plan.steady_db)
            and self._power >= POWER_AT_0_DBM0 * 10 ** (plan.least_dbm0 / 10)
            and self._power >= plan.least_share * self._heard
            and self._around <= plan.around_share * self._power
        )

    def _is_steady(self, within_db: float) -> bool:
        ratio = 10 ** (within_db / 20)
        inner, middle = self._inner, self._middle
        steady = np.count_nonzero((inner >= middle / ratio) & (inner <= middle * ratio))
        return bool(steady >= STEADY_SHARE * len(inner))


def tone_power(frames: NDArray[np.float64]) -> float:
    """Return the power of what is heard if it is a single tone, else 0."""
    audio = frames.ravel()
    shape = np.hanning(len(audio) + 2)[1:-1]
    spectrum = np.abs(np.fft.rfft(audio * shape)) ** 2
    peak = int(spectrum.argmax())
    one_tone = spectrum[max(0, peak - 3) : peak + 4].sum() > 0.8 * spectrum.sum()
    return float((audio**2).mean()) if one_tone else 0.0


class BeepBank(Ear[RecordBeep]):
    """Every line's record tones; told of within 0.75 s of their end."""

    after = 2

    def __init__(self, lines: int, plan: BeepPlan | None = None) -> None:
        super().__init__(lines)
        self.plan = plan or BeepPlan()
        self._frames = 0  # of the stream, heard
        self._held = np.zeros((lines, MEMORY // BLOCK), np.bool_)  # blocks that kept their level
        self._told = np.zeros(lines, np.int_)  # frame in which the last tone told of ended
        turns = 2 * pi * self.plan.freq_hz / AUDIO_HZ * np.arange(FRAME)
        wave = np.stack((np.cos(turns), -np.sin(turns)), axis=1)
        self._coarse = np.rint(wave.T * _COARSE).astype(np.float32)
        self._fine = np.rint(wave * _FINE)
        least = POWER_AT_0_DBM0 * 10 ** (self.plan.least_dbm0 / 10)
        self._least_read = least / 4 * (FRAME * _COARSE) ** 2 / 2

    def hear(self, slices: Slices) -> list[RecordBeep]:
        held = self._holds(slices.rough.reshape(len(self._held), -1, BLOCK, FRAME))
        self._held = np.concatenate((self._held[:, CHUNK // BLOCK :], held), axis=1)
        self._frames += CHUNK
        events: list[RecordBeep] = []
        for row in np.flatnonzero(self._held.any(axis=1)).tolist():
            begin = slices.now - MEMORY * FRAME
            memory = slices.of(row, begin, slices.now).reshape(MEMORY, FRAME)
            for run in sorted(self._runs(memory, np.flatnonzero(self._held[row]).tolist())):
                events += self._judge(row, memory, *run)
        return events

    def _holds(self, blocks: Rough) -> NDArray[np.bool_]:
        """Return which of float[lines, blocks, BLOCK, FRAME] keep their level in the band."""
        holds = self._is_level(blocks[:, :, _FIRST])
        may = np.nonzero(holds)
        if len(may[0]):
            holds[may] = self._is_level(blocks[may])
        return holds

    def _is_level(self, frames: Rough) -> NDArray[np.bool_]:
        power = self._in_band(frames)
        quietest = power.min(axis=-1)
        level: NDArray[np.bool_] = quietest > np.maximum(power.max(axis=-1) / 4, self._least_read)
        return level

    def _in_band(self, frames: Rough) -> Rough:
        """Return the power of float[..., FRAME] in the band, as the coarse wave reads it."""
        audio = frames.reshape(-1, FRAME)
        cosine, sine = (audio @ wave for wave in self._coarse)  # faster than a product of both
        power: Rough = (cosine * cosine + sine * sine).reshape(frames.shape[:-1])
        return power

    def _runs(self, memory: Samples, held: list[int]) -> set[tuple[int, int]]:
        """Return what held its level, [begin, end), if AROUND frames after it came just now."""
        runs: set[tuple[int, int]] = set()
        in_band = self._in_band(memory.astype(np.float32))
        for block in held:
            middle = block * BLOCK + BLOCK // 2
            level = np.median(in_band[block * BLOCK : (block + 1) * BLOCK])
            below = np.flatnonzero(in_band < level / 4)
            k = int(np.searchsorted(below, middle))
            begin = int(below[k - 1]) + 1 if k else 0
            end = int(below[k]) if k < len(below) else MEMORY
            came_now = 0 <= MEMORY - AROUND - 1 - end < CHUNK
            if came_now and begin > AROUND and end - begin <= MEMORY - CHUNK - 2 * AROUND:
                runs.add((begin, end))
        return runs

    def _judge(self, row: int, memory: Samples, begin: int, end: int) -> Iterator[RecordBeep]:
        """Yield the tone if the run is one; its first and last frames may be filled in part."""
        frames = memory[begin - 1 - AROUND : end + 1 + AROUND].astype(np.float64)
        waves = frames @ self._fine * (np.sqrt(2) / (FRAME * _FINE))
        tone = Tone(
            band=(waves[:, 0] + 1j * waves[:, 1])[AROUND - 1 : 1 - AROUND],
            frames=frames,
        )
        start = self._frames - MEMORY + begin + 1
        if start > self._told[row] and tone.is_beep(self.plan):
            self._told[row] = start + end - begin
            yield RecordBeep(
                line=row + 1,
                sample=max(0, start * FRAME - round(tone.lead * FRAME)),
                believed=self._frames * FRAME,
                freq_hz=round(self.plan.freq_hz + tone.off_hz, 1),
                duration_s=round(tone.duration_s, 4),
            )

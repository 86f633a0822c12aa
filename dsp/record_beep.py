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
from dataclasses import dataclass, replace
from math import pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.events import Event, RecordBeep
from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0

Samples = NDArray[np.int16]

#: Samples compared at a time, 10 ms: 14 whole cycles, and a phase that tells 50 Hz to either side.
FRAME: Final = 80
#: Frames judged together, 160 ms: the shortest tone fills one block wherever it begins.
BLOCK: Final = 16
#: Of which these come first.
_FIRST: Final = slice(None, None, 4)
#: Frames heard at a time: the cost is by the call.
CHUNK: Final = 4 * BLOCK
#: Frames looked at around a tone: 100 ms.
AROUND: Final = 10
#: Frames kept: a chunk, the longest tone, what is around it and its edges.
MEMORY: Final = CHUNK + 6 * BLOCK
#: Samples of the tape on which the memory moves; at its end it is wound back.
TAPE: Final = (MEMORY + 4 * CHUNK) * FRAME
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


class BeepBank:
    """Every line's record tones."""

    def __init__(self, lines: int, plan: BeepPlan | None = None) -> None:
        self.plan = plan or BeepPlan()
        self._lines = lines
        self._tape = np.zeros((lines, TAPE), np.int16)
        self._heard = MEMORY * FRAME  # of the tape, in samples
        self._waiting = 0  # samples after that
        self._frames = 0  # of the stream, heard
        self._held = np.zeros((lines, MEMORY // BLOCK), np.bool_)  # blocks that kept their level
        self._told = np.zeros(lines, np.int_)  # frame in which the last tone told of ended
        turns = 2 * pi * self.plan.freq_hz / AUDIO_HZ * np.arange(FRAME)
        wave = np.stack((np.cos(turns), -np.sin(turns)), axis=1)
        self._coarse = np.rint(wave.T * _COARSE).astype(np.float32)
        self._fine = np.rint(wave * _FINE)
        least = POWER_AT_0_DBM0 * 10 ** (self.plan.least_dbm0 / 10)
        self._least_read = least / 4 * (FRAME * _COARSE) ** 2 / 2

    def push(self, audio: Samples) -> list[Event]:
        """Add audio and return the tones that are over, within 0.75 s of their end.

        Args:
            audio: int16[lines, n], any n.

        Raises:
            ValueError: it is of another number of lines.
        """
        if audio.ndim != 2 or len(audio) != self._lines:
            raise ValueError(f"audio of shape {audio.shape}, want ({self._lines}, n)")
        events: list[Event] = []
        at = 0
        while at < audio.shape[1]:
            piece = audio[:, at : at + CHUNK * FRAME - self._waiting]
            at += piece.shape[1]
            begin = self._heard + self._waiting
            self._tape[:, begin : begin + piece.shape[1]] = piece
            self._waiting += piece.shape[1]
            if self._waiting == CHUNK * FRAME:
                events += self._hear_chunk()
        return events

    def close(self) -> list[Event]:
        """End the stream: what was heard last is taken to be followed by silence."""
        end = self._frames * FRAME + self._waiting
        quiet = np.zeros((self._lines, 2 * CHUNK * FRAME - self._waiting), np.int16)
        return [replace(beep, believed=end) for beep in self.push(quiet)]

    def _hear_chunk(self) -> list[Event]:
        chunk = self._tape[:, self._heard : self._heard + CHUNK * FRAME]
        held = self._holds(chunk.reshape(self._lines, -1, BLOCK, FRAME))
        self._held = np.concatenate((self._held[:, CHUNK // BLOCK :], held), axis=1)
        self._heard += CHUNK * FRAME
        self._waiting = 0
        self._frames += CHUNK
        events: list[Event] = []
        for row in np.flatnonzero(self._held.any(axis=1)).tolist():
            for begin, end in sorted(self._runs(row, np.flatnonzero(self._held[row]).tolist())):
                events += self._judge(row, begin, end)
        if self._heard == TAPE:
            self._heard = MEMORY * FRAME
            self._tape[:, : self._heard] = self._tape[:, -self._heard :]
        return events

    def _holds(self, blocks: Samples) -> NDArray[np.bool_]:
        """Return which of int16[lines, blocks, BLOCK, FRAME] keep their level in the band."""
        holds = self._is_level(blocks[:, :, _FIRST])
        may = np.nonzero(holds)
        if len(may[0]):
            holds[may] = self._is_level(blocks[may])
        return holds

    def _is_level(self, frames: Samples) -> NDArray[np.bool_]:
        power = self._in_band(frames)
        quietest = power.min(axis=-1)
        level: NDArray[np.bool_] = quietest > np.maximum(power.max(axis=-1) / 4, self._least_read)
        return level

    def _in_band(self, frames: Samples) -> NDArray[np.float32]:
        """Return the power of int16[..., FRAME] in the band, as the coarse wave reads it."""
        audio = frames.astype(np.float32).reshape(-1, FRAME)
        cosine, sine = (audio @ wave for wave in self._coarse)  # faster than a product of both
        power: NDArray[np.float32] = (cosine * cosine + sine * sine).reshape(frames.shape[:-1])
        return power

    def _runs(self, row: int, held: list[int]) -> set[tuple[int, int]]:
        """Return what held its level, [begin, end), if AROUND frames after it came just now."""
        runs: set[tuple[int, int]] = set()
        memory = self._tape[row, self._heard - MEMORY * FRAME : self._heard]
        in_band = self._in_band(memory.reshape(MEMORY, FRAME))
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

    def _judge(self, row: int, begin: int, end: int) -> Iterator[Event]:
        """Yield the tone if the run is one; its first and last frames may be filled in part."""
        first, last = begin - 1 - AROUND, end + 1 + AROUND
        origin = self._heard - MEMORY * FRAME
        audio = self._tape[row, origin + first * FRAME : origin + last * FRAME]
        frames = audio.reshape(-1, FRAME).astype(np.float64)
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

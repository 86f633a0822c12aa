"""How loud each line is: a level a second, clipping, and where somebody speaks.

Speech is told simply: louder than the line's own noise, and restless. A call-progress tone holds
its level from one frame to the next while it sounds, a voice does not. Digits keyed faster than
100 ms on and off are too short to tell; dsp.keyed does.

All is done in powers, whose sums of whole numbers are exact however the stream is cut. The frame
of 50 ms holds two whole beats of the Korean ringback tone (440 + 480 Hz), which is steady so.

Source: levels as in dsp.units; the syllable rate of speech is 2..8 Hz, so that its level moves by
some dB in most frames. The other figures are bench values.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.events import Event, Speech
from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0, dbm0

Powers = NDArray[np.float64]

#: Samples judged together, 50 ms.
FRAME = 400
FRAMES_PER_SECOND = AUDIO_HZ // FRAME


@dataclass(frozen=True, slots=True)
class SpeechPlan:
    """What is taken for speech.

    Attributes:
        least_dbm0: quieter than the far end of a long line is noise to us.
        over_noise_db: a frame must be this far over the noise floor.
        floor_rise_db: a second's rise of the floor: a voice's own pauses hold it down.
        floor_most_dbm0: no line's noise is taken to be louder, or speech without a pause would
            in the end pass for noise. Louder noise is told by being steady.
        restless_db: a step between neighbouring frames that no tone makes: ringback modulated at
            15 to 25 Hz, whose beats the frames do not hold whole, stays below it.
        restless_share: of the steps within runs of loud frames, at least.
        within_share: of a stretch's loud frames, those that lie within such runs, at least.
        pause_s: silence that ends a stretch: longer than between words.
        least_s: shorter stretches are clicks.
        longest_s: a stretch is handed over at this length, and another begun.
    """

    least_dbm0: float = -45.0
    over_noise_db: float = 9.0
    floor_rise_db: float = 2.0
    floor_most_dbm0: float = -40.0
    restless_db: float = 3.0
    restless_share: float = 0.2
    within_share: float = 0.2
    pause_s: float = 0.35
    least_s: float = 0.2
    longest_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Second:
    """One whole second of every line.

    Attributes:
        sample: index of its first audio sample.
        power: float[lines], mean square in int16 steps.
        clipped: int[lines], samples at either end of the scale.
    """

    sample: int
    power: Powers
    clipped: NDArray[np.int64]

    def level_dbm0(self, line: int) -> float:
        return dbm0(float(self.power[line - 1]))


def _ratio(db: float) -> float:
    return float(10 ** (db / 10))


class LevelBank:
    """Hears the level of all lines.

    Attributes:
        seconds: the latest whole seconds, oldest first; no more than a minute of them are kept.
    """

    def __init__(self, lines: int, plan: SpeechPlan | None = None) -> None:
        self.plan = plan or SpeechPlan()
        self.seconds: deque[Second] = deque(maxlen=60)
        self._lines = lines
        self._rest = np.zeros((lines, 0), np.int16)
        self._now = 0  # end of the last frame judged
        self._power = np.zeros(lines)  # of this second so far, summed
        self._clipped = np.zeros(lines, np.int64)
        self._least = _ratio(self.plan.least_dbm0) * POWER_AT_0_DBM0
        self._most = _ratio(self.plan.floor_most_dbm0) * POWER_AT_0_DBM0
        self._over = _ratio(self.plan.over_noise_db)
        self._rise = _ratio(self.plan.floor_rise_db / FRAMES_PER_SECOND)
        self._step = _ratio(self.plan.restless_db)
        self._floor = np.full(lines, self._least)
        self._begin = np.full(lines, -1)  # of a stretch; -1 outside one
        self._last = np.zeros(lines, np.int64)  # end of its last loud frame
        self._loud = np.zeros(lines, np.int64)  # its loud frames
        self._run = np.zeros(lines, np.int64)  # loud frames in a row, up to now
        self._within = np.zeros(lines, np.int64)  # steps within runs
        self._steps = np.zeros(lines, np.int64)  # of those, restless ones
        self._sum = np.zeros(lines)  # power of its loud frames
        self._before = np.zeros(lines)  # power of the frame before
        self._before_that = np.zeros(lines)

    def push(self, audio: NDArray[np.int16]) -> list[Event]:
        """Add audio and return the stretches of speech that have ended.

        Args:
            audio: int16[lines, n], any n.

        Raises:
            ValueError: it is of another number of lines.
        """
        if audio.ndim != 2 or len(audio) != self._lines:
            raise ValueError(f"audio of shape {audio.shape}, want ({self._lines}, n)")
        events: list[Event] = []
        for at in range(0, audio.shape[1], AUDIO_HZ):
            events += self._push(audio[:, at : at + AUDIO_HZ])
        return events

    def close(self) -> list[Event]:
        """Return the stretches of speech that the stream's end has cut off."""
        return self._end_stretches(self._begin >= 0)

    def _push(self, audio: NDArray[np.int16]) -> list[Event]:
        stream = np.concatenate((self._rest, audio), axis=1)
        count = stream.shape[1] // FRAME
        if not count:
            self._rest = stream
            return []
        self._rest = stream[:, count * FRAME :].copy()
        frames = stream[:, : count * FRAME].reshape(self._lines, count, FRAME)
        exact = frames.astype(np.float64)
        sums = np.einsum("lfn,lfn->lf", exact, exact)
        clipped = _count_clipped(frames)
        events: list[Event] = []
        for k in range(count):
            self._now += FRAME
            self._add_to_second(sums[:, k], clipped[:, k])
            events += self._listen(sums[:, k] / FRAME)
        return events

    def _add_to_second(self, sums: Powers, clipped: NDArray[np.int64]) -> None:
        self._power += sums
        self._clipped += clipped
        if self._now % AUDIO_HZ == 0:
            begin = self._now - AUDIO_HZ
            self.seconds.append(Second(begin, self._power / AUDIO_HZ, self._clipped))
            self._power, self._clipped = np.zeros(self._lines), np.zeros(self._lines, np.int64)

    def _listen(self, power: Powers) -> list[Event]:
        loud = power > np.maximum(self._floor * self._over, self._least)
        risen = np.minimum(self._floor * self._rise, self._most)
        self._floor = np.maximum(np.minimum(risen, power), 1.0)
        self._run = np.where(loud, self._run + 1, 0)
        if loud.any():
            self._extend(loud, power)
        self._before, self._before_that = power, self._before
        open_ = self._begin >= 0
        if not open_.any():
            return []
        silent = self._now - self._last >= self.plan.pause_s * AUDIO_HZ
        long = self._now - self._begin >= self.plan.longest_s * AUDIO_HZ
        return self._end_stretches(open_ & (silent | long))

    def _extend(self, loud: NDArray[np.bool_], power: Powers) -> None:
        begun = loud & (self._begin < 0)
        self._begin[begun] = self._now - FRAME
        self._last[loud] = self._now
        self._loud += loud
        # The first and the last frame of a run are filled in part; the step between them is not.
        within = self._run >= 4
        low = np.minimum(self._before, self._before_that)
        high = np.maximum(self._before, self._before_that)
        self._within += within
        self._steps += within & (high > low * self._step)
        self._sum += np.where(loud, power, 0.0)

    def _end_stretches(self, ended: NDArray[np.bool_]) -> list[Event]:
        events: list[Event] = []
        for i in np.flatnonzero(ended).tolist():
            loud = int(self._loud[i])
            long_enough = loud * FRAME >= self.plan.least_s * AUDIO_HZ
            within = int(self._within[i])
            in_runs = within >= self.plan.within_share * loud
            restless = self._steps[i] >= self.plan.restless_share * within
            if long_enough and in_runs and restless:
                events.append(self._speech(i, loud))
        self._begin[ended] = -1
        self._loud[ended] = self._within[ended] = self._steps[ended] = 0
        self._sum[ended] = 0.0
        return events

    def _speech(self, i: int, loud: int) -> Speech:
        begin = int(self._begin[i])
        return Speech(
            line=i + 1,
            sample=begin,
            believed=self._now,
            duration_s=(int(self._last[i]) - begin) / AUDIO_HZ,
            level_dbm0=dbm0(float(self._sum[i]) / loud),
        )


def _count_clipped(frames: NDArray[np.int16]) -> NDArray[np.int64]:
    """Count the samples at either end of the scale: int64[lines, frames]."""
    clips = (frames.max(axis=2) == 32767) | (frames.min(axis=2) == -32768)
    counts = np.zeros(clips.shape, np.int64)
    if clips.any():
        at_end = (frames[clips] == 32767) | (frames[clips] == -32768)
        counts[clips] = at_end.sum(axis=1)
    return counts

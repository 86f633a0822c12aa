"""How loud each line is: a level a second, clipping, and where somebody speaks.

Speech is told simply: louder than the line's own noise, and restless. A call-progress tone holds
its level from one frame to the next while it sounds, a voice does not. Digits keyed faster than
100 ms on and off are too short to tell; dsp.keyed does.

All is done in powers, each always added up from the same samples in the same order. The frame
of 50 ms holds two whole beats of the Korean ringback tone (440 + 480 Hz), which is steady so.
The frames of a slice are judged at once, in arrays [frames, lines], for the cost is by the call;
only a line whose stretch ends is followed frame by frame.

Source: levels as in dsp.units; the syllable rate of speech is 2..8 Hz, so that its level moves by
some dB in most frames. The other figures are bench values.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.events import Speech
from dsp.slices import SLICE, Ear, Slices
from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0, dbm0

Powers = NDArray[np.float64]
Times = NDArray[np.int64]

#: Samples judged together, 50 ms.
FRAME = 400
FRAMES_PER_SECOND = AUDIO_HZ // FRAME
#: Samples added up at first, 10 ms: a slice and a frame hold whole ones.
_PART = 80
_PARTS_OF_FRAME = FRAME // _PART
#: Frames of a stretch's quietest and loudest half second; those so much weaker than the stretch are
#: a pause in it.
HALF_SECOND = FRAMES_PER_SECOND // 2
_PAUSE_RATIO = 0.01
#: The square of a sample at the end of the scale, less what float32 may lose in a sum.
_ONE_CLIPPED = 0.999 * 32767.0**2


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
        clipped: float[lines], samples at either end of the scale.
    """

    sample: int
    power: Powers
    clipped: Powers

    def level_dbm0(self, line: int) -> float:
        return dbm0(float(self.power[line - 1]))


@dataclass(frozen=True, slots=True)
class _Frames:
    """Frames of all lines.

    Attributes:
        ends: int[frames, 1], in samples of the stream.
        loud: bool[frames, lines].
        last: int[frames, lines], end of the last loud frame by then.
        tally: float[frames, 4, lines], of the stretch by then: loud frames, steps within runs of
            them, restless ones of those, and the sum of squares of the loud frames.
    """

    ends: Times
    loud: NDArray[np.bool_]
    last: Times
    tally: Powers


def _ratio(db: float) -> float:
    return float(10 ** (db / 10))


class _Parts:
    """What is counted in parts of 10 ms, added up by frames."""

    def __init__(self, lines: int) -> None:
        self._waiting = 0  # less than a frame's
        self._parts = np.zeros((lines, SLICE // _PART + _PARTS_OF_FRAME))

    def add(self, parts: NDArray[np.float32]) -> Powers:
        """Take float[lines, SLICE // _PART], and return what is whole: float[frames, lines]."""
        held = self._waiting + parts.shape[1]
        self._parts[:, self._waiting : held] = parts
        whole = held // _PARTS_OF_FRAME * _PARTS_OF_FRAME
        of_frames = [self._parts[:, k:whole:_PARTS_OF_FRAME] for k in range(_PARTS_OF_FRAME)]
        frames = of_frames[0].T.copy()
        for part in of_frames[1:]:
            frames += part.T
        self._waiting = held - whole
        self._parts[:, : self._waiting] = self._parts[:, whole:held]
        return frames


class LevelBank(Ear[Speech]):
    """Hears the level of all lines.

    Attributes:
        seconds: the latest whole seconds, oldest first; no more than a minute of them are kept.
    """

    after = 2

    def __init__(self, lines: int, plan: SpeechPlan | None = None) -> None:
        super().__init__(lines)
        self.plan = plan or SpeechPlan()
        self.seconds: deque[Second] = deque(maxlen=60)
        self._lines = lines
        self._parts, self._clips = _Parts(lines), _Parts(lines)  # sums of squares; samples clipped
        self._now = 0  # end of the last frame judged
        self._end = 0  # of the stream, so far
        self._power = np.zeros(lines)  # of this second so far, summed
        self._clipped = np.zeros(lines)
        self._least = _ratio(self.plan.least_dbm0) * POWER_AT_0_DBM0
        self._most = _ratio(self.plan.floor_most_dbm0) * POWER_AT_0_DBM0
        self._over = _ratio(self.plan.over_noise_db)
        a_frame = self.plan.floor_rise_db / FRAMES_PER_SECOND
        self._rises = _ratio(a_frame) ** np.arange(SLICE // FRAME + 2)
        self._step = _ratio(self.plan.restless_db)
        self._pause = self.plan.pause_s * AUDIO_HZ
        self._longest = self.plan.longest_s * AUDIO_HZ
        self._floor = np.full(lines, self._least)
        self._begin = np.full(lines, -1)  # of a stretch; -1 outside one
        self._last = np.zeros(lines, np.int64)  # end of the last loud frame
        self._tally = np.zeros((4, lines))  # of the stretch, as in _Frames
        self._run = np.zeros(lines, np.int64)  # loud frames in a row, up to now
        self._before = np.zeros((2, lines))  # sums of the last two frames
        longest_s = self.plan.longest_s + self.plan.pause_s
        self._kept = round(longest_s * FRAMES_PER_SECOND) + 2 * SLICE // FRAME
        self._latest = np.zeros((self._kept, lines))  # sums of frames, by turns; a stretch is there

    def hear(self, slices: Slices) -> list[Speech]:
        self._end = slices.end
        parts = slices.rough.reshape(-1, _PART)
        sums = np.einsum("nw,nw->n", parts, parts)
        clips = _count_clipped(slices.latest.reshape(-1, _PART), sums)
        frames = self._parts.add(sums.reshape(self._lines, -1))
        clipped = self._clips.add(clips.reshape(self._lines, -1))
        first = self._now // FRAME
        self._now += len(frames) * FRAME
        for k, frame in enumerate(frames):
            self._latest[(first + k) % self._kept] = frame
        self._add_to_second(frames, clipped)
        return self._listen(frames)

    def finish(self) -> list[Speech]:
        """Return the stretches of speech that the stream's end has cut off."""
        events: list[Speech] = []
        for i in np.flatnonzero(self._begin >= 0).tolist():
            last, tally = int(self._last[i]), self._tally[:, i]
            events += self._judge(i, int(self._begin[i]), last, tally)
        self._begin[:] = -1
        return events

    def _add_to_second(self, sums: Powers, clipped: Powers) -> None:
        """Add frames up to now, whose sums and clipped samples are [frames, lines]."""
        over = self._now % AUDIO_HZ // FRAME  # frames of the next second, or none of this one
        ended = over < len(sums)
        at = len(sums) - over if ended else len(sums)
        self._power += sums[:at].sum(axis=0)
        self._clipped += clipped[:at].sum(axis=0)
        if ended:
            begin = self._now - over * FRAME - AUDIO_HZ
            self.seconds.append(Second(begin, self._power / AUDIO_HZ, self._clipped))
            self._power, self._clipped = sums[at:].sum(axis=0), clipped[at:].sum(axis=0)

    def _listen(self, sums: Powers) -> list[Speech]:
        """Judge the frames up to now, whose sums of squares are float[frames, lines]."""
        loud = self._hear_loud(sums / FRAME)
        ends = self._now - FRAME * np.arange(len(sums))[::-1, None]
        frames = _Frames(
            ends=ends,
            loud=loud,
            last=np.maximum.accumulate(np.where(loud, ends, self._last), axis=0),
            tally=self._tally + np.cumsum(self._count(loud, sums), axis=0),
        )
        first = np.where(loud.any(axis=0), ends[loud.argmax(axis=0), 0] - FRAME, -1)
        before, begin = self._begin, np.where(self._begin < 0, first, self._begin)
        over = (ends - frames.last >= self._pause) | (ends - begin >= self._longest)
        over &= (begin >= 0) & (ends > begin)
        self._begin, self._last, self._tally = begin, frames.last[-1], frames.tally[-1]
        events: list[Speech] = []
        for i in np.flatnonzero(over.any(axis=0)).tolist():
            events += self._follow(i, int(before[i]), frames)
        return events

    def _hear_loud(self, power: Powers) -> NDArray[np.bool_]:
        """Say which frames are over their line's noise, and follow the noise."""
        rises = self._rises[1 : len(power) + 1]
        heard = np.maximum(np.minimum(power, self._most), 1.0)
        # The floor is the least of what was heard, each risen since: floor, power 0, power 1 ...
        risen = np.concatenate((self._floor[None], heard / rises[:, None]))
        floor = np.minimum.accumulate(risen, axis=0) * self._rises[: len(power) + 1, None]
        self._floor = floor[-1]
        loud: NDArray[np.bool_] = power > np.maximum(floor[:-1] * self._over, self._least)
        return loud

    def _count(self, loud: NDArray[np.bool_], sums: Powers) -> Powers:
        """Return what each frame adds to its stretch: float[frames, 4, lines]."""
        count = len(sums)
        at = np.arange(1, count + 1)[:, None]
        run = at - np.maximum.accumulate(np.where(loud, -self._run, at), axis=0)
        # The first and the last frame of a run are filled in part; the step between them is not.
        within = run >= 4
        past = np.concatenate((self._before, sums))
        one, two = past[1:-1], past[:-2]
        restless = np.maximum(one, two) > np.minimum(one, two) * self._step
        self._run, self._before = run[-1], past[-2:]
        return np.stack((loud, within, within & restless, sums * loud), axis=1)

    def _follow(self, i: int, begin: int, frames: _Frames) -> Iterator[Speech]:
        """Go frame by frame through a line in which stretches end."""
        told = np.zeros(4)
        ends, last = frames.ends[:, 0].tolist(), frames.last[:, i].tolist()
        loud = frames.loud[:, i].tolist()
        for k, end in enumerate(ends):
            if begin < 0 and loud[k]:
                begin = end - FRAME
            if begin >= 0 and (end - last[k] >= self._pause or end - begin >= self._longest):
                yield from self._judge(i, begin, last[k], frames.tally[k, :, i] - told)
                begin, told = -1, frames.tally[k, :, i]
        self._begin[i], self._tally[:, i] = begin, frames.tally[-1, :, i] - told

    def _judge(self, i: int, begin: int, last: int, tally: Powers) -> Iterator[Speech]:
        """Yield a stretch that is over, if it is speech."""
        loud, within, restless, power = tally.tolist()
        if (
            loud * FRAME >= self.plan.least_s * AUDIO_HZ
            and within >= self.plan.within_share * loud
            and restless >= self.plan.restless_share * within
        ):
            least, most = _extremes(self._powers(i, begin, last))
            yield Speech(
                line=i + 1,
                sample=begin,
                believed=self._now,
                duration_s=(min(last, self._end) - begin) / AUDIO_HZ,
                level_dbm0=dbm0(power / FRAME / loud),
                least_dbm0=dbm0(least),
                most_dbm0=dbm0(most),
            )

    def _powers(self, i: int, begin: int, end: int) -> Powers:
        """Return the power of a line's frames in [begin, end)."""
        first, last = begin // FRAME % self._kept, end // FRAME % self._kept
        sums = self._latest[:, i]
        return (sums[first:last] if first < last else np.roll(sums, -first)[: last - first]) / FRAME


def _extremes(power: Powers) -> tuple[float, float]:
    """Return the power of the quietest and the loudest HALF_SECOND in a row, pauses left out."""
    spoken = power[power > np.add.reduce(power) * (_PAUSE_RATIO / len(power))]
    length = min(HALF_SECOND, len(spoken))
    total = np.zeros(len(spoken) + 1)
    np.add.accumulate(spoken, out=total[1:])
    sums = total[length:] - total[:-length]
    return float(sums.min()) / length, float(sums.max()) / length


def _count_clipped(frames: NDArray[np.int16], sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """Count the samples at either end of the scale of each frame: float[n].

    Args:
        sums: float[n], of the squares: one such sample is as much as a frame of a loud voice.
    """
    counts = np.zeros(len(frames), np.float32)
    if frames.max() < 32767 and frames.min() > -32768:
        return counts
    may = np.flatnonzero(sums > _ONE_CLIPPED)
    if len(may):
        loud = frames[may]
        clips = (loud.max(axis=1) == 32767) | (loud.min(axis=1) == -32768)
        counts[may[clips]] = ((loud[clips] == 32767) | (loud[clips] == -32768)).sum(axis=1)
    return counts

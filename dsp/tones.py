"""Call-progress tones on all lines at once: dial tone, ring-back, busy and their like.

What a tone can be lies between 340 and 490 Hz and at 620 Hz; of each frame of 16 ms the matrix
product that reads DTMF gives twelve coefficients of that (dsp/frames.py). Four frames are fitted
together, 64 ms, a frame further each time:

    frames     |----|----|-###|####|####|####|##--|----|----|
    windows         |-------------------|                      first: not half of it sounds
                              |-------------------|            last
    burst                  |<----------------->|

A window is gated by its power: these bands must hold most of all there is. Where they do, it is
fitted with every sound of the armed plans, at any frequency within 1.65 % (in 64 ms, a tone that
may be so far off fills four dimensions), and is of the sound that holds most of it. Windows of one
sound running are a burst, dated where half a window is filled; bursts become tones in
dsp/cadence.py.

An event is given when its tone is over: its pause has lasted too long, another sound has begun, or
the line has been hung up. Its `sample` is the first burst's start, within 20 ms; its `believed` is
when the name was certain: after two bursts of a ring-back, 2 s of other cadences, or 0.8 to 1.3 s
of a tone without pause.

All is done in whole numbers, so the events do not depend on how the stream is cut.
"""

from collections.abc import Sequence
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.cadence import Burst, Cadence, names_of
from dsp.events import Tone
from dsp.frames import FRAME, PROGRESS_HZ, FrameBank, Frames, progress_rows
from dsp.tone_fit import Floats, exact, tone_rows
from dsp.tone_plans import PLANS, PlanTone
from dsp.units import POWER_AT_0_DBM0

Samples = NDArray[np.int16]
Indices = NDArray[np.intp]
_Sound = tuple[tuple[float, ...], tuple[float, float]]  # frequencies and modulation

#: Frames fitted together: 64 ms tell 400 Hz from 425 and hold a beat of 440 and 480 Hz.
_WINDOW: Final = 4
#: Frames gone through at once, and samples: numpy's own cost for each is shared by 320 ms.
_FRAMES: Final = 20
CHUNK: Final = _FRAMES * FRAME
#: A tone off by 1.5 % must be heard; a little more, to lose none of it at the limit.
_OFF_BY: Final = 0.0165
#: Dimensions of one tone so far off in 64 ms; of a modulated one, or of two tones.
_DIMS: Final = 4
_WIDE_DIMS: Final = 12
#: Share of all power that the tones' bands must hold: 0.8 with noise 10 dB below a modulated tone.
_BANDS_SHARE: Final = 0.5
#: Share of the bands' power that a sound must hold, half a window of it included: one tone, and
#: more.
_SOUND_SHARE: Final = 0.74
_WIDE_SHARE: Final = 0.8
#: A sound with more dimensions explains more of anything: it must hold so much more than others.
_HANDICAP: Final = 0.08
#: Share that a pair loses if either of its tones is left out of the fit: 10 dB of difference.
_PART_SHARE: Final = 0.08
#: The weakest window: a modulated tone of -35 dBm0, in half of it, 3 dB to spare.
_WEAKEST: Final = POWER_AT_0_DBM0 * FRAME * _WINDOW * 10 ** (-45 / 10)
#: Windows without the sound that do not end a burst: fewer than a pause of 80 ms has.
_BRIDGED: Final = 3
#: Windows that a burst has at least: 50 ms of tone has four.
_FEWEST: Final = 3
#: A window that the sound does not fill has at least this share of its strongest one's power ...
_FILLED_SHARE: Final = 0.4
#: ... and so many of its 512 samples are of the sound, as measured.
_FILLED: Final = 300
#: Mean power of a steady burst, its edges included, to that of its strongest window: 1 dB.
_STEADY: Final = 0.8


class _Run:
    """Windows of a line that follow each other; numbered by their last frame."""

    def __init__(self, sounds: int, window: int) -> None:
        self._first = self.last = window  # that the sound fills
        self._count = 0
        self._weights = [0.0] * sounds  # of each sound; part of a tone looks modulated, and is weak
        self._power = self._peak = 0.0
        self._head: list[tuple[int, float]] = []

    def is_over(self, window: int) -> bool:
        """Whether a window is too late to be of this run."""
        return window - self.last > _BRIDGED + 1

    def is_nothing_to(self, power: float) -> bool:
        """Whether a window is so much stronger that it begins another run."""
        return self._peak < _FILLED_SHARE * power

    def add(self, window: int, sound: int, power: float) -> None:
        self._peak = max(self._peak, power)
        if power < _FILLED_SHARE * self._peak:
            return
        self.last = window
        self._count += 1
        self._weights[sound] += power * power
        self._power += power
        if len(self._head) < 2 * _WINDOW:
            self._head.append((window, power))

    def burst(self) -> Burst | None:
        """Return the run as a burst, None if it is too short for one."""
        count = self._count
        if count < _FEWEST:
            return None
        filled = (n for n, power in self._head if power >= _FILLED_SHARE * self._peak)
        first = next(filled, self.last)
        return Burst(
            start=max(0, (first + 1) * FRAME - _FILLED),
            end=(self.last + 1 - _WINDOW) * FRAME + _FILLED,
            sound=self._weights.index(max(self._weights)),
            power=self._power / count,
            steady=count == self.last - self._first + 1
            and self._power > _STEADY * count * self._peak,
        )


class ToneBank:
    """Every line's call-progress tones."""

    def __init__(self, lines: int, plans: Sequence[PlanTone] = PLANS) -> None:
        """Listen to lines numbered from 1, each as if after silence.

        Args:
            plans: the tones to be told apart; of two that sound the same the first has the name.

        Raises:
            ValueError: a tone lies outside the bands that are heard.
        """
        self._sounds = Sounds(plans)
        self._cadences = [Cadence(n + 1, self._sounds.names) for n in range(lines)]
        self._runs: dict[int, _Run] = {}
        self._frames = FrameBank(lines)
        self._progress = [np.zeros((len(progress_rows()), lines, _WINDOW - 1))]
        self._power = [np.zeros((lines, _WINDOW - 1))]
        self._waiting = 0  # frames, beside those of the last window
        self._done = 0  # frames gone through

    def push(self, audio: Samples) -> list[Tone]:
        """Hear the next samples of every line.

        Args:
            audio: int16[lines, n], any n.

        Returns:
            The tones found to be over, by line in each 320 ms.

        Raises:
            ValueError: audio of another shape or type; nothing of it is heard.
        """
        return [event for frames in self._frames.push(audio) for event in self.hear(frames)]

    def hear(self, frames: Frames) -> list[Tone]:
        """Hear frames that another has read, in the place of push."""
        self._progress.append(frames.progress)
        self._power.append(frames.power)
        self._waiting += frames.count
        events: list[Tone] = []
        while self._waiting >= _FRAMES:
            progress, power = np.concatenate(self._progress, axis=2), np.hstack(self._power)
            whole = _WINDOW - 1 + _FRAMES
            events += self._go_through(progress[:, :, :whole], power[:, :whole])
            self._progress, self._power = [progress[:, :, _FRAMES:]], [power[:, _FRAMES:]]
            self._waiting -= _FRAMES
        return events

    def end(self, line: int, now: int) -> list[Tone]:
        """End what sounds on a line: it has been hung up."""
        run = self._runs.pop(line - 1, None)
        cadence = self._cadences[line - 1]
        events = self._close(cadence, run, now) if run else []
        return events + cadence.end(now)

    def close(self) -> list[Tone]:
        """End the stream: the last 320 ms, at most, of a tone are not heard."""
        now = self._done * FRAME
        return [event for n in range(len(self._cadences)) for event in self.end(n + 1, now)]

    # ------------------------------------------------------------ a chunk

    def _go_through(self, progress: Floats, power: Floats) -> list[Tone]:
        lines, windows, sounds, powers = self._sounds.found(progress, power)
        found: dict[int, list[tuple[int, int, float]]] = {}
        for n, window, sound, held in zip(lines, windows, sounds, powers, strict=True):
            found.setdefault(n, []).append((self._done + window, sound, held))
        self._done += _FRAMES
        awake = {n for n, cadence in enumerate(self._cadences) if not cadence.asleep}
        events: list[Tone] = []
        for n in sorted(awake.union(found, self._runs)):
            events += self._listen(n, found.get(n, []))
        return events

    def _listen(self, n: int, found: list[tuple[int, int, float]]) -> list[Tone]:
        now = self._done * FRAME
        cadence, run = self._cadences[n], self._runs.pop(n, None)
        events: list[Tone] = []
        for window, sound, power in found:
            if run is not None and (run.is_over(window) or run.is_nothing_to(power)):
                events += self._close(cadence, run, now)
                run = None
            if run is None:
                run = _Run(self._sounds.count, window)
            run.add(window, sound, power)
        if run is not None and run.is_over(self._done):
            events += self._close(cadence, run, now)
            run = None
        if run is None:
            return events + cadence.advance(now)
        self._runs[n] = run
        burst = run.burst()
        return events + (cadence.sounding(burst, now) if burst else [])

    def _close(self, cadence: Cadence, run: _Run, now: int) -> list[Tone]:
        burst = run.burst()
        return cadence.push(burst, now) if burst else []


class Sounds:
    """The sounds that tones are made of, whatever their cadence, and how each fills a window."""

    def __init__(self, plans: Sequence[PlanTone]) -> None:
        tones: dict[_Sound, list[PlanTone]] = {}
        for tone in plans:
            _check(tone)
            tones.setdefault((tone.freqs_hz, tone.am_hz), []).append(tone)
        self.count = len(tones)
        self.names = [names_of(rows) for rows in tones.values()]
        parts = sorted({hz for freqs_hz, _ in tones if len(freqs_hz) > 1 for hz in freqs_hz})
        self._pairs = [
            (sound, [self.count + parts.index(hz) for hz in freqs_hz])
            for sound, (freqs_hz, _) in enumerate(tones)
            if len(freqs_hz) > 1
        ]
        spaces = [_space(*sound) for sound in [*tones, *(((hz,), (0.0, 0.0)) for hz in parts)]]
        self._rows = exact(np.vstack(spaces))
        self._begins = np.cumsum([0] + [len(space) for space in spaces[:-1]])
        wide = [len(space) > _DIMS for space in spaces[: self.count]]
        self._handicap = _HANDICAP * np.array(wide)[:, np.newaxis]
        self._least = np.where(wide, _WIDE_SHARE, _SOUND_SHARE)

    def found(
        self, progress: Floats, power: Floats
    ) -> tuple[list[int], list[int], list[int], list[float]]:
        """Return the windows that are of a sound, with others of it before and after.

        Args:
            progress: float[12, lines, count + 3], of the frames.
            power: float[lines, count + 3], theirs.

        Returns:
            line from 0, window from 0, sound and its power, of each, by line and window.
        """
        bands = _windowed(np.einsum("wnc,wnc->nc", progress, progress))
        gate = (bands > _WEAKEST) & (bands > _BANDS_SHARE * _windowed(power))
        lines, windows = np.nonzero(gate)
        if not len(lines):
            return [], [], [], []
        frames = windows + np.arange(_WINDOW)[:, np.newaxis]
        held = self._held(progress[:, lines, frames].reshape(-1, len(lines)))
        shares = held / bands[gate]
        for pair, parts in self._pairs:
            lonely = shares[pair] - shares[parts].max(axis=0) < _PART_SHARE
            shares[pair, lonely] = 0.0
        sounds = (shares[: self.count] - self._handicap).argmax(axis=0)
        at = np.arange(len(lines))
        good = shares[sounds, at] > self._least[sounds]
        good &= _in_threes(lines, windows, good, gate.shape)
        of, at = sounds[good], at[good]
        return lines[good].tolist(), windows[good].tolist(), of.tolist(), held[of, at].tolist()

    def _held(self, windows: Floats) -> Floats:
        """Return the power of windows, float[48, n], that each sound, and part, holds."""
        read = np.rint(self._rows @ windows)
        read *= read
        held: Floats = np.add.reduceat(read, self._begins, axis=0)
        return held


def _check(tone: PlanTone) -> None:
    for hz in tone.freqs_hz:
        if not any(low <= hz <= high for low, high in PROGRESS_HZ):
            raise ValueError(f"{tone.plan} {tone.name}: {hz:g} Hz is not in {PROGRESS_HZ}")


def _space(freqs_hz: tuple[float, ...], am_hz: tuple[float, float]) -> Floats:
    """Return orthonormal rows that span a sound as it may be: float[dims, 12 * _WINDOW].

    A row's 48 columns are the coefficients of its window's frames, frame by frame within each.
    """
    offs = np.linspace(1 - _OFF_BY, 1 + _OFF_BY, 9)
    beside = np.linspace(-am_hz[1], am_hz[1], 9) if any(am_hz) else [0.0]
    as_heard = [hz * off + am for hz, off, am in product(freqs_hz, offs, beside)]
    tones = tone_rows(_WINDOW * FRAME, tuple(as_heard)).reshape(-1, _WINDOW, FRAME)
    read = np.einsum("rf,twf->trw", progress_rows(), tones).reshape(len(tones), -1)
    dims = _DIMS if len(freqs_hz) == 1 and not any(am_hz) else _WIDE_DIMS
    spanning: Floats = np.linalg.svd(read, full_matrices=False)[2][:dims]
    return spanning


def _in_threes(
    lines: Indices, windows: Indices, good: NDArray[np.bool_], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return which windows are one of three good ones running; beyond the chunk all are good."""
    grid = np.ones((shape[0], shape[1] + 4), np.bool_)
    grid[:, 2:-2] = False
    grid[lines, windows + 2] = good
    threes = grid[:, :-2] & grid[:, 1:-1] & grid[:, 2:]
    kept: NDArray[np.bool_] = (threes[:, :-2] | threes[:, 1:-1] | threes[:, 2:])[lines, windows]
    return kept


def _windowed(power: Floats) -> Floats:
    """Return the power of every _WINDOW frames running: float[lines, count]."""
    return power[:, :-3] + power[:, 1:-2] + power[:, 2:-1] + power[:, 3:]

"""Call-progress tones on all lines at once: dial tone, ring-back, busy and their like.

What a tone can be lies between 340 and 490 Hz and at 620 Hz; of each frame of 16 ms the matrix
product that reads DTMF gives the power of that (dsp/frames.py). Four frames are taken together,
64 ms, a frame further each time:

    frames     |----|----|-###|####|####|####|##--|----|----|
    windows         |-------------------|                      first: not half of it sounds
                              |-------------------|            last
    burst                  |<----------------->|

A window is gated by its power: these bands must hold most of all there is. Where they do, it is
fitted with every sound of the armed plans, at any frequency within 1.65 % (in 64 ms, a tone that
may be so far off fills four dimensions), and is of the sound that holds most of it. Windows of one
sound running are a burst, dated where half a window is filled. What sounds hold of windows is in
dsp/tone_sounds.py; bursts become tones in dsp/cadence.py.

An event is given when its tone is over: its pause has lasted too long, another sound has begun, or
the line has been hung up. Its `sample` is the first burst's start, within 20 ms; its `believed` is
when the name was certain: after two bursts of a ring-back, 2 s of other cadences, or 0.8 to 1.3 s
of a tone without pause.

What is fitted is in whole numbers, so the events do not depend on how the stream is cut.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dsp.cadence import Burst, Cadence
from dsp.events import Tone
from dsp.frames import FRAME, GROUP, Frames, progress_rows, read
from dsp.slices import Ear, Slices
from dsp.tone_fit import Floats
from dsp.tone_plans import PLANS, PlanTone
from dsp.tone_sounds import BANDS_SHARE, FILLED, WEAKEST, WINDOW, Sounds, windowed

Indices = NDArray[np.intp]
_Window = tuple[int, int, float]  # its number in the stream, its sound and the power of that

#: Windows without the sound that do not end a burst: fewer than a pause of 80 ms has.
_BRIDGED: Final = 3
#: Windows that a burst has at least: 50 ms of tone has four.
_FEWEST: Final = 3
#: A window that the sound does not fill has at least this share of its strongest one's power.
_FILLED_SHARE: Final = 0.4
#: Mean power of a steady burst, its edges included, to that of its strongest window: 1 dB.
_STEADY: Final = 0.8


class _Run:
    """Windows of a line that follow each other; numbered by their last frame."""

    __slots__ = ("_count", "_first", "_head", "_peak", "_power", "_weights", "last")

    def __init__(self, sounds: int, window: int) -> None:
        self._first = self.last = window  # that the sound fills
        self._count = 0
        self._weights = [0.0] * sounds  # of each sound; part of a tone looks modulated, and is weak
        self._power = self._peak = 0.0
        self._head: list[tuple[int, float]] = []

    @property
    def sound(self) -> int:
        """Which it is, by the power of its windows."""
        return self._weights.index(max(self._weights))

    @property
    def span(self) -> int:
        """From its first to its last window: a burst has no more."""
        return self.last - self._first

    def is_over(self, window: int) -> bool:
        """Whether a window is too late to be of this run."""
        return window - self.last > _BRIDGED + 1

    def take(self, found: Sequence[_Window], at: int) -> int:
        """Take windows from one on; return the first that is not of this run.

        It is too late, or so much stronger that it begins another run. Voices make many windows:
        this is written out.
        """
        last, peak, weights = self.last, self._peak, self._weights
        while at < len(found):
            window, sound, power = found[at]
            if window - last > _BRIDGED + 1 or (peak < _FILLED_SHARE * power and self._count):
                break
            at += 1
            peak = max(peak, power)
            if power < _FILLED_SHARE * peak:
                continue
            last = window
            weights[sound] += power * power
            self._count += 1
            self._power += power
            if self._count <= 2 * WINDOW:
                self._head.append((window, power))
        self.last, self._peak = last, peak
        return at

    def burst(self) -> Burst | None:
        """Return the run as a burst, None if it is too short for one."""
        count = self._count
        if count < _FEWEST:
            return None
        least = _FILLED_SHARE * self._peak
        first = next((n for n, power in self._head if power >= least), self.last)
        return Burst(
            start=max(0, (first + 1) * FRAME - FILLED),
            end=(self.last + 1 - WINDOW) * FRAME + FILLED,
            sound=self.sound,
            power=self._power / count,
            steady=count == self.last - self._first + 1
            and self._power > _STEADY * count * self._peak,
        )


class ToneBank(Ear[Tone]):
    """Every line's call-progress tones."""

    def __init__(self, lines: int, plans: Sequence[PlanTone] = PLANS) -> None:
        """Listen to lines numbered from 1, each as if after silence.

        Args:
            plans: the tones to be told apart; of two that sound the same the first has the name.

        Raises:
            ValueError: a tone lies outside the bands that are heard.
        """
        super().__init__(lines)
        self._sounds = Sounds(plans)
        self._spans = np.array(self._sounds.spans)
        self._cadences = [Cadence(n + 1, self._sounds.names) for n in range(lines)]
        self._runs: dict[int, _Run] = {}
        # Of the slice's frames and those before it, at most: in the bands over the gate's share.
        self._over = np.zeros((lines, WINDOW - 1 + GROUP), np.float32)
        self._bands = np.zeros((lines, WINDOW - 1 + GROUP), np.float32)
        self._rough = np.zeros((len(progress_rows()), lines, WINDOW - 1 + GROUP), np.float32)
        self._named = np.zeros(lines, np.bool_)  # lines with a tone that has its name
        self._busy = np.zeros(lines, np.bool_)  # and those with a run
        self._last = np.full(lines, -np.inf)  # window of a line's run
        self._until = np.full(lines, np.inf)  # when a line's patience ends
        self._early = np.zeros((4, 0))  # found on other lines, and may go on: as of Sounds.found
        self._done = 0  # frames gone through

    def hear(self, slices: Slices) -> list[Tone]:
        return self.hear_frames(slices, read(slices))

    def hear_frames(self, slices: Slices, frames: Frames) -> list[Tone]:
        """Hear the frames of the latest slice; by line."""
        most = frames.bands + frames.off
        for kept, new in (
            (self._rough, frames.progress),
            (self._bands, most),
            (self._over, most - BANDS_SHARE * frames.power),
        ):
            kept[..., : WINDOW - 1] = kept[..., GROUP:]
            kept[..., WINDOW - 1 :] = new
        gate = (windowed(self._over) > 0) & (windowed(self._bands) > WEAKEST)
        return self._go_through(slices, self._sounds.screen(self._rough, gate))

    def end(self, line: int, now: int) -> list[Tone]:
        """End what sounds on a line: it has been hung up."""
        run = self._runs.pop(line - 1, None)
        self._early = self._early[:, self._early[0] != line - 1]
        cadence = self._cadences[line - 1]
        events = self._close(cadence, run, now) if run else []
        events += cadence.end(now)
        self._note(line - 1)
        return events

    def finish(self) -> list[Tone]:
        now = self._done * FRAME
        return [event for n in range(len(self._cadences)) for event in self.end(n + 1, now)]

    # ------------------------------------------------------------ a slice

    def _go_through(self, slices: Slices, gate: NDArray[np.bool_]) -> list[Tone]:
        """Go through a slice; gate is bool[lines, GROUP], the windows that may be of a sound."""
        found = self._found(slices, *self._worth_reading(*np.nonzero(gate)))
        found[1] += self._done
        self._done += GROUP
        found = self._of_bursts(found)
        heard = _by_line(found) if found.size else {}
        due = self._done * FRAME > self._until
        due[self._early[0].astype(np.intp)] = False
        events: list[Tone] = []
        for n in sorted(heard.keys() | np.flatnonzero(self._busy | due).tolist()):
            events += self._listen(n, heard.get(n, []))
            self._note(n)
        return events

    def _found(self, slices: Slices, lines: Indices, windows: Indices) -> Floats:
        """Return Sounds.found of some lines' windows."""
        if not len(lines):
            return np.zeros((4, 0))
        own = np.flatnonzero(np.bincount(lines))
        tape = slices.after((WINDOW - 1) * FRAME, own)
        found = self._sounds.found(tape, np.searchsorted(own, lines), windows)
        found[0] = own[found[0].astype(np.intp)]
        return found

    def _note(self, n: int) -> None:
        """Note how a line is now."""
        run, self._named[n] = self._runs.get(n), self._cadences[n].has_name
        self._busy[n] = run is not None or self._named[n]
        self._last[n] = run.last if run else -np.inf
        self._until[n] = self._cadences[n].until

    def _worth_reading(self, lines: Indices, windows: Indices) -> tuple[Indices, Indices]:
        """Return the windows of a slice that may be of a long enough burst, or tell of a tone."""
        if not len(lines):
            return lines, windows
        begins, count, first, last = _groups(lines, windows)
        line, under_way = lines[begins], self._busy.copy()
        under_way[self._early[0].astype(np.intp)] = True
        worth = self._named[line] | (last - first >= self._spans.min())
        worth |= (under_way[line] & (first <= _BRIDGED)) | (last >= GROUP - 1 - _BRIDGED)
        kept = np.repeat(worth, count)
        return lines[kept], windows[kept]

    def _of_bursts(self, found: Floats) -> Floats:
        """Return what was found where a burst is as long as one of a tone, or tells of one.

        Voices make many that are not. One that goes on is kept until it is either, or is taken
        at once where another was.
        """
        found = np.concatenate((self._early, found), axis=1)
        found = found[:, found[0].argsort(kind="stable")]
        self._early = found[:, :0]
        if not found.size:
            return found
        begins, count, first, last = _groups(found[0], found[1])
        line = found[0, begins].astype(np.intp)
        spans = np.minimum.reduceat(self._spans[found[2].astype(np.intp)], begins)
        long = _longest(found, begins, count, first, last) >= spans
        heard = self._busy.copy()
        heard[line[long]] = True
        goes_on = last >= self._done - 1 - _BRIDGED
        of_run = first - self._last[line] <= _BRIDGED + 1
        taken = long | self._named[line] | (heard[line] & (goes_on | of_run))
        self._early = found[:, np.repeat(goes_on & ~heard[line], count)]
        return found[:, np.repeat(taken, count)]

    def _listen(self, n: int, found: Sequence[_Window]) -> list[Tone]:
        now = self._done * FRAME
        cadence, run = self._cadences[n], self._runs.pop(n, None)
        events: list[Tone] = []
        at = run.take(found, 0) if run else 0
        while at < len(found):
            if run is not None:
                events += self._close(cadence, run, now)
            run = _Run(self._sounds.count, found[at][0])
            at = run.take(found, at)
        if run is not None and run.is_over(self._done):
            events += self._close(cadence, run, now)
            run = None
        if run is None:
            return events + cadence.advance(now)
        self._runs[n] = run
        if not cadence.has_name and run.span < self._sounds.steady_spans[run.sound]:
            return events
        burst = run.burst()
        return events + (cadence.sounding(burst, now) if burst else [])

    def _close(self, cadence: Cadence, run: _Run, now: int) -> list[Tone]:
        if not cadence.has_name and run.span < self._sounds.spans[run.sound]:
            return []  # shorter than any burst of its sound
        burst = run.burst()
        return cadence.push(burst, now) if burst else []


def _groups(lines: NDArray[Any], windows: NDArray[Any]) -> tuple[Indices, ...]:
    """Return where each line's groups of windows begin, their counts, first and last windows.

    Between two groups a run is over.
    """
    apart = (lines[1:] != lines[:-1]) | (windows[1:] - windows[:-1] > _BRIDGED + 1)
    begins = np.flatnonzero(np.concatenate(([True], apart)))
    ends = np.append(begins[1:], len(lines))
    return begins, ends - begins, windows[begins], windows[ends - 1]


def _longest(
    found: Floats, begins: Indices, count: Indices, first: Indices, last: Indices
) -> Floats:
    """Return how long a run in each group may be, from its first to its last window.

    A run holds windows about as strong as its strongest: those of the group's strongest, what went
    before them, or what comes once that is over.
    """
    windows, powers = found[1], found[3]
    peak = np.repeat(np.maximum.reduceat(powers, begins), count)
    strong = powers >= _FILLED_SHARE * peak
    rise = np.minimum.reduceat(np.where(strong, windows, np.inf), begins)
    fall = np.maximum.reduceat(np.where(strong, windows, -np.inf), begins)
    longest: Floats = np.maximum(fall - rise, rise - 1 - first)
    return np.maximum(longest, last - fall - _BRIDGED - 2)


def _by_line(found: Floats) -> dict[int, list[_Window]]:
    """Return what was found on each line, by lines from 0."""
    lines, numbers, sounds = found[:3].astype(np.intp)
    windows = list(zip(numbers.tolist(), sounds.tolist(), found[3].tolist(), strict=True))
    begins = [0, *(np.flatnonzero(lines[1:] != lines[:-1]) + 1).tolist()]
    return {int(lines[at]): windows[at:end] for at, end in pairwise([*begins, len(windows)])}

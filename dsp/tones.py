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
from dsp.frames import FRAME, GROUP, FrameBank, Frames, doubt
from dsp.tone_fit import Floats
from dsp.tone_plans import PLANS, PlanTone
from dsp.tone_sounds import BANDS_SHARE, FILLED, WEAKEST, WINDOW, Sounds, Windows, windowed

Samples = NDArray[np.int16]
Indices = NDArray[np.intp]
_Window = tuple[int, int, float]  # its number in the stream, its sound and the power of that

#: Samples gone through at once: numpy's own cost for each is shared by 320 ms.
CHUNK: Final = GROUP * FRAME
#: What is needed of the past then: the chunk, and frames of windows that began before it.
HISTORY: Final = CHUNK + (WINDOW - 1) * FRAME
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

    def __init__(self, sounds: int, window: int) -> None:
        self._first = self.last = window  # that the sound fills
        self._count = 0
        self._weights = [0.0] * sounds  # of each sound; part of a tone looks modulated, and is weak
        self._power = self._peak = 0.0
        self._head: list[tuple[int, float]] = []

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
        self._sounds = Sounds(lines, plans)
        self._cadences = [Cadence(n + 1, self._sounds.names) for n in range(lines)]
        self._runs: dict[int, _Run] = {}
        self._frames = FrameBank(lines, HISTORY)
        # Of the chunk's frames and those before it, at most: in the bands over the gate's share.
        self._over = np.zeros((lines, WINDOW - 1 + GROUP), np.float32)
        self._bands = np.zeros((lines, WINDOW - 1 + GROUP), np.float32)
        self._windows = Windows(lines, np.float32)
        self._busy = np.zeros(lines, np.bool_)  # lines with a run, or a tone that has its name
        self._until = np.full(lines, np.inf)  # when a line's patience ends
        self._early = np.zeros((4, 0))  # found on other lines, and may go on: as of Sounds.found
        self._waiting = 0  # frames of the chunk
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
        """Hear frames that another has read, with HISTORY on their tape, in the place of push."""
        begin = WINDOW - 1 + self._waiting
        self._waiting += frames.count
        now = slice(begin, begin + frames.count)
        off = doubt(frames.power)
        most = frames.bands + off
        self._windows.frames[:, now] = frames.progress.transpose(1, 2, 0)
        self._bands[:, now] = most
        self._over[:, now] = most - BANDS_SHARE * frames.power
        if self._waiting < GROUP:
            return []
        gate = (windowed(self._over) > 0) & (windowed(self._bands) > WEAKEST)
        gate = self._sounds.screen(self._windows, gate)
        for kept in (self._over, self._bands, self._windows.frames):
            kept[:, : WINDOW - 1] = kept[:, GROUP:]
        self._waiting = 0
        return self._go_through(frames.tape[:, -HISTORY:], gate)

    def end(self, line: int, now: int) -> list[Tone]:
        """End what sounds on a line: it has been hung up."""
        run = self._runs.pop(line - 1, None)
        self._early = self._early[:, self._early[0] != line - 1]
        cadence = self._cadences[line - 1]
        events = self._close(cadence, run, now) if run else []
        events += cadence.end(now)
        self._note(line - 1)
        return events

    def close(self) -> list[Tone]:
        """End the stream: the last 320 ms, at most, of a tone are not heard."""
        now = self._done * FRAME
        return [event for n in range(len(self._cadences)) for event in self.end(n + 1, now)]

    # ------------------------------------------------------------ a chunk

    def _go_through(self, tape: Samples, gate: NDArray[np.bool_]) -> list[Tone]:
        """Go through a chunk; gate is bool[lines, GROUP], the windows that may be of a sound."""
        found = self._sounds.found(tape, *self._worth_reading(*np.nonzero(gate)))
        found[1] += self._done
        self._done += GROUP
        heard = _by_line(self._of_bursts(found))
        due = self._done * FRAME > self._until
        due[self._early[0].astype(np.intp)] = False
        events: list[Tone] = []
        for n in sorted(heard.keys() | np.flatnonzero(self._busy | due).tolist()):
            events += self._listen(n, heard.get(n, []))
            self._note(n)
        return events

    def _note(self, n: int) -> None:
        """Note how a line is now."""
        self._busy[n] = n in self._runs or self._cadences[n].has_name
        self._until[n] = self._cadences[n].until

    def _worth_reading(self, lines: Indices, windows: Indices) -> tuple[Indices, Indices]:
        """Return the windows of a chunk that may be of a long enough burst, or of a busy line."""
        if not len(lines):
            return lines, windows
        begins, count, first, last = _groups(lines, windows)
        worth = self._busy[lines[begins]] | (last - first >= self._sounds.spans.min())
        worth |= (first <= _BRIDGED) | (last >= GROUP - 1 - _BRIDGED)
        kept = np.repeat(worth, count)
        return lines[kept], windows[kept]

    def _of_bursts(self, found: Floats) -> Floats:
        """Return what was found on busy lines, and where a burst is as long as one of a tone.

        Voices make many that are not. One that goes on is kept, until it is either.
        """
        found = np.concatenate((self._early, found), axis=1)
        found = found[:, found[0].argsort(kind="stable")]
        self._early = found[:, :0]
        if not found.size:
            return found
        lines = found[0].astype(np.intp)
        begins, count, first, last = _groups(lines, found[1])
        spans = self._sounds.spans[found[2].astype(np.intp)]
        heard = self._busy.copy()
        heard[lines[begins[last - first >= np.minimum.reduceat(spans, begins)]]] = True
        goes_on = np.repeat(last >= self._done - 1 - _BRIDGED, count)
        self._early = found[:, goes_on & ~heard[lines]]
        return found[:, heard[lines]]

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
        burst = run.burst()
        return events + (cadence.sounding(burst, now) if burst else [])

    def _close(self, cadence: Cadence, run: _Run, now: int) -> list[Tone]:
        burst = run.burst()
        return cadence.push(burst, now) if burst else []


def _groups(lines: Indices, windows: NDArray[Any]) -> tuple[Indices, ...]:
    """Return where each line's groups of windows begin, their counts, first and last windows.

    Between two groups a run is over.
    """
    apart = (lines[1:] != lines[:-1]) | (windows[1:] - windows[:-1] > _BRIDGED + 1)
    begins = np.flatnonzero(np.concatenate(([True], apart)))
    ends = np.append(begins[1:], len(lines))
    return begins, ends - begins, windows[begins], windows[ends - 1]


def _by_line(found: Floats) -> dict[int, list[_Window]]:
    """Return what was found on each line, by lines from 0."""
    lines, numbers, sounds = found[:3].astype(np.intp)
    windows = list(zip(numbers.tolist(), sounds.tolist(), found[3].tolist(), strict=True))
    begins = np.flatnonzero(np.diff(lines, prepend=-1)).tolist()
    return {int(lines[at]): windows[at:end] for at, end in pairwise([*begins, len(windows)])}

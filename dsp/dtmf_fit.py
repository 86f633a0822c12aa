"""A closer look at what may be a DTMF digit: where it begins and ends, and what is in it.

The last 96 ms are cut into windows of 12 ms every 4 ms, and in each the digit's two tones are
fitted together, at their nominal frequencies and with what lies below 500 Hz taken out. An off tone
turns in phase from window to window; the turn is its frequency error. An edge is where the
amplitude crosses one half:

    tone       ______##################______
    amplitude  ____.:|################|:.____    12 ms ramps: a window half inside reads 0.5
                     start            end

Source: ITU-T Q.23 (the frequencies).
"""

import cmath
import math
from operator import mul
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsp.tone_fit import Floats, exact, least_squares, low_band, orthonormal, tone_rows, without
from dsp.units import AUDIO_HZ, dbm0

Samples = NDArray[np.int16]
#: Start and end of a stretch, in samples from the beginning of the look.
Edges = tuple[float, float]

KEYS: Final = "123A456B789C*0#D"
ROWS_HZ: Final = (697.0, 770.0, 852.0, 941.0)
COLUMNS_HZ: Final = (1209.0, 1336.0, 1477.0, 1633.0)

WINDOW: Final = 96
STEP: Final = 32
LOOK: Final = 768
WINDOWS: Final = (LOOK - WINDOW) // STEP + 1
#: Amplitude, of the tone's own, at which a window is half inside it.
_EDGE: Final = 0.5
#: Newest windows among which the strongest is taken for the digit looked for: 44 ms.
_RECENT: Final = 9
#: A window within 1.5 ms of an edge still counts as inside.
_SLACK: Final = 12


class Stretch(NamedTuple):
    """A pair of tones between two edges.

    Attributes:
        start, end: samples from the beginning of the look; end is its last sample, 768, if the
            tones go on.
        deviation: of the low and of the high tone, as a ratio.
        turn: of each, radians a step against its nominal frequency.
        level: of each, dBm0.
        amplitude: of each, int16 steps, as the windows read it.
        residual, wobble, low: ratios of power, see dsp/dtmf_figures.py.
        low_power: below 500 Hz, of a window.
    """

    start: float
    end: float
    deviation: tuple[float, float]
    turn: tuple[float, float]
    level: tuple[float, float]
    amplitude: tuple[float, float]
    residual: float
    wobble: float
    low: float
    low_power: float

    @property
    def twist_db(self) -> float:
        """High tone over low tone."""
        return self.level[1] - self.level[0]


class Windows(NamedTuple):
    """What was read of a line for one digit: n windows, oldest first.

    Attributes:
        digit: index into KEYS.
        read: float[n, 4], the cosines of the low and of the high tone, and their sines.
        loud: of the low and of the high tone, each window's amplitude.
        caught: power explained by the two tones, a slope allowed to each; as `low` and `power`, a
            running total of whole numbers, from 0 before the first window.
        low: power below 500 Hz.
        power: all of it.
    """

    digit: int
    read: Floats
    loud: tuple[list[float], list[float]]
    caught: list[float]
    low: list[float]
    power: list[float]


class Look(NamedTuple):
    """WINDOWS windows that follow each other, `first` the oldest: one look for one digit."""

    windows: Windows
    first: int

    @property
    def digit(self) -> int:
        return self.windows.digit

    def strongest(self, since: float) -> tuple[float, float]:
        """Return the two amplitudes of the strongest of the newest windows, not before `since`."""
        first = max(WINDOWS - _RECENT, min(math.ceil(since / STEP), WINDOWS - 1))
        recent = slice(self.first + first, self.first + WINDOWS)
        lows, highs = (each[recent] for each in self.windows.loud)
        products = list(map(mul, lows, highs))
        at = products.index(max(products))
        return lows[at], highs[at]

    def edges(self, amplitude: tuple[float, float], since: float = 0.0) -> Edges | None:
        """Return where the newest tones of about this amplitude begin and end.

        Args:
            amplitude: of the low and the high tone.
            since: what lies before, in samples of the look, belongs to another digit.

        Returns:
            None when there are none, or fewer than two windows lie inside.
        """
        first = max(0, math.ceil(since / STEP))
        last = self._loud(range(WINDOWS - 1, first - 1, -1), amplitude)
        if last is None:
            return None
        before = self._quiet(range(last - 1, first - 1, -1), amplitude)
        begin = first if before is None else before + 1
        edges = self._start(begin, amplitude, since), self._end(last, amplitude)
        return edges if len(_inside(edges)) >= 2 else None

    def sounds(self, amplitude: tuple[float, float]) -> bool:
        """Say whether tones of about this amplitude are there at the very end."""
        return self._loud(range(WINDOWS - 1, WINDOWS), amplitude) is not None

    def residual(self, edges: Edges) -> float:
        """Return the share of power between two edges that the two tones do not explain."""
        inside = _inside(edges)
        caught = self._total(self.windows.caught, inside)
        rest = self._total(self.windows.power, inside) - self._total(self.windows.low, inside)
        return max(0.0, rest - caught) / caught if caught else math.inf

    def stretch(self, edges: Edges) -> Stretch | None:
        """Measure what lies between two edges; None if there is nothing."""
        inside = _inside(edges)
        caught = self._total(self.windows.caught, inside)
        low = self._total(self.windows.low, inside)
        low_tone, high_tone = map(_steady, self._tones(inside))
        if not (caught and low_tone.amplitude and high_tone.amplitude):
            return None
        row_hz, column_hz = ROWS_HZ[self.digit // 4], COLUMNS_HZ[self.digit % 4]
        return Stretch(
            start=edges[0],
            end=edges[1],
            deviation=(low_tone.error_hz / row_hz, high_tone.error_hz / column_hz),
            turn=(low_tone.turn, high_tone.turn),
            level=(low_tone.dbm0, high_tone.dbm0),
            amplitude=(low_tone.amplitude, high_tone.amplitude),
            residual=self.residual(edges),
            wobble=max(low_tone.wobble, high_tone.wobble),
            low=low / caught,
            low_power=low / len(inside),
        )

    def carries_on(self, gap: Edges, turn: tuple[float, float], within: float) -> bool:
        """Say whether the tones' phases after a gap are those before it, carried on.

        Args:
            gap: its edges, in samples of the look.
            turn: of the low and the high tone, radians a step.
            within: radians by which either may be off.
        """
        before = math.floor((gap[0] + _SLACK - WINDOW) / STEP)
        after = math.ceil((gap[1] - _SLACK) / STEP)
        if not 0 <= before < after < WINDOWS:
            return False
        both = self._tones(range(before, after + 1, after - before))
        for (old, new), each in zip(both, turn, strict=True):
            turned = new * old.conjugate() * cmath.rect(1, -each * (after - before))
            if abs(cmath.phase(turned)) >= within:
                return False
        return True

    def _loud(self, windows: range, amplitude: tuple[float, float]) -> int | None:
        """Return the first of some windows that is half inside tones of this amplitude."""
        lows, highs = self.windows.loud
        low, high, first = amplitude[0] * _EDGE, amplitude[1] * _EDGE, self.first
        if not (low and high):
            return None
        for k in windows:
            if lows[first + k] >= low and highs[first + k] >= high:
                return k
        return None

    def _quiet(self, windows: range, amplitude: tuple[float, float]) -> int | None:
        """Return the first of some windows that is not."""
        lows, highs = self.windows.loud
        low, high, first = amplitude[0] * _EDGE, amplitude[1] * _EDGE, self.first
        for k in windows:
            if lows[first + k] < low or highs[first + k] < high:
                return k
        return None

    def _likeness(self, window: int, amplitude: tuple[float, float]) -> float:
        """Return a window's amplitude, of the weaker tone, over the given."""
        lows, highs = self.windows.loud
        at = self.first + window
        return min(lows[at] / amplitude[0], highs[at] / amplitude[1])

    def _start(self, begin: int, amplitude: tuple[float, float], since: float) -> float:
        after = self._likeness(begin, amplitude)
        if begin == 0 or (begin - 1) * STEP < since:
            return max(since, begin * STEP + WINDOW * (1 - min(1.0, after)))
        before = self._likeness(begin - 1, amplitude)
        return (begin - (after - _EDGE) / (after - before)) * STEP + WINDOW / 2

    def _end(self, last: int, amplitude: tuple[float, float]) -> float:
        before = self._likeness(last, amplitude)
        if last == WINDOWS - 1:
            return last * STEP + WINDOW * min(1.0, before)
        after = self._likeness(last + 1, amplitude)
        return (last + (before - _EDGE) / (before - after)) * STEP + WINDOW / 2

    def _total(self, running: list[float], inside: range) -> float:
        return running[self.first + inside.stop] - running[self.first + inside.start]

    def _tones(self, windows: range) -> tuple[list[complex], list[complex]]:
        """Return amplitude and phase, the nominal turn taken out, of the low and the high tone."""
        lows, highs = _UNTURN[self.digit]
        at = slice(self.first + windows.start, self.first + windows.stop, windows.step)
        read = list(zip(windows, self.windows.read[at].tolist(), strict=True))
        return (
            [complex(low, -sine) * lows[k] for k, (low, _, sine, _) in read],
            [complex(high, -sine) * highs[k] for k, (_, high, _, sine) in read],
        )


class _Steady(NamedTuple):
    """The one amplitude and turn that come nearest to a tone's windows."""

    turn: float
    amplitude: float
    wobble: float

    @property
    def error_hz(self) -> float:
        return self.turn * AUDIO_HZ / (2 * math.pi * STEP)

    @property
    def dbm0(self) -> float:
        # A window fitted at the nominal frequency reads an off tone too low by sin(x) / x.
        x = self.turn * WINDOW / STEP / 2
        return dbm0((self.amplitude * (x / math.sin(x) if x else 1.0)) ** 2 / 2)


def _steady(tone: list[complex]) -> _Steady:
    back = [each.conjugate() for each in tone]
    turn = cmath.phase(sum(map(mul, tone[1:], back)))
    unturn, total = cmath.rect(1, -turn), 0j
    for each in reversed(tone):
        total = total * unturn + each
    power = sum(map(mul, tone, back)).real
    wobble = 1 - abs(total) ** 2 / (len(tone) * power) if power else 1.0
    return _Steady(turn, abs(total) / len(tone), wobble)


def _inside(edges: Edges) -> range:
    first = max(0, math.ceil((edges[0] - _SLACK) / STEP))
    last = min(WINDOWS - 1, math.floor((edges[1] + _SLACK - WINDOW) / STEP))
    return range(first, last + 1)


def read(audio: Samples, digits: list[int]) -> list[Windows]:
    """Read windows of several lines, each for one digit.

    Args:
        audio: int16[n, m * STEP], of n lines.
        digits: n indices into KEYS.
    """
    blocks = audio.reshape(len(audio), -1, STEP).astype(np.float64)
    windows = np.concatenate((blocks[:, :-2], blocks[:, 1:-1], blocks[:, 2:]), axis=2)
    read = windows @ _FIT[digits]
    squares = np.rint(read[:, :, 4:])  # whole numbers: exact whatever the order they are added in
    squares *= squares
    energy = np.einsum("nkw,nkw->nk", blocks, blocks)
    pair = read[:, :, :4]
    tones = pair * pair
    loud = np.sqrt(tones[:, :, :2] + tones[:, :, 2:]).transpose(0, 2, 1).tolist()
    totals = np.zeros((len(audio), read.shape[1] + 1, 3))
    totals[:, 1:, :2] = squares @ _ADDING
    totals[:, 1:, 2] = energy[:, :-2] + energy[:, 1:-1] + energy[:, 2:]
    running = np.add.accumulate(totals, axis=1).transpose(2, 0, 1).tolist()
    return [
        Windows(digit, pair[n], (loud[n][0], loud[n][1]), *(total[n] for total in running))
        for n, digit in enumerate(digits)
    ]


def powers_of(audio: Samples) -> tuple[list[float], list[float]]:
    """Return the power below and above 500 Hz of each 12 ms.

    Args:
        audio: int16[n * 96].
    """
    windows = audio.reshape(-1, WINDOW).astype(np.float64)
    read = np.rint(windows @ _LOW.T)
    low = (read * read).sum(axis=1)
    above = (windows * windows).sum(axis=1) - low
    return low.tolist(), above.tolist()


def _digit_rows(digit: int) -> Floats:
    """Return what reads a window, a row in each column: float[WINDOW, rows].

    The rows: the cosines of the two tones, their sines; these with slopes, orthonormal; the low
    band.
    """
    freqs_hz = ROWS_HZ[digit // 4], COLUMNS_HZ[digit % 4]
    below = low_band(WINDOW)
    pair = without(tone_rows(WINDOW, freqs_hz), below)
    sloped = without(tone_rows(WINDOW, freqs_hz, slopes=True), below)
    return exact(np.vstack([least_squares(pair), orthonormal(sloped), below])).T.copy()


#: By digits: float[16, WINDOW, rows].
_FIT: Final = np.stack([_digit_rows(digit) for digit in range(len(KEYS))])
#: Adds up the rows of the tones with their slopes, and those of the low band.
_ADDING: Final = np.repeat(np.eye(2), (8, _FIT.shape[2] - 12), axis=0)
_LOW: Final = exact(low_band(WINDOW))
#: Each window's turn of a digit's nominal frequencies, back.
_UNTURN: Final[list[list[list[complex]]]] = [
    [
        np.exp(-2j * np.pi * hz * np.arange(WINDOWS) * STEP / AUDIO_HZ).tolist()
        for hz in (ROWS_HZ[digit // 4], COLUMNS_HZ[digit % 4])
    ]
    for digit in range(len(KEYS))
]

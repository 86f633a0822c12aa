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
from dataclasses import dataclass
from operator import mul
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Stretch:
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


@dataclass(frozen=True, slots=True)
class Look:
    """The windows of one look for one digit, oldest first.

    Attributes:
        digit: index into KEYS.
        read: of each window, the cosines of the low and of the high tone, and their sines.
        loud: of the low and of the high tone, each window's amplitude.
        caught: power explained by the two tones, a slope allowed to each.
        low: power below 500 Hz.
        power: all of it.
    """

    digit: int
    read: list[list[float]]
    loud: tuple[list[float], list[float]]
    caught: list[float]
    low: list[float]
    power: list[float]

    def likeness(self, amplitude: tuple[float, float]) -> list[float]:
        """Return each window's amplitude, of the weaker tone, over the given."""
        low, high = amplitude
        if not (low and high):
            return [0.0] * WINDOWS
        return [min(a / low, b / high) for a, b in zip(*self.loud, strict=True)]

    def strongest(self, since: float) -> tuple[float, float]:
        """Return the two amplitudes of the strongest of the newest windows, not before `since`."""
        first = max(WINDOWS - _RECENT, min(math.ceil(since / STEP), WINDOWS - 1))
        recent = zip(self.loud[0][first:], self.loud[1][first:], strict=True)
        return max(recent, key=lambda pair: pair[0] * pair[1])

    def edges(self, amplitude: tuple[float, float], since: float = 0.0) -> Edges | None:
        """Return where the newest tones of about this amplitude begin and end.

        Args:
            amplitude: of the low and the high tone.
            since: what lies before, in samples of the look, belongs to another digit.

        Returns:
            None when there are none, or fewer than two windows lie inside.
        """
        first = max(0, math.ceil(since / STEP))
        like = self.likeness(amplitude)
        last = next((k for k in range(WINDOWS - 1, first - 1, -1) if like[k] >= _EDGE), None)
        if last is None:
            return None
        begin = last
        while begin > first and like[begin - 1] >= _EDGE:
            begin -= 1
        edges = _start(like, begin, since), _end(like, last)
        return edges if len(_inside(edges)) >= 2 else None

    def sounds(self, amplitude: tuple[float, float]) -> bool:
        """Say whether tones of about this amplitude are there at the very end."""
        return self.likeness(amplitude)[-1] >= _EDGE

    def residual(self, edges: Edges) -> float:
        """Return the share of power between two edges that the two tones do not explain."""
        inside = _inside(edges)
        first, end = inside.start, inside.stop
        caught = sum(self.caught[first:end])
        rest = sum(self.power[first:end]) - sum(self.low[first:end]) - caught
        return max(0.0, rest) / caught if caught else math.inf

    def stretch(self, edges: Edges) -> Stretch | None:
        """Measure what lies between two edges; None if there is nothing."""
        inside = _inside(edges)
        caught, low = (sum(each[inside.start : inside.stop]) for each in (self.caught, self.low))
        low_tone, high_tone = (_steady(self._tone(which, inside)) for which in (0, 1))
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
        for which, each in enumerate(turn):
            old, new = self._tone(which, range(before, after + 1, after - before))
            turned = new * old.conjugate() * cmath.rect(1, -each * (after - before))
            if abs(cmath.phase(turned)) >= within:
                return False
        return True

    def _tone(self, which: int, windows: range) -> list[complex]:
        """Return amplitude and phase, the nominal turn taken out, of the low or the high tone."""
        read, turn = self.read, _UNTURN[self.digit][which]
        return [complex(read[k][which], -read[k][2 + which]) * turn[k] for k in windows]


@dataclass(frozen=True, slots=True)
class _Steady:
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


def _start(like: list[float], begin: int, since: float) -> float:
    if begin == 0 or (begin - 1) * STEP < since:
        return max(since, begin * STEP + WINDOW * (1 - min(1.0, like[begin])))
    before, after = like[begin - 1], like[begin]
    return (begin - (after - _EDGE) / (after - before)) * STEP + WINDOW / 2


def _end(like: list[float], last: int) -> float:
    if last == WINDOWS - 1:
        return last * STEP + WINDOW * min(1.0, like[last])
    before, after = like[last], like[last + 1]
    return (last + (before - _EDGE) / (before - after)) * STEP + WINDOW / 2


def look(audio: Samples, digits: list[int]) -> list[Look]:
    """Look at several lines at once, each for one digit.

    Args:
        audio: int16[n, 768], what was last heard on n lines.
        digits: n indices into KEYS.
    """
    blocks = audio.reshape(-1, LOOK // STEP, STEP).astype(np.float64)
    thirds = blocks @ _FIT[digits]  # each block as the first, second and last third of a window
    read = thirds[:, :-2, :_ROWS] + thirds[:, 1:-1, _ROWS:-_ROWS] + thirds[:, 2:, -_ROWS:]
    squares = np.rint(read[:, :, 4:])  # whole numbers: exact whatever the order they are added in
    squares *= squares
    energy = np.einsum("nkw,nkw->nk", blocks, blocks)
    pair = read[:, :, :4]
    tones = pair * pair
    loud = np.sqrt(tones[:, :, :2] + tones[:, :, 2:]).transpose(0, 2, 1).tolist()
    caught, low = squares[:, :, :8].sum(axis=2).tolist(), squares[:, :, 8:].sum(axis=2).tolist()
    power = (energy[:, :-2] + energy[:, 1:-1] + energy[:, 2:]).tolist()
    pairs = pair.tolist()
    return [
        Look(digit, pairs[n], (loud[n][0], loud[n][1]), caught[n], low[n], power[n])
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
    """Return what reads a window, a third after the other: float[STEP, 3 * _ROWS].

    The rows: the cosines of the two tones, their sines; these with slopes, orthonormal; the low
    band.
    """
    freqs_hz = ROWS_HZ[digit // 4], COLUMNS_HZ[digit % 4]
    below = low_band(WINDOW)
    pair = without(tone_rows(WINDOW, freqs_hz), below)
    sloped = without(tone_rows(WINDOW, freqs_hz, slopes=True), below)
    rows = exact(np.vstack([least_squares(pair), orthonormal(sloped), below]))
    return np.hstack(np.split(rows.T, WINDOW // STEP))


_FIT: Final = np.array([_digit_rows(digit) for digit in range(len(KEYS))])
_ROWS: Final = _FIT.shape[2] // (WINDOW // STEP)
_LOW: Final = exact(low_band(WINDOW))
#: Each window's turn of a digit's nominal frequencies, back.
_UNTURN: Final[list[list[list[complex]]]] = [
    [
        np.exp(-2j * np.pi * hz * np.arange(WINDOWS) * STEP / AUDIO_HZ).tolist()
        for hz in (ROWS_HZ[digit // 4], COLUMNS_HZ[digit % 4])
    ]
    for digit in range(len(KEYS))
]

"""The sounds that call-progress tones are made of, and what of a window each of them holds.

A window is four frames, 64 ms, of twelve coefficients each (dsp/frames.py). With a tone of one
frequency, anywhere within 1.65 %, it lies in four dimensions; modulated, or of two, in twelve.

    windows    |0   |1   |2   |3   |4   |5   |6   ...       one each frame
    screen      #              #              #             every third: of three running it has one
    exact       #    #    #    #                            those beside one that may be of a sound

The screen is of rough coefficients. What may be of a sound is read again in whole numbers
(dsp/tone_fit.py), and that alone decides.
"""

import math
from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dsp.cadence import names_of
from dsp.frames import FRAME, GROUP, PROGRESS_HZ, Rough, progress_of, progress_rows
from dsp.tone_fit import Floats, exact, tone_rows
from dsp.tone_plans import PlanTone
from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0

Samples = NDArray[np.int16]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
_Sound = tuple[tuple[float, ...], tuple[float, float]]  # frequencies and modulation

#: Frames fitted together: 64 ms tell 400 Hz from 425 and hold a beat of 440 and 480 Hz.
WINDOW: Final = 4
#: Of a window that the sound does not fill, so many of its 512 samples are of it, as measured.
FILLED: Final = 300
#: Share of all power that the tones' bands must hold: 0.8 with noise 10 dB below a modulated tone.
BANDS_SHARE: Final = 0.5
#: The weakest window: a modulated tone of -35 dBm0, in half of it, 3 dB to spare.
WEAKEST: Final = POWER_AT_0_DBM0 * FRAME * WINDOW * 10 ** (-45 / 10)
#: A tone off by 1.5 % must be heard; a little more, to lose none of it at the limit.
_OFF_BY: Final = 0.0165
#: Dimensions of one tone so far off in 64 ms; of a modulated one, or of two tones.
_DIMS: Final = 4
_WIDE_DIMS: Final = 12
#: Share of the bands' power that a sound must hold, half a window of it included: one tone, and
#: more.
_SOUND_SHARE: Final = 0.74
_WIDE_SHARE: Final = 0.8
#: A sound with more dimensions explains more of anything: it must hold so much more than others.
_HANDICAP: Final = 0.08
#: Share that a pair loses if either of its tones is left out of the fit: 10 dB of difference.
_PART_SHARE: Final = 0.08
#: Every third window, and the last, of which it is not known what follows.
_THIRDS: Final = np.arange(GROUP) % 3 == 0
_THIRDS[-1] = True
_OF_WINDOW: Final = np.arange(WINDOW)[:, np.newaxis]
#: By how much a rough share of a sound may be too low: the exact one of the weakest window is of
#: numbers rounded by 1/2 twice, 0.6 % of it; float32 adds less than 0.02 %.
_FIT_DOUBT: Final = 0.01


class Sounds:
    """The sounds of the armed plans, whatever their cadence."""

    def __init__(self, plans: Sequence[PlanTone]) -> None:
        """Prepare to tell them apart."""
        tones: dict[_Sound, list[PlanTone]] = {}
        for tone in plans:
            _check(tone)
            tones.setdefault((tone.freqs_hz, tone.am_hz), []).append(tone)
        self.count = len(tones)
        self.names = [names_of(rows) for rows in tones.values()]
        #: Of each, from the first to the last window of the shortest burst of a tone; and of
        #: the shortest tone without pause.
        self.spans = [_span(min(names.shortest_s, names.steady_s)) for names in self.names]
        self.steady_spans = [_span(names.steady_s) for names in self.names]
        parts = sorted({hz for freqs_hz, _ in tones if len(freqs_hz) > 1 for hz in freqs_hz})
        self._pairs = [
            (sound, [self.count + parts.index(hz) for hz in freqs_hz])
            for sound, (freqs_hz, _) in enumerate(tones)
            if len(freqs_hz) > 1
        ]
        spaces = [_space(*sound) for sound in [*tones, *(((hz,), (0.0, 0.0)) for hz in parts)]]
        dims = [len(space) for space in spaces]
        self._rows = exact(np.vstack(spaces))
        self._adding = np.repeat(np.eye(len(spaces)), dims, axis=1)
        own = slice(sum(dims[: self.count]))
        # Of rough windows the coefficients come row by row, not frame by frame.
        rough = self._rows[own].reshape(-1, WINDOW, len(progress_rows())).transpose(0, 2, 1)
        self._rough = rough.reshape(-1, self._rows.shape[1]).astype(np.float32)
        self._rough_adding = self._adding[: self.count, own].astype(np.float32)
        wide = np.array(dims[: self.count]) > _DIMS
        self._handicap = _HANDICAP * wide[:, np.newaxis]
        self._least = np.where(wide, _WIDE_SHARE, _SOUND_SHARE)
        self._least_rough = (self._least - _FIT_DOUBT).astype(np.float32)[:, np.newaxis]

    def screen(self, rough: Rough, gate: Flags) -> Flags:
        """Return, of the windows that may be of a sound, those that still may be.

        Args:
            rough: float[12, lines, WINDOW - 1 + GROUP], the frames' coefficients.
            gate: bool[lines, GROUP].
        """
        gate = in_threes(gate)
        thirds = np.nonzero(gate & _THIRDS)
        if len(thirds[0]):
            lines, windows = thirds
            each = rough[:, lines, windows + _OF_WINDOW].reshape(-1, len(lines))
            read = self._rough @ each
            read *= read
            held = self._rough_adding @ read
            bands = np.einsum("wn,wn->n", each, each)
            gate[thirds] = (held > self._least_rough * bands).any(axis=0)
            gate = in_threes(gate)
        return gate

    def found(self, tape: Samples, lines: Indices, windows: Indices) -> Floats:
        """Return the windows that are of a sound, with others of it before and after.

        Args:
            tape: int16[n, FRAME * (WINDOW - 1 + GROUP)], of n lines.
            lines, windows: both from 0, in this order; all that may be.

        Returns:
            float[4, n], the line from 0, window from 0, sound and its power, of each.
        """
        coefficients, power = self._read(tape, lines, windows)
        bands = np.einsum("nw,nw->n", coefficients, coefficients)
        read = np.rint(self._rows @ coefficients.T)
        read *= read
        held = self._adding @ read  # of whole numbers: exact, in any order
        shares = held / np.maximum(bands, 1.0)
        for pair, parts in self._pairs:
            shares[pair] *= shares[pair] - shares[parts].max(axis=0) >= _PART_SHARE
        sounds = (shares[: self.count] - self._handicap).argmax(axis=0)
        at = np.arange(len(lines))
        good = (bands > WEAKEST) & (bands > BANDS_SHARE * power)
        good &= shares[sounds, at] > self._least[sounds]
        sure = np.zeros((len(tape), GROUP), np.bool_)
        sure[lines[good], windows[good]] = True
        good = in_threes(sure)[lines, windows]
        return np.stack((lines, windows, sounds, held[sounds, at]))[:, good]

    def _read(self, tape: Samples, lines: Indices, windows: Indices) -> tuple[Floats, Floats]:
        """Read windows exactly, each of their frames once: float[n, 48], and their power."""
        frames = tape.reshape(len(tape), -1, FRAME)
        needed = np.zeros(frames.shape[:2], np.bool_)
        for later in range(WINDOW):
            needed[lines, windows + later] = True
        read, power = progress_of(frames[needed])
        at = (np.cumsum(needed) - 1).reshape(needed.shape)[lines, windows]
        of = at[:, np.newaxis] + np.arange(WINDOW)  # a window's frames follow each other
        return read[of].reshape(len(lines), -1), power[of].sum(axis=1)


def _check(tone: PlanTone) -> None:
    for hz in tone.freqs_hz:
        if not any(low <= hz <= high for low, high in PROGRESS_HZ):
            raise ValueError(f"{tone.plan} {tone.name}: {hz:g} Hz is not in {PROGRESS_HZ}")


def _space(freqs_hz: tuple[float, ...], am_hz: tuple[float, float]) -> Floats:
    """Return orthonormal rows that span a sound as it may be: float[dims, 48], as of a window."""
    offs = np.linspace(1 - _OFF_BY, 1 + _OFF_BY, 9)
    beside = np.linspace(-am_hz[1], am_hz[1], 9) if any(am_hz) else [0.0]
    as_heard = [hz * off + am for hz, off, am in product(freqs_hz, offs, beside)]
    tones = tone_rows(WINDOW * FRAME, tuple(as_heard)).reshape(-1, WINDOW, FRAME)
    read = np.einsum("rf,twf->twr", progress_rows(), tones).reshape(len(tones), -1)
    dims = _DIMS if len(freqs_hz) == 1 and not any(am_hz) else _WIDE_DIMS
    spanning: Floats = np.linalg.svd(read, full_matrices=False)[2][:dims]
    return spanning


def _span(seconds: float) -> int:
    return WINDOW + math.ceil((seconds * AUDIO_HZ - 2 * FILLED) / FRAME)


def in_threes(good: Flags) -> Flags:
    """Return which windows are one of three good ones running; beyond the chunk all are good."""
    grid = np.ones((len(good), good.shape[1] + 4), np.bool_)
    grid[:, 2:-2] = good
    threes = grid[:, :-2] & grid[:, 1:-1] & grid[:, 2:]
    kept: Flags = threes[:, :-2] | threes[:, 1:-1] | threes[:, 2:]
    return kept


def windowed(power: NDArray[Any]) -> NDArray[Any]:
    """Return the sum of every WINDOW frames running: float[lines, GROUP]."""
    total: NDArray[Any] = power[:, :-3] + power[:, 1:-2] + power[:, 2:-1] + power[:, 3:]
    return total

"""Ringing as least squares sees it: a sine on a constant, and the moment when the constant steps.

A ring is so much stronger than anything else on a line that a few cycles give its frequency to a
tenth of a hertz, and the instant at which a handset is lifted under it to some milliseconds.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import hypot

import numpy as np
from numpy.typing import NDArray

from dsp.trace import FRAME, Volts
from dsp.units import VOLT_HZ

#: Frequencies fitted: ringing is 15..70 Hz, with room beyond for the peak to show.
STEP_HZ = 0.25
FREQS_HZ = np.arange(12.0, 78.0, STEP_HZ)
#: Part of a cycle that a stretch must hold: a sine would fit any less.
LEAST_CYCLE = 0.4
#: A step must leave at most this share of the error that there is without.
WORTH_IT = 0.5
#: What a ring cut at once leaves behind while the loop settles, in samples, is no step under it.
SETTLING = 10


@dataclass(frozen=True, slots=True)
class Sine:
    """The best sine through a stretch of voltage.

    Attributes:
        mean_v: the constant below it.
        share: of the power beside the mean, explained by the sine.
    """

    freq_hz: float
    peak_v: float
    mean_v: float
    share: float


@lru_cache(maxsize=16)
def _bases(n: int) -> NDArray[np.float64]:
    """Return orthonormal bases of (constant, cosine, sine): float[freqs, 3, n]."""
    columns = np.stack([_columns(n, f) for f in FREQS_HZ])
    return np.ascontiguousarray(np.linalg.qr(columns)[0].transpose(0, 2, 1))


def _columns(n: int, freq_hz: float) -> NDArray[np.float64]:
    """Return constant, cosine and sine: float[n, 3]."""
    turns = 2 * np.pi * freq_hz / VOLT_HZ * np.arange(n)
    return np.stack((np.ones(n), np.cos(turns), np.sin(turns)), axis=-1)


def fit_sine(volts: Volts) -> Sine:
    """Fit a constant and a sine of 12..78 Hz, by least squares at each of FREQS_HZ.

    Args:
        volts: float[n], n at least FRAME; its latest samples are used, in whole frames.
    """
    volts = volts[len(volts) % FRAME :]
    n = len(volts)
    bases = _bases(n)
    mean = float(volts.mean())
    waves = bases @ (volts - mean)
    explained = np.einsum("fk,fk->f", waves, waves)
    best = int(np.clip(np.argmax(explained), 1, len(FREQS_HZ) - 2))
    left, top, right = explained[best - 1 : best + 2]
    bend = left - 2 * top + right
    shift = float(np.clip(0.5 * (left - right) / bend, -1, 1)) if bend < 0 else 0.0
    freq_hz = float(FREQS_HZ[best]) + shift * STEP_HZ
    constant, cosine, sine = np.linalg.lstsq(_columns(n, freq_hz), volts)[0].tolist()
    total = float(np.sum((volts - mean) ** 2))
    return Sine(
        freq_hz=freq_hz,
        peak_v=hypot(cosine, sine),
        mean_v=constant,
        share=float(top) / total if total > 0 else 0.0,
    )


def step_under_sine(volts: Volts, freq_hz: float, before_v: float, after_v: float) -> int | None:
    """Find where, under a sine that goes on, the constant stepped from one known value to another.

    Before and after the step the sine has an amplitude and phase of its own: lifting a handset
    loads the ring too. The split with the least error is taken, if it is much less than without.

    Args:
        volts: float[n], ringing throughout.

    Returns:
        Index of the first sample after the step, or None if there is no step.
    """
    n = len(volts)
    least = round(LEAST_CYCLE * VOLT_HZ / freq_hz)
    if n < 3 * least:
        return None
    waves = _columns(n, freq_hz)[:, 1:]
    before = _errors(waves, volts - before_v)
    after = _errors(waves[::-1], volts[::-1] - after_v)[::-1]
    at = np.arange(least, n - least)
    split = before[at - 1] + after[at]
    best = int(np.argmin(split))
    without = before[-1 - min(SETTLING, least)]
    return int(at[best]) if split[best] < WORTH_IT * without else None


def _errors(waves: NDArray[np.float64], volts: Volts) -> NDArray[np.float64]:
    """Return the squared error that the best wave leaves of the first 1, 2, ... n samples."""
    squares = np.cumsum(waves[:, :, None] * waves[:, None, :], axis=0) + 1e-6 * np.eye(2)
    mixed = np.cumsum(waves * volts[:, None], axis=0)
    solved = np.linalg.solve(squares, mixed[:, :, None])[:, :, 0]
    left: NDArray[np.float64] = np.cumsum(volts**2) - np.einsum("nk,nk->n", mixed, solved)
    return left

"""Tones fitted in short windows by one matrix product, without rounding error.

A row of a fit is a vector w; the coefficient of a window x is w @ x. Rows are whole multiples of
2**-20 and samples are int16, so every product and every partial sum is exact in a float64: the
same number whatever the library, the processor or the shape of the product. That is why events
depend neither on how a stream is cut nor on how many lines are pushed.

What lies below LOW_BAND_HZ (dial tone, ring-back, mains hum) is taken out of the fit, not filtered:
the rows are made orthogonal to all that a window of that length can hold there. One IIR biquad
over 32 lines costs more than the whole fit.

Source: D. Slepian, "Prolate spheroidal wave functions V: the discrete case", Bell Syst. Tech. J.
57 (1978), 1371-1430: the basis of a short window's low band.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.units import AUDIO_HZ

Floats = NDArray[np.float64]

#: Above every dial tone's 480 Hz, below the lowest DTMF tone less 3.5 %, 673 Hz.
LOW_BAND_HZ: Final = 500.0
_ROUNDING: Final = 2.0**20


def exact(rows: Floats) -> Floats:
    """Return rows, none above 1, whose products with up to 2**16 int16 samples are exact."""
    return np.rint(rows * _ROUNDING) / _ROUNDING


def low_band(length: int) -> Floats:
    """Return the directions of 0..500 Hz in a window.

    Returns:
        float[dims, length], orthonormal. Of a tone up to 480 Hz at most 0.3 % of the energy lies
        outside them; of a tone from 676 Hz at least 93 %.
    """
    lag = np.subtract.outer(np.arange(length), np.arange(length))
    width = 2 * LOW_BAND_HZ / AUDIO_HZ
    _, vectors = np.linalg.eigh(width * np.sinc(width * lag))
    return vectors.T[::-1][: round(width * length) + 2].copy()


def band(directions: Floats, low_hz: float, high_hz: float) -> Floats:
    """Return directions that span the same, those first that hold most of a band.

    Args:
        directions: float[dims, length], orthonormal.

    Returns:
        float[dims, length], orthonormal.
    """
    length = directions.shape[1]
    lag = np.subtract.outer(np.arange(length), np.arange(length))
    high, low = 2 * high_hz / AUDIO_HZ, 2 * low_hz / AUDIO_HZ
    inside = high * np.sinc(high * lag) - low * np.sinc(low * lag)
    _, vectors = np.linalg.eigh(directions @ inside @ directions.T)
    return vectors.T[::-1] @ directions


def tone_rows(length: int, freqs_hz: tuple[float, ...], *, slopes: bool = False) -> Floats:
    """Return cosines, then sines, about the window's middle.

    Args:
        slopes: add each of them times the time, which catches a tone a little off its frequency,
            or one that begins or ends in the window.
    """
    time = np.arange(length) - (length - 1) / 2
    angle = 2 * np.pi * np.outer(freqs_hz, time) / AUDIO_HZ
    rows = np.vstack([np.cos(angle), np.sin(angle)])
    return np.vstack([rows, rows * (2 * time / length)]) if slopes else rows


def without(rows: Floats, directions: Floats) -> Floats:
    """Return the rows less what lies along orthonormal directions."""
    return rows - rows @ directions.T @ directions


def orthonormal(rows: Floats) -> Floats:
    """Return orthonormal rows that span the same."""
    spanning: Floats = np.linalg.qr(rows.T)[0].T
    return spanning


def least_squares(rows: Floats) -> Floats:
    """Return rows that read each one's amplitude when all are fitted at once."""
    return np.linalg.solve(rows @ rows.T, rows).astype(np.float64)

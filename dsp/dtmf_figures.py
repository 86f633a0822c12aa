"""What counts as a DTMF digit: the figures, and the doubt that a stretch of tone leaves.

Digits on bad lines are bad in one way; speech and music that come near a digit are a little wrong
in every way. So all that is wrong is added up, each part in units of what it may be alone, and a
stretch is a digit while the sum, its doubt, is below 1:

    residual     power above 500 Hz that the two tones do not explain, per their power
    wobble       share of the tones' power that no steady amplitude and frequency explains
    deviation    frequency error, squared
    twist        dB beyond what Q.24 asks to be accepted
    low band     power below 500 Hz, per the tones' power: a voice has its fundamental there

The low band is excused when it was there before the digit, as strong and alone: a dial tone, hum.

Measured on the prompts of six voices, at natural speed (2.73 h) and at seven speeds from 0.8 to
1.25 (19.3 h), the least doubt of any speech is 1.15.

Source: ITU-T Q.24 annex A, table A-1 (limits of AT&T and NTT); MT8870D data sheet (third tone
16 dB, noise 12 dB below); TIA-464 (echo). The rest are bench values.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.dtmf_fit import WINDOW, Stretch, powers_of
from dsp.units import AUDIO_HZ

Samples = NDArray[np.int16]

_MS: Final = AUDIO_HZ / 1000
#: Samples before a digit in which a dial tone is looked for: 192 ms, less than anybody waits.
BEFORE: Final = 16 * WINDOW


@dataclass(frozen=True, slots=True)
class DtmfFigures:
    """Lengths are in samples; pairs are of the low and the high tone, or of least and most.

    Attributes:
        shortest: Q.24: 40 ms must operate; 23 (AT&T) and 24 ms (NTT) must not.
        newest: the last part of a longer stretch, enough by itself when the rest is spoilt.
        pause: silence that ends a digit. Q.24: 40 (AT&T) and 30 ms (NTT) must.
        bridged: gaps up to this belong to the digit if after it the phases are within so many
            radians of the old ones carried on. Q.24: an interruption of 10 ms must not split a
            digit; an echo 10 dB down makes it read 3 ms longer and turns a phase by 0.3 each side.
        longest: a digit that has sounded for so long is reported while it still sounds.
        echo: the same digit, at once, at most of this amplitude, is its echo. TIA-464: 10 dB down.
        weakest_dbm0: of the weaker tone. Q.24: -25 must operate, -55 must not (AT&T).
        twist_db: high tone over low; nothing beyond is a digit.
        free_twist_db: Q.24: must operate (AT&T; NTT 5 dB either way).
        twist_doubt: for each dB beyond the free twist; an echo 10 dB down can add 6 dB.
        deviation: frequency error that raises a doubt of 1. Q.24: 1.5 (AT&T) and 1.8 % (NTT) must
            operate, 3.5 % must not.
        residual: raises a doubt of 1; 12 dB of noise and six of clipping make 0.1.
        wobble: raises a doubt of 1; an echo 10 dB down makes 0.026.
        low: raises a doubt of 1; a chord of three equal notes, one of them low, makes 0.53.
        steady: powers within this ratio are alike.
        steady_low: a dial tone is excused up to this; 12 dB over the digit makes 17.
        alone: power above 500 Hz, per that below, in the 24 ms before a digit over a dial tone.
    """

    shortest: float = 24.5 * _MS
    newest: float = 28 * _MS
    pause: float = 22 * _MS
    bridged: tuple[tuple[float, float], ...] = ((14 * _MS, 1.0), (17 * _MS, 0.4))
    longest: float = 2000 * _MS
    echo: float = 0.4
    weakest_dbm0: float = -42.5
    twist_db: tuple[float, float] = (-12.0, 7.5)
    free_twist_db: tuple[float, float] = (-8.0, 4.0)
    twist_doubt: float = 0.1
    deviation: tuple[float, float] = (0.0335, 0.029)
    residual: float = 0.34
    wobble: float = 0.038
    low: float = 0.56
    steady: float = 1.6
    steady_low: float = 28.0
    alone: float = 0.35


DTMF: Final = DtmfFigures()


def doubt(found: Stretch, before: Samples, figures: DtmfFigures = DTMF) -> float:
    """Return how unlike a digit a stretch is; from 1 it is none.

    Args:
        before: int16[BEFORE], what was heard up to its start.
    """
    least, most = figures.twist_db
    if not least <= found.twist_db <= most or min(found.level) < figures.weakest_dbm0:
        return float("inf")
    quiet, loud = figures.free_twist_db
    tones = (
        found.residual / figures.residual
        + found.wobble / figures.wobble
        + (found.deviation[0] / figures.deviation[0]) ** 2
        + (found.deviation[1] / figures.deviation[1]) ** 2
        + figures.twist_doubt * max(0.0, quiet - found.twist_db, found.twist_db - loud)
    )
    low = found.low / figures.low
    if tones < 1 <= tones + low and _was_there(found, before, figures):
        return tones
    return tones + low


def _was_there(found: Stretch, before: Samples, figures: DtmfFigures) -> bool:
    """Say whether the low band was as strong before the digit, and alone just before it."""
    low, above = powers_of(before)
    usual = sorted(low)[: len(low) * 3 // 4]  # the edges of earlier digits splash into the rest
    least, most = min(*usual, found.low_power), max(*usual, found.low_power)
    return (
        found.low <= figures.steady_low
        and most <= figures.steady * least
        and sum(above[-2:]) <= figures.alone * sum(low[-2:])
    )

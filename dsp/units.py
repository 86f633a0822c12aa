"""Rates and levels.

Source: 0 dBm0 is a sine 3.14 dB below full scale, as in ITU-T G.711 A-law.
"""

from math import log10
from typing import Final

AUDIO_HZ: Final = 8000
VOLT_HZ: Final = 1000
#: Audio samples to each reading of the line voltage.
AUDIO_PER_VOLT: Final = AUDIO_HZ // VOLT_HZ
#: Volts in one step of an int16 reading, tip minus ring.
VOLTS_PER_STEP: Final = 0.01

FULL_SCALE: Final = 32768.0
FULL_SCALE_SINE_DBM0: Final = 3.14
#: Mean square, in int16 steps, of a sine at 0 dBm0.
POWER_AT_0_DBM0: Final = FULL_SCALE**2 / 2 * 10 ** (-FULL_SCALE_SINE_DBM0 / 10)
#: What a level reads when there is nothing at all: half a step, below any real line's noise.
SILENCE_DBM0: Final = -96.0


def dbm0(mean_square: float) -> float:
    """Return the level of a mean square given in int16 steps, not below SILENCE_DBM0."""
    if mean_square <= 0:
        return SILENCE_DBM0
    return max(SILENCE_DBM0, 10 * log10(mean_square / POWER_AT_0_DBM0))

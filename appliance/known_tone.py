"""The tone of a line's self-test, and whether a recording holds it. Pure.

1020 Hz at -10 dBm0, the reference test frequency and level of telephone circuits; nobody's voice
and no tone of an exchange holds one frequency for seconds.

    recording   ....TTTTTTTTTTTTTTTTTTTTTTTT.......      the tone lasts LASTS_S; before and after it
    frames      |__|__|__|__|__|__|__|__|__|__|__|       is the idle line, and the way of a command

A frame holds the tone when nearly all of its power is in the one frequency; it stays so through
Opus at 16 kbit/s (tests/appliance/test_known_tone.py).

Source: ITU-T O.6 (1020 Hz reference test frequency), ITU-T M.1020 (-10 dBm0 test level).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.units import AUDIO_HZ, dbm0

Samples = NDArray[np.int16]

FREQ_HZ: Final = 1020
LEVEL_DBM0: Final = -10.0
LASTS_S: Final = 3.0

#: A quarter of a second: 255 whole periods.
_FRAME: Final = AUDIO_HZ // 4
#: Of a frame's power. A voice's strongest partial has half of it.
_SHARE: Final = 0.9
#: All of it but for a frame at each end, and a command that the board got at its third try.
_ENOUGH_S: Final = 2.25
#: What the converter's gain may be off by, and Opus. Bench value.
_TOLERANCE_DB: Final = 3.0

_PROBE: Final = np.exp(-2j * np.pi * FREQ_HZ / AUDIO_HZ * np.arange(_FRAME))


def recognise(audio: Samples) -> str:
    """Return what is wrong with the tone in a recording, or "".

    Args:
        audio: int16[n], as it was decoded.
    """
    frames = audio[: len(audio) // _FRAME * _FRAME].reshape(-1, _FRAME).astype(np.float64)
    tone = 2 * np.abs(frames @ _PROBE / _FRAME) ** 2
    power = np.mean(frames**2, axis=1)
    found = tone[tone > _SHARE * np.maximum(power, 1.0)]
    seconds = len(found) * _FRAME / AUDIO_HZ
    if seconds < _ENOUGH_S:
        loudest = dbm0(float(power.max(initial=0.0)))
        return (
            f"{seconds:.2f} s of the tone came back of {LASTS_S:.0f} s; loudest {loudest:.1f} dBm0"
        )
    level = dbm0(float(np.median(found)))
    if abs(level - LEVEL_DBM0) > _TOLERANCE_DB:
        return f"the tone came back at {level:.1f} dBm0, was {LEVEL_DBM0:.1f} dBm0"
    return ""

"""Every 16 ms of every line through one matrix product, for all who listen for tones.

    rows   16  the eight DTMF tones, cosine and sine     -> their powers
            4  610 to 630 Hz                             -> power of the call-progress
            8  340 to 490 Hz                             -> tones' bands
           10  the rest of what lies below 500 Hz

All rows but the DTMF tones' are orthonormal, and those are orthogonal to the last 18, which hold
all that lies below 500 Hz: dial tone, ring-back, hum.

Nearly always nothing sounds. So all frames are read in float32, which costs half and errs a little,
and differently from one shape of the product to another. Who listens allows for `doubt` and has the
few frames that may hold something read again, in whole numbers: exact, whatever the shape of the
product (dsp/tone_fit.py). No event depends on the rough readings.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.dtmf_fit import COLUMNS_HZ, ROWS_HZ
from dsp.slices import SLICE, Slices
from dsp.tone_fit import Floats, band, exact, low_band, orthonormal, tone_rows, without

Samples = NDArray[np.int16]
Rough = NDArray[np.float32]

FRAME: Final = 128
#: Of a slice.
GROUP: Final = SLICE // FRAME
#: Bands of the call-progress tones: at least 99.4 % of a tone is in a frame's coefficients.
PROGRESS_HZ: Final = ((344.0, 488.0), (610.0, 630.0))
_DTMF_ROWS: Final = 16
_ABOVE: Final = 4
_PROGRESS: Final = 12
#: Of the band a little wider than its tones: so many Slepian rows hold 99.4 % of each of them.
_BAND_HZ: Final = (335.0, 495.0)


@dataclass(slots=True)
class Frames:
    """The frames of a slice of all lines, roughly read.

    Attributes:
        first: sample of the stream at which the first frame begins.
        tones: float[8, lines, GROUP], power at each low and each high DTMF tone.
        progress: float[12, lines, GROUP], coefficients of `progress_rows`.
        bands: float[lines, GROUP], their power.
        below: float[lines, GROUP], power below 500 Hz.
        power: float[lines, GROUP], all of the frame's.
        off: float[lines, GROUP], by how much the others are off at most, see `doubt`.
    """

    first: int
    tones: Rough
    progress: Rough
    bands: Rough
    below: Rough
    power: Rough
    off: Rough


def read(slices: Slices) -> Frames:
    """Read the frames of the latest slice."""
    audio = slices.rough.reshape(-1, FRAME)
    # So multiplied, BLAS need not turn the larger one; and rows are added up faster than columns.
    read = np.ascontiguousarray((audio @ _ROUGH).T)
    squares = read * read
    shape = len(slices.rough), GROUP
    bands = np.add.reduce(squares[_DTMF_ROWS:][:_PROGRESS], axis=0)
    power = np.vecdot(audio, audio).reshape(shape)
    return Frames(
        first=slices.now - SLICE,
        tones=(squares[:8] + squares[8:_DTMF_ROWS]).reshape(8, *shape),
        progress=read[_DTMF_ROWS:][:_PROGRESS].reshape(_PROGRESS, *shape),
        bands=bands.reshape(shape),
        below=np.add.reduce(squares[_DTMF_ROWS + _ABOVE :], axis=0).reshape(shape),
        power=power,
        off=doubt(power),
    )


def doubt(power: Rough) -> Rough:
    """Return by how much at most a rough power of a frame, or a sum of them, is off.

    A frame of power p is read to within e = 2**-17 sqrt(p) by float32, and the exact reading rounds
    by 1/2. No sum of squares of up to 22 rows is off by more than 10 e sqrt(p) + 22 e**2, and by
    5 sqrt(p) + 5 for the rounding.

    Args:
        power: float[...], all of the frame's.
    """
    off: Rough = 1e-4 * power + 5 * np.sqrt(power) + 5
    return off


def digit_powers(frames: Samples) -> tuple[Floats, Floats]:
    """Read frames for digits, exactly.

    Args:
        frames: int16[n, FRAME].

    Returns:
        float[8, n], the power at each low and each high tone, and float[n], that above 500 Hz.
    """
    audio = frames.astype(np.float64)
    read = np.rint(_DIGIT_ROWS @ audio.T)
    read *= read
    above = np.vecdot(audio, audio) - read[_DTMF_ROWS:].sum(axis=0)
    return read[:8] + read[8:_DTMF_ROWS], above


def progress_of(frames: Samples) -> tuple[Floats, Floats]:
    """Read frames for call-progress tones, exactly.

    Args:
        frames: int16[n, FRAME].

    Returns:
        float[n, 12], the coefficients of `progress_rows`, and float[n], all of each frame's power.
    """
    audio = frames.astype(np.float64)
    return np.rint(audio @ _PROGRESS_ROWS.T), np.vecdot(audio, audio)


def progress_rows() -> Floats:
    """Return the orthonormal rows of the call-progress tones' bands: float[12, FRAME]."""
    return _LOW[:_PROGRESS]


def _low_rows() -> Floats:
    below = band(low_band(FRAME), *_BAND_HZ)
    low_hz, high_hz = PROGRESS_HZ[1]
    above = tone_rows(FRAME, (low_hz + 2, high_hz - 2))
    return np.vstack([orthonormal(without(above, below)), below])


def _rows() -> Floats:
    tones = without(tone_rows(FRAME, ROWS_HZ + COLUMNS_HZ), _LOW[_ABOVE:])
    return exact(np.vstack([tones / np.linalg.norm(tones, axis=1, keepdims=True), _LOW]))


_LOW: Final = _low_rows()
_ROWS: Final = _rows()
#: float32[FRAME, rows], of 21 bits: exact here too.
_ROUGH: Final = np.ascontiguousarray(_ROWS.T.astype(np.float32))
_DIGIT_ROWS: Final = np.vstack([_ROWS[:_DTMF_ROWS], _ROWS[_DTMF_ROWS + _ABOVE :]])
_PROGRESS_ROWS: Final = _ROWS[_DTMF_ROWS:][:_PROGRESS].copy()

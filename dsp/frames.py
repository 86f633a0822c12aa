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

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.dtmf_fit import COLUMNS_HZ, ROWS_HZ
from dsp.tone_fit import Floats, band, exact, low_band, orthonormal, tone_rows, without

Samples = NDArray[np.int16]
Rough = NDArray[np.float32]

FRAME: Final = 128
#: No group of frames goes on across a multiple of so many, 320 ms, or is longer: memory is bounded.
GROUP: Final = 20
#: Bands of the call-progress tones: at least 99.4 % of a tone is in a frame's coefficients.
PROGRESS_HZ: Final = ((344.0, 488.0), (610.0, 630.0))
_DTMF_ROWS: Final = 16
_ABOVE: Final = 4
_PROGRESS: Final = 12
#: Of the band a little wider than its tones: so many Slepian rows hold 99.4 % of each of them.
_BAND_HZ: Final = (335.0, 495.0)


@dataclass(slots=True)
class Frames:
    """Some frames of all lines, roughly read: see `doubt`.

    Attributes:
        count: of frames.
        first: sample of the stream at which the first frame begins.
        tones: float[8, lines, count], power at each low and each high DTMF tone.
        progress: float[12, lines, count], coefficients of `progress_rows`.
        bands: float[lines, count], their power.
        below: float[lines, count], power below 500 Hz.
        power: float[lines, count], all of the frame's.
        tape: int16[lines, history + FRAME * count], what was heard up to the last frame's end. A
            view: it holds until the next frames are asked for.
    """

    count: int
    first: int
    tones: Rough
    progress: Rough
    bands: Rough
    below: Rough
    power: Rough
    tape: Samples


class FrameBank:
    """Cuts the stream into frames and reads them."""

    def __init__(self, lines: int, history: int = 0) -> None:
        """Begin as if after silence; history is how many samples of it the tape keeps."""
        self._lines = lines
        self._history = history
        self._tape = np.zeros((lines, history + 3 * GROUP * FRAME), np.int16)
        self._read = self._filled = history  # columns of the tape
        self._heard = 0  # samples of the stream that have been through

    def push(self, audio: Samples) -> Iterator[Frames]:
        """Take the next samples of every line and read the frames they complete.

        Args:
            audio: int16[lines, n], any n.

        Returns:
            Groups of frames; all must be taken before the next push.

        Raises:
            ValueError: audio of another shape or type; nothing of it is heard.
        """
        lines = self._lines
        if audio.ndim != 2 or len(audio) != lines or audio.dtype != np.int16:
            raise ValueError(f"audio is {audio.dtype}{list(audio.shape)}, want int16[{lines}, n]")
        return self._groups(audio)

    def _groups(self, audio: Samples) -> Iterator[Frames]:
        at = 0
        while at < audio.shape[1]:
            heard = self._heard + self._filled - self._read
            piece = audio[:, at : at + GROUP * FRAME - heard % (GROUP * FRAME)]
            at += piece.shape[1]
            self._wind(piece)
            count = (self._filled - self._read) // FRAME
            if count:
                yield self._next(count)

    def _wind(self, piece: Samples) -> None:
        count = piece.shape[1]
        if self._filled + count > self._tape.shape[1]:
            kept = self._tape[:, self._read - self._history : self._filled].copy()
            self._tape[:, : kept.shape[1]] = kept
            self._read, self._filled = self._history, kept.shape[1]
        self._tape[:, self._filled : self._filled + count] = piece
        self._filled += count

    def _next(self, count: int) -> Frames:
        begin, end = self._read, self._read + count * FRAME
        audio = self._tape[:, begin:end].astype(np.float32).reshape(-1, FRAME)
        read = _ROUGH @ audio.T
        squares = read * read
        shape = self._lines, count
        bands, below = squares[_DTMF_ROWS:][:_PROGRESS], squares[_DTMF_ROWS + _ABOVE :]
        frames = Frames(
            count=count,
            first=self._heard,
            tones=(squares[:8] + squares[8:_DTMF_ROWS]).reshape(8, *shape),
            progress=read[_DTMF_ROWS:][:_PROGRESS].reshape(_PROGRESS, *shape),
            bands=np.add.reduce(bands, axis=0).reshape(shape),
            below=np.add.reduce(below, axis=0).reshape(shape),
            power=np.einsum("nw,nw->n", audio, audio).reshape(shape),
            tape=self._tape[:, begin - self._history : end],
        )
        self._read = end
        self._heard += count * FRAME
        return frames


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
    above = np.einsum("nw,nw->n", audio, audio) - read[_DTMF_ROWS:].sum(axis=0)
    return read[:8] + read[8:_DTMF_ROWS], above


def progress_of(frames: Samples) -> tuple[Floats, Floats]:
    """Read frames for call-progress tones, exactly.

    Args:
        frames: int16[n, FRAME].

    Returns:
        float[n, 12], the coefficients of `progress_rows`, and float[n], all of each frame's power.
    """
    audio = frames.astype(np.float64)
    return np.rint(audio @ _PROGRESS_ROWS.T), np.einsum("nw,nw->n", audio, audio)


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
_ROUGH: Final = _ROWS.astype(np.float32)  # of 21 bits: exact here too
_DIGIT_ROWS: Final = np.vstack([_ROWS[:_DTMF_ROWS], _ROWS[_DTMF_ROWS + _ABOVE :]])
_PROGRESS_ROWS: Final = _ROWS[_DTMF_ROWS:][:_PROGRESS].copy()

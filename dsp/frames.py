"""Every 16 ms of every line through one matrix product, for all who listen for tones.

    rows   16  the eight DTMF tones, cosine and sine     -> their powers
            4  610 to 630 Hz                             -> coefficients, for call-progress
            8  340 to 490 Hz                             -> tones
           10  the rest of what lies below 500 Hz

All rows but the DTMF tones' are orthonormal, and those are orthogonal to the last 18, which hold
all that lies below 500 Hz: dial tone, ring-back, hum.
The readings are whole numbers: exact, whatever the shape of the product (dsp/tone_fit.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.dtmf_fit import COLUMNS_HZ, ROWS_HZ
from dsp.tone_fit import Floats, band, exact, low_band, orthonormal, tone_rows, without

Samples = NDArray[np.int16]

FRAME: Final = 128
#: Bands of the call-progress tones: at least 99.4 % of a tone is in a frame's coefficients.
PROGRESS_HZ: Final = ((344.0, 488.0), (610.0, 630.0))
_DTMF_ROWS: Final = 16
_ABOVE: Final = 4
_PROGRESS: Final = 12
#: Of the band a little wider than its tones: so many Slepian rows hold 99.4 % of each of them.
_BAND_HZ: Final = (335.0, 495.0)
#: Frames of each line taken at once; a longer push is cut, which bounds memory.
_CHUNK: Final = 32 * FRAME


@dataclass(slots=True)
class Frames:
    """Some frames of all lines.

    Attributes:
        count: of frames.
        first: sample of the stream at which the first frame begins.
        tones: float[8, lines, count], power at each low and each high DTMF tone.
        progress: float[12, lines, count], coefficients of the bands of the call-progress tones.
        below: float[lines, count], power below 500 Hz.
        power: float[lines, count], all of the frame's.
        tape: int16[lines, history + FRAME * count], what was heard up to the last frame's end. A
            view: it holds until the next frames are asked for.
    """

    count: int
    first: int
    tones: Floats
    progress: Floats
    below: Floats
    power: Floats
    tape: Samples


class FrameBank:
    """Cuts the stream into frames and reads them."""

    def __init__(self, lines: int, history: int = 0) -> None:
        """Begin as if after silence; history is how many samples of it the tape keeps."""
        self._lines = lines
        self._history = history
        self._tape = np.zeros((lines, history + 2 * _CHUNK), np.int16)
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
        for at in range(0, audio.shape[1], _CHUNK):
            self._wind(audio[:, at : at + _CHUNK])
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
        audio = self._tape[:, begin:end].astype(np.float64).reshape(-1, FRAME)
        read = np.rint(_ROWS @ audio.T)
        progress = read[_DTMF_ROWS : _DTMF_ROWS + _PROGRESS].copy()
        read *= read
        shape = self._lines, count
        frames = Frames(
            count=count,
            first=self._heard,
            tones=(read[:8] + read[8:_DTMF_ROWS]).reshape(8, *shape),
            progress=progress.reshape(_PROGRESS, *shape),
            below=read[_DTMF_ROWS + _ABOVE :].sum(axis=0).reshape(shape),
            power=np.einsum("nw,nw->n", audio, audio).reshape(shape),
            tape=self._tape[:, begin - self._history : end],
        )
        self._read = end
        self._heard += count * FRAME
        return frames


def progress_rows() -> Floats:
    """Return the orthonormal rows of `Frames.progress`: float[12, FRAME]."""
    return _low_rows()[:_PROGRESS]


def _low_rows() -> Floats:
    below = band(low_band(FRAME), *_BAND_HZ)
    low_hz, high_hz = PROGRESS_HZ[1]
    above = tone_rows(FRAME, (low_hz + 2, high_hz - 2))
    return np.vstack([orthonormal(without(above, below)), below])


def _rows() -> Floats:
    low = _low_rows()
    tones = without(tone_rows(FRAME, ROWS_HZ + COLUMNS_HZ), low[_ABOVE:])
    return exact(np.vstack([tones / np.linalg.norm(tones, axis=1, keepdims=True), low]))


_ROWS: Final = _rows()

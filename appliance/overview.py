"""A capture reduced to what a picture of so many columns can show.

Each column holds all of its stretch of time: the lowest and the highest voltage, so that a ringing
of 20 Hz is a band and a dial pulse a spike, and of each frequency the loudest frame, so that a key
of 50 ms is seen in a picture of ten minutes.

Levels are those of a sine: 0 dBm0 is a sine 3.14 dB below full scale (ITU-T G.711, A-law).
"""

from collections.abc import Sequence
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appliance.progress import Progress
from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0, SILENCE_DBM0, VOLT_HZ, VOLTS_PER_STEP
from firmware_bridge.capture import Capture

Samples = NDArray[np.int16]
Picture = NDArray[np.float32]

#: 31 Hz to a bin: the rows of DTMF are 73 Hz apart, and of Korea's tones 40 Hz at the least.
WINDOW: Final = 256
#: A frame each 10 ms: no column of the levels is narrower, and no frame is left out.
HOP: Final = AUDIO_HZ // 100
_READ_MS: Final = 2000


class Overview:
    """Attributes.

    lowest_v, highest_v: float32[lines, columns], or None without voltage.
    level_dbm0: float32[lines, WINDOW / 2 + 1, columns], from 0 to 4 kHz, or None without audio.

    Both span the whole capture. A short one has fewer columns: of 1 ms, and of 10 ms.
    """

    def __init__(self, capture: Capture, lines: Sequence[int], columns: int) -> None:
        """Read a capture to its end.

        Args:
            capture: at its beginning.
            lines: which, from 1.
            columns: at most so many.
        """
        self._rows = [line - 1 for line in lines]
        self._seconds = capture.seconds
        shape = (len(lines), min(columns, ceil(capture.seconds * VOLT_HZ)))
        self.lowest_v = np.full(shape, np.inf, np.float32) if capture.has_volts else None
        self.highest_v = np.full(shape, -np.inf, np.float32) if capture.has_volts else None
        self.level_dbm0: Picture | None = None
        frames = ceil(capture.seconds * AUDIO_HZ / HOP)
        bins = WINDOW // 2 + 1
        self._power = np.zeros((len(lines), bins, min(columns, frames)), np.float32)
        # frame 0 is centred on sample 0
        self._audio = np.zeros((len(lines), WINDOW // 2), np.int16)
        self._frames = self._readings = 0
        self._read(capture)
        if capture.has_audio:
            self.level_dbm0 = _levels(self._power)

    def _read(self, capture: Capture) -> None:
        done_ms = 0
        with Progress("drawing", capture.seconds * 1000) as progress:
            while (piece := capture.read(_READ_MS))[1].shape[1]:
                audio, volts = piece
                if capture.has_volts:
                    self._push_volts(volts[self._rows])
                if capture.has_audio:
                    self._push_audio(audio[self._rows])
                done_ms += _READ_MS
                progress.at(done_ms)

    def _push_volts(self, volts: Samples) -> None:
        assert self.lowest_v is not None and self.highest_v is not None
        at_s = (self._readings + np.arange(volts.shape[1])) / VOLT_HZ
        self._readings += volts.shape[1]
        columns, starts = self._columns(at_s, self.lowest_v.shape[1])
        lowest = np.minimum.reduceat(volts, starts, axis=1) * VOLTS_PER_STEP
        highest = np.maximum.reduceat(volts, starts, axis=1) * VOLTS_PER_STEP
        self.lowest_v[:, columns] = np.minimum(self.lowest_v[:, columns], lowest)
        self.highest_v[:, columns] = np.maximum(self.highest_v[:, columns], highest)

    def _push_audio(self, audio: Samples) -> None:
        self._audio = np.concatenate((self._audio, audio), axis=1)
        count = (self._audio.shape[1] - WINDOW) // HOP + 1
        if count < 1:
            return
        frames = np.lib.stride_tricks.sliding_window_view(self._audio, WINDOW, axis=1)[:, ::HOP]
        spectra = np.fft.rfft(frames[:, :count] * _HANN, axis=2)
        power = (np.abs(spectra) ** 2).astype(np.float32).transpose(0, 2, 1)
        at_s = (self._frames + np.arange(count)) * HOP / AUDIO_HZ
        columns, starts = self._columns(at_s, self._power.shape[2])
        loudest = np.maximum.reduceat(power, starts, axis=2)
        self._power[:, :, columns] = np.maximum(self._power[:, :, columns], loudest)
        self._audio = self._audio[:, count * HOP :]
        self._frames += count

    def _columns(
        self, at_s: NDArray[np.float64], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which of so many columns these moments fall in, and where in at_s each begins."""
        column = np.minimum((at_s / self._seconds * count).astype(np.int64), count - 1)
        columns, starts = np.unique(column, return_index=True)
        return columns, starts


def _hann() -> Picture:
    """Return the window, scaled so that a sine in the middle of a bin comes out as its peak."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    scaled: Picture = (window * 2 / window.sum()).astype(np.float32)
    return scaled


_HANN: Final = _hann()


def _levels(power: Picture) -> Picture:
    """Return the level in dBm0 of the sine whose peak, squared, is the power."""
    floor = np.float32(10 ** (SILENCE_DBM0 / 10))
    level: Picture = 10 * np.log10(np.maximum(power / np.float32(2 * POWER_AT_0_DBM0), floor))
    return level

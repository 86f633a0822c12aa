"""The last seconds of every line, so that a call can be kept from where it began.

A lift is believed some tens of milliseconds after it happened, and a lift, a flash or a hang-up
are not told apart at once: the audio in doubt waits here and never reaches the disk unless it is
a call's.
"""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


class Tape:
    """All lines' audio, the newest `seconds` of it."""

    def __init__(self, lines: int, seconds: float = 4.0, rate_hz: int = 8000) -> None:
        self.end = 0  # samples pushed so far
        self._kept = round(seconds * rate_hz)
        self._ring = np.zeros((lines, self._kept), np.int16)

    def push(self, audio: Samples) -> None:
        """Add the next samples of all lines: int16[lines, n]."""
        newest = audio[:, -self._kept :]
        at = (self.end + audio.shape[1] - newest.shape[1]) % self._kept
        first = min(newest.shape[1], self._kept - at)
        self._ring[:, at : at + first] = newest[:, :first]
        self._ring[:, : newest.shape[1] - first] = newest[:, first:]
        self.end += audio.shape[1]

    def read(self, line: int, start: int, stop: int) -> Samples:
        """Return a copy of samples start..stop of a line, counted from 1.

        Raises:
            ValueError: part of it has not come yet, or is no longer kept.
        """
        if not max(0, self.end - self._kept) <= start <= stop <= self.end:
            raise ValueError(
                f"samples {start}..{stop}, have {max(0, self.end - self._kept)}..{self.end}"
            )
        at = np.arange(start, stop) % self._kept
        piece: Samples = self._ring[line - 1, at]
        return piece

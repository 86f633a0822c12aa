"""DTMF digits on all lines at once.

Every 16 ms of every line go through one matrix product, which reads the eight tones and all that
lies below 500 Hz. A frame is hot when its strongest low and its strongest high tone hold enough of
the power above 500 Hz. All frames are read in float32, at half the cost; the few that may be two
hot frames running, as far as its rounding can tell, are read again without any: no event depends
on the rounding. Two hot frames of one digit running earn the line a closer look
(dsp/dtmf_fit.py): once in eight seconds of speech, two or three times a digit. A line's looks
become digits in dsp/dtmf_line.py, by the figures of dsp/dtmf_figures.py.

An event is emitted when its digit is over, 22 to 38 ms after the tone's end, or after 2 s if it is
not. Its `sample` is the tone's start, its `believed` the end of the frame in which it was
recognised, 25 to 41 ms later; its level is the stronger tone's.

Source: ITU-T Q.23 (frequencies) and Q.24 (receivers).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.dtmf_figures import DTMF, DtmfFigures
from dsp.dtmf_fit import COLUMNS_HZ, LOOK, ROWS_HZ, look
from dsp.dtmf_line import FRAME, HISTORY, DtmfLine, Now
from dsp.events import Dtmf
from dsp.tone_fit import Floats, exact, low_band, tone_rows, without
from dsp.units import POWER_AT_0_DBM0

Samples = NDArray[np.int16]
Rough = NDArray[np.float32]
#: A frame's digit if it is hot, an index into KEYS, and the share of its two tones.
_Hot = tuple[int, float]
_COLD: Final[_Hot] = (-1, 0.0)

#: Samples of each line taken at once; a longer push is cut, which bounds memory.
_CHUNK: Final = 32 * FRAME
#: Silence after which every digit has ended: twice the 38 ms that it takes at most.
_SILENCE_ENDS: Final = 640
#: Share of the power above 500 Hz in a hot frame's two tones. Half a frame of a digit shows half.
_PAIR_SHARE: Final = 0.42
#: And in two hot frames running, together: a digit of 30 ms fills at least one and a half.
_TWICE_SHARE: Final = 1.15
#: Share of the weaker one: 10 dB of twist in half a frame.
_WEAKER_SHARE: Final = 0.02
#: And its least power: half a frame at -46 dBm0, out of tune.
_WEAKEST: Final = POWER_AT_0_DBM0 * FRAME * 10 ** (-54 / 10)


class DtmfBank:
    """Every line's digits."""

    def __init__(self, lines: int, figures: DtmfFigures = DTMF) -> None:
        """Listen to lines numbered from 1, each as if after silence."""
        self._lines = [DtmfLine(n + 1, figures) for n in range(lines)]
        self._awake: set[int] = set()
        self._share = np.zeros((lines, 1), np.float32)  # the last frame's, at most
        self._tape = np.zeros((lines, HISTORY + 2 * _CHUNK), np.int16)
        self._read = self._filled = HISTORY  # columns of the tape
        self._heard = 0  # samples of the stream that have been through

    def push(self, audio: Samples) -> list[Dtmf]:
        """Hear the next samples of every line.

        Args:
            audio: int16[lines, n], any n.

        Returns:
            The digits found to be over, in that order, by line within a frame.

        Raises:
            ValueError: audio of another shape or type; nothing of it is heard.
        """
        lines = len(self._lines)
        if audio.ndim != 2 or len(audio) != lines or audio.dtype != np.int16:
            raise ValueError(f"audio is {audio.dtype}{list(audio.shape)}, want int16[{lines}, n]")
        events: list[Dtmf] = []
        for at in range(0, audio.shape[1], _CHUNK):
            self._wind(audio[:, at : at + _CHUNK])
            events += self._hear()
        return events

    def close(self) -> list[Dtmf]:
        """End the stream and return the digits that were still sounding."""
        return self.push(np.zeros((len(self._lines), _SILENCE_ENDS), np.int16))

    def _wind(self, piece: Samples) -> None:
        count = piece.shape[1]
        if self._filled + count > self._tape.shape[1]:
            kept = self._tape[:, self._read - HISTORY : self._filled].copy()
            self._tape[:, : kept.shape[1]] = kept
            self._read, self._filled = HISTORY, kept.shape[1]
        self._tape[:, self._filled : self._filled + count] = piece
        self._filled += count

    def _hear(self) -> list[Dtmf]:
        count = (self._filled - self._read) // FRAME
        events: list[Dtmf] = []
        if not count:
            return events
        audio = self._tape[:, self._read : self._read + count * FRAME].astype(np.float32)
        shares = _most_shares(audio.reshape(len(audio) * count, FRAME)).reshape(-1, count)
        before = np.concatenate((self._share, shares[:, :-1]), axis=1)
        self._share = shares[:, -1:]
        maybe = (shares > 0) & (before > 0) & (shares + before >= _TWICE_SHARE)
        again: list[set[int]] = [set() for _ in range(count)]
        for line, frame in np.argwhere(maybe).tolist():
            again[frame].add(line)
        for lines in again:
            self._read += FRAME
            self._heard += FRAME
            if lines or self._awake:
                events += self._step(sorted(lines | self._awake))
        return events

    def _step(self, lines: list[int]) -> list[Dtmf]:
        """Bring those of the lines that are awake, or woken now, to the frame's end."""
        now = self._now(lines)
        awake = list(now)
        asked = [(n, digit) for n in awake for digit in self._lines[n].questions(now[n])]
        events: list[Dtmf] = []
        if asked:
            tape = self._tape[[n for n, _ in asked], self._read - HISTORY : self._read]
            looks = look(tape[:, -LOOK:], [digit for _, digit in asked])
            for (n, _), seen, audio in zip(asked, looks, tape, strict=True):
                events += self._lines[n].answer(now[n], seen, audio)
        for n in awake:
            events += self._lines[n].settle(now[n])
        self._awake = {n for n in awake if not self._lines[n].asleep}
        return events

    def _now(self, lines: list[int]) -> dict[int, Now]:
        """Read the last two frames of lines; leave out those that sleep on."""
        frames = self._tape[lines, self._read - 2 * FRAME : self._read].astype(np.float64)
        powers, shares = _screen(frames.reshape(-1, FRAME))
        read = [_hot(*each) for each in zip(powers.T.tolist(), shares.tolist(), strict=True)]
        now: dict[int, Now] = {}
        for k, n in enumerate(lines):
            again = _together(read[2 * k + 1], read[2 * k])
            if again or n in self._awake:
                each = powers[:, 2 * k + 1].tolist()
                now[n] = Now(self._heard, each, read[2 * k + 1][0], again)
        return now


def _most_shares(frames: Rough) -> Rough:
    """Return what _screen would give as shares, or a little more; 0 for a cold frame.

    A frame of energy E is read to within e = 2**-17 sqrt(E) by float32, and _screen rounds by 1/2.
    No power compared here is off by more than 9 e sqrt(E) + 18 e**2, which the margin covers.

    Args:
        frames: float[n, 128].
    """
    read = _ROUGH_ROWS @ frames.T
    read *= read
    powers = read[:8] + read[8:16]
    energy = np.einsum("nw,nw->n", frames, frames)
    margin = 1e-4 * energy + 5 * np.sqrt(energy) + 5
    above = energy - read[16:].sum(axis=0) - margin
    low, high = powers[:4].max(axis=0), powers[4:].max(axis=0)
    enough = np.minimum(low, high) + margin > np.maximum(_WEAKEST, _WEAKER_SHARE * above)
    shares: Rough = (low + high + margin) / np.maximum(above, 1.0)
    shares[~enough | (shares <= _PAIR_SHARE)] = 0.0
    return shares


def _screen(frames: Floats) -> tuple[Floats, Floats]:
    """Read the tones of frames, and how much of each frame may be a digit.

    Args:
        frames: float[n, 128].

    Returns:
        powers float[8, n] of the low and high tones; share float[n] of the strongest two in what is
        above 500 Hz, 0 where the weaker is too weak.
    """
    read = np.rint(_ROWS @ frames.T)  # whole numbers: their sums of squares are exact
    read *= read
    powers = read[:8] + read[8:16]
    above = np.einsum("nw,nw->n", frames, frames) - read[16:].sum(axis=0)
    low, high = powers[:4].max(axis=0), powers[4:].max(axis=0)
    enough = np.minimum(low, high) > np.maximum(_WEAKEST, _WEAKER_SHARE * above)
    return powers, (low + high) / np.maximum(above, 1.0) * enough


def _hot(powers: list[float], share: float) -> _Hot:
    low, high = powers[:4], powers[4:]
    digit = 4 * low.index(max(low)) + high.index(max(high))
    return (digit, share) if share > _PAIR_SHARE else _COLD


def _together(now: _Hot, before: _Hot) -> bool:
    return now[0] >= 0 and before[0] == now[0] and before[1] + now[1] >= _TWICE_SHARE


def _screen_rows() -> Floats:
    below = low_band(FRAME)
    tones = without(tone_rows(FRAME, ROWS_HZ + COLUMNS_HZ), below)
    return exact(np.vstack([tones / np.linalg.norm(tones, axis=1, keepdims=True), below]))


_ROWS: Final = _screen_rows()
_ROUGH_ROWS: Final = _ROWS.astype(np.float32)  # of 21 bits: exact here too

"""DTMF digits on all lines at once.

Every 16 ms of every line go through one matrix product (dsp/frames.py), which reads the eight
tones and all that lies below 500 Hz. A frame is hot when its strongest low and its strongest high
tone hold enough of the power above 500 Hz. Lines with what may be two hot frames running, as far as
that product's rounding can tell, are read again without any, and that alone decides. Two hot frames
of one digit running earn the line a closer look (dsp/dtmf_fit.py): once in eight seconds of speech,
two or three times a digit. A line's looks become digits in dsp/dtmf_line.py, by the figures of
dsp/dtmf_figures.py.

An event is emitted when its digit is over, 22 to 38 ms after the tone's end, or after 2 s if it is
not. Its `sample` is the tone's start, its `believed` the end of the frame in which it was
recognised, 25 to 41 ms later; its level is the stronger tone's.

Source: ITU-T Q.23 (frequencies) and Q.24 (receivers).
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsp.dtmf_figures import DTMF, DtmfFigures
from dsp.dtmf_fit import LOOK, STEP, Look, Windows
from dsp.dtmf_fit import read as read_windows
from dsp.dtmf_line import HISTORY, DtmfLine, Now
from dsp.events import Dtmf
from dsp.frames import FRAME, GROUP, Frames, Rough, digit_powers
from dsp.frames import read as read_frames
from dsp.slices import Ear, Slices
from dsp.tone_fit import Floats
from dsp.units import POWER_AT_0_DBM0

Samples = NDArray[np.int16]
#: Share of the power above 500 Hz in a hot frame's two tones. Half a frame of a digit shows half.
_PAIR_SHARE: Final = 0.42
#: And in two hot frames running, together: a digit of 30 ms fills at least one and a half.
_TWICE_SHARE: Final = 1.15
#: Share of the weaker one: 10 dB of twist in half a frame.
_WEAKER_SHARE: Final = 0.02
#: And its least power: half a frame at -46 dBm0, out of tune.
_WEAKEST: Final = POWER_AT_0_DBM0 * FRAME * 10 ** (-54 / 10)


#: Frames that a look at the end of one reaches back; and windows from one look to the next.
_BEFORE: Final = LOOK // FRAME - 1
#: Frames whose looks are read at once: nearly all digits are over by then.
_READ: Final = 8
_READ_SAMPLES: Final = (_READ + _BEFORE) * FRAME
_WINDOWS_A_FRAME: Final = FRAME // STEP


class _Ask(NamedTuple):
    """What a line wants read: int16[_READ_SAMPLES], for a digit."""

    audio: Samples
    digit: int


@dataclass(slots=True)
class _Line:
    """A slice of a line that is awake, or in which two hot frames of one digit follow each other.

    Attributes:
        n: of the line, from 0.
        audio: int16[HISTORY + SLICE].
        powers: float[GROUP + 1, 8], read exactly, of the frame before the slice and then of each.
        digits: of the same frames, index into KEYS, or -1 where it is not hot.
        again: of each frame of the slice, whether it and the one before are hot with one digit.
    """

    n: int
    audio: Samples
    powers: Floats
    digits: list[int]
    again: list[bool]


_Told = tuple[int, int, Dtmf]  # the end of its frame, and its line from 0


class DtmfBank(Ear[Dtmf]):
    """Every line's digits. An event is told by the slice of 640 ms in which its digit is over."""

    def __init__(self, lines: int, figures: DtmfFigures = DTMF) -> None:
        """Listen to lines numbered from 1, each as if after silence."""
        super().__init__(lines)
        self._lines = [DtmfLine(n + 1, figures) for n in range(lines)]
        self._awake: set[int] = set()
        self._share = np.zeros((lines, 1), np.float32)  # the last frame's, at most

    def hear(self, slices: Slices) -> list[Dtmf]:
        return self.hear_frames(slices, read_frames(slices))

    def hear_frames(self, slices: Slices, frames: Frames) -> list[Dtmf]:
        """Hear the frames of the latest slice; by line within a frame."""
        shares = _most_shares(frames)
        before = np.concatenate((self._share, shares[:, :-1]), axis=1)
        self._share = shares[:, -1:]
        maybe = (shares + before >= _TWICE_SHARE) & (np.minimum(shares, before) > 0)
        begins = dict.fromkeys(self._awake, 0)  # of lines, the frame before the first of interest
        hot = np.flatnonzero(maybe.any(axis=1)).tolist()
        begins = dict(zip(hot, maybe[hot].argmax(axis=1).tolist(), strict=True)) | begins
        if not begins:
            return []
        told: list[_Told] = []
        worth = self._worth(slices, dict(sorted(begins.items())))
        walks = [self._walk(line, frames.first, told) for line in worth]
        asked = [(walk, ask) for walk in walks if (ask := next(walk))]
        while asked:  # what lines ask for is read together
            answers = read_windows(
                np.stack([ask.audio for _, ask in asked]), [ask.digit for _, ask in asked]
            )
            walks = [walk for walk, _ in asked]
            asked = [
                (walk, ask)
                for walk, windows in zip(walks, answers, strict=True)
                if (ask := walk.send(windows))
            ]
        self._awake = {n for n in begins if not self._lines[n].asleep}
        return [event for _, _, event in sorted(told, key=lambda one: one[:2])]

    def _worth(self, slices: Slices, begins: dict[int, int]) -> Iterator[_Line]:
        """Yield the lines that are awake, or have two hot frames of one digit running.

        Args:
            begins: of each line that may be, from which frame on it is read: that before the
                slice is 0.
        """
        audio = slices.after(HISTORY, list(begins))
        frames = audio[:, HISTORY - FRAME :].reshape(len(begins), -1, FRAME)
        needed = np.arange(GROUP + 1) >= np.array(list(begins.values()))[:, np.newaxis]
        powers = np.zeros((len(begins), GROUP + 1, 8))
        shares = np.zeros((len(begins), GROUP + 1))
        read, above = digit_powers(frames[needed])
        powers[needed], shares[needed] = read.T, _shares(read, above)
        digits = 4 * powers[..., :4].argmax(axis=2) + powers[..., 4:].argmax(axis=2)
        digits[shares <= _PAIR_SHARE] = -1
        again = (digits[:, 1:] == digits[:, :-1]) & (digits[:, 1:] >= 0)
        again &= shares[:, 1:] + shares[:, :-1] >= _TWICE_SHARE
        hot = again.any(axis=1).tolist()
        for row, n in enumerate(begins):
            if hot[row] or n in self._awake:
                yield _Line(n, audio[row], powers[row], digits[row].tolist(), again[row].tolist())

    def _walk(
        self, of: _Line, first: int, told: list[_Told]
    ) -> Generator[_Ask | None, Windows, None]:
        """Bring a line from frame to frame; yield what it asks for, take that, and None last."""
        line = self._lines[of.n]
        read: dict[int, tuple[int, Windows]] = {}  # by digit: from which frame on, and what
        for k, again in enumerate(of.again):
            if not again and line.asleep:
                continue
            powers = of.powers[k + 1].tolist()
            now = Now(first + (k + 1) * FRAME, powers, of.digits[k + 1], again)
            events: list[Dtmf] = []
            for wanted in line.questions(now):
                begin, windows = read.get(wanted, (-_READ, None))
                if windows is None or k - begin >= _READ:
                    begin = min(k, GROUP - _READ)
                    at = HISTORY + (begin - _BEFORE) * FRAME
                    windows = yield _Ask(of.audio[at : at + _READ_SAMPLES], wanted)
                    read[wanted] = begin, windows
                seen = Look(windows, (k - begin) * _WINDOWS_A_FRAME)
                end = (k + 1) * FRAME
                events += line.answer(now, seen, of.audio[end : end + HISTORY])
            events += line.settle(now)
            told += [(now.sample, of.n, event) for event in events]
        yield None


def _most_shares(frames: Frames) -> Rough:
    """Return what `_shares` would give of exact readings, or a little more: float[lines, GROUP]."""
    off = frames.off
    above = frames.power - frames.below - off
    low, high = frames.tones[:4].max(axis=0), frames.tones[4:].max(axis=0)
    enough = np.minimum(low, high) + off > np.maximum(_WEAKEST, _WEAKER_SHARE * above)
    shares: Rough = (low + high + off) / np.maximum(above, 1.0)
    shares *= enough & (shares > _PAIR_SHARE)
    return shares


def _shares(powers: Floats, above: Floats) -> Floats:
    """Return how much of each frame may be a digit.

    Args:
        powers: float[8, n] of the low and high tones.
        above: float[n], the power above 500 Hz.

    Returns:
        float[n], the share of the strongest two, 0 where the weaker is too weak.
    """
    low, high = powers[:4].max(axis=0), powers[4:].max(axis=0)
    enough = np.minimum(low, high) > np.maximum(_WEAKEST, _WEAKER_SHARE * above)
    shares: Floats = (low + high) / np.maximum(above, 1.0) * enough
    return shares

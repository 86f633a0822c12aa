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

from collections.abc import Generator
from itertools import islice, pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsp.dtmf_figures import DTMF, DtmfFigures
from dsp.dtmf_fit import LOOK, Look, look
from dsp.dtmf_line import HISTORY, DtmfLine, Now
from dsp.events import Dtmf
from dsp.frames import FRAME, FrameBank, Frames, Rough, digit_powers, doubt
from dsp.tone_fit import Floats
from dsp.units import POWER_AT_0_DBM0

Samples = NDArray[np.int16]
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


class _Ask(NamedTuple):
    """What a line wants looked at: int16[HISTORY] up to the end of a frame, for a digit."""

    audio: Samples
    digit: int


#: A frame, read exactly: its powers, its digit (an index into KEYS, or -1 if it is not hot) and the
#: share of the strongest two.
_Reading = tuple[list[float], int, float]
_Told = tuple[int, int, Dtmf]  # the end of its frame, and its line from 0


class DtmfBank:
    """Every line's digits."""

    def __init__(self, lines: int, figures: DtmfFigures = DTMF) -> None:
        """Listen to lines numbered from 1, each as if after silence."""
        self._lines = [DtmfLine(n + 1, figures) for n in range(lines)]
        self._awake: set[int] = set()
        self._share = np.zeros((lines, 1), np.float32)  # the last frame's, at most
        self._frames = FrameBank(lines, HISTORY)

    def push(self, audio: Samples) -> list[Dtmf]:
        """Hear the next samples of every line.

        Args:
            audio: int16[lines, n], any n.

        Returns:
            The digits found to be over, in that order, by line within a frame.

        Raises:
            ValueError: audio of another shape or type; nothing of it is heard.
        """
        return [event for frames in self._frames.push(audio) for event in self.hear(frames)]

    def close(self) -> list[Dtmf]:
        """End the stream and return the digits that were still sounding."""
        return self.push(np.zeros((len(self._lines), _SILENCE_ENDS), np.int16))

    def hear(self, frames: Frames) -> list[Dtmf]:
        """Hear frames that another has read, with HISTORY on their tape, in the place of push."""
        shares = _most_shares(frames)
        before = np.concatenate((self._share, shares[:, :-1]), axis=1)
        self._share = shares[:, -1:]
        maybe = (shares + before >= _TWICE_SHARE) & (np.minimum(shares, before) > 0)
        lines = sorted(self._awake.union(np.flatnonzero(maybe.any(axis=1)).tolist()))
        return self._follow(frames, lines) if lines else []

    def _follow(self, frames: Frames, lines: list[int]) -> list[Dtmf]:
        """Go through lines that are awake, or in which something may be.

        What they ask for, each in a frame of its own, is looked at together.
        """
        tape = frames.tape[lines, -(frames.count + 1) * FRAME :]
        powers, above = digit_powers(tape.reshape(-1, FRAME))
        shares = _shares(powers, above)
        digits = 4 * powers[:4].argmax(axis=0) + powers[4:].argmax(axis=0)
        digits[shares <= _PAIR_SHARE] = -1
        read = zip(powers.T.tolist(), digits.tolist(), shares.tolist(), strict=True)
        told: list[_Told] = []
        walks = [self._walk(n, frames, list(islice(read, frames.count + 1)), told) for n in lines]
        asked = [(walk, ask) for walk in walks if (ask := next(walk))]
        while asked:
            audio = np.stack([ask.audio[-LOOK:] for _, ask in asked])
            looks = look(audio, [ask.digit for _, ask in asked])
            walks = [walk for walk, _ in asked]
            asked = [
                (walk, ask)
                for walk, seen in zip(walks, looks, strict=True)
                if (ask := walk.send(seen))
            ]
        self._awake = {n for n in lines if not self._lines[n].asleep}
        return [event for _, _, event in sorted(told, key=lambda one: one[:2])]

    def _walk(
        self, n: int, frames: Frames, readings: list[_Reading], told: list[_Told]
    ) -> Generator[_Ask | None, Look, None]:
        """Bring a line from frame to frame; yield what it asks for, take the look, and None last.

        Args:
            readings: of the frame before the first, and then of each.
        """
        line, end = self._lines[n], frames.tape.shape[1] - frames.count * FRAME
        for k, ((_, was, share_was), (powers, digit, share)) in enumerate(pairwise(readings), 1):
            again = digit >= 0 and digit == was and share_was + share >= _TWICE_SHARE
            if line.asleep and not again:
                continue
            now = Now(frames.first + k * FRAME, powers, digit, again)
            audio = frames.tape[n, end + k * FRAME - HISTORY : end + k * FRAME]
            events: list[Dtmf] = []
            for wanted in line.questions(now):
                seen = yield _Ask(audio, wanted)
                events += line.answer(now, seen, audio)
            events += line.settle(now)
            told += [(now.sample, n, event) for event in events]
        yield None


def _most_shares(frames: Frames) -> Rough:
    """Return what `_shares` would give of exact readings, or a little more: float[lines, count]."""
    off = doubt(frames.power)
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

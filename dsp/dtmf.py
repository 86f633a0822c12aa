"""DTMF digits on all lines at once.

Every 16 ms of every line go through one matrix product (dsp/frames.py), which reads the eight
tones and all that lies below 500 Hz. A frame is hot when its strongest low and its strongest high
tone hold enough of the power above 500 Hz. Two hot frames of one digit running earn the line a
closer look (dsp/dtmf_fit.py): once in eight seconds of speech, two or three times a digit. A
line's looks become digits in dsp/dtmf_line.py, by the figures of dsp/dtmf_figures.py.

An event is emitted when its digit is over, 22 to 38 ms after the tone's end, or after 2 s if it is
not. Its `sample` is the tone's start, its `believed` the end of the frame in which it was
recognised, 25 to 41 ms later; its level is the stronger tone's.

Source: ITU-T Q.23 (frequencies) and Q.24 (receivers).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.dtmf_figures import DTMF, DtmfFigures
from dsp.dtmf_fit import LOOK, look
from dsp.dtmf_line import HISTORY, DtmfLine, Now
from dsp.events import Dtmf
from dsp.frames import FRAME, FrameBank, Frames
from dsp.tone_fit import Floats
from dsp.units import POWER_AT_0_DBM0

Samples = NDArray[np.int16]
#: A hot frame's digit, an index into KEYS, and the share of its two tones.
_Hot = tuple[int, float]
_COLD: Final[_Hot] = (-1, 0.0)

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
        self._hot: dict[int, _Hot] = {}  # the last frame's, by line from 0
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
        count = frames.count
        powers = frames.tones.reshape(8, -1)
        shares = _shares(powers, (frames.power - frames.below).reshape(-1))
        hot: list[dict[int, _Hot]] = [{} for _ in range(count)]
        for at in np.flatnonzero(shares > _PAIR_SHARE).tolist():
            hot[at % count][at // count] = _strongest(powers[:, at].tolist()), float(shares[at])
        events: list[Dtmf] = []
        for frame, now in enumerate(hot):
            again = {n for n, each in now.items() if _together(each, self._hot.get(n))}
            self._hot = now
            if again or self._awake:
                events += self._step(frames, frame, again)
        return events

    def _step(self, frames: Frames, frame: int, again: set[int]) -> list[Dtmf]:
        """Bring every line that is awake, or woken by a second hot frame, to the frame's end."""
        awake = sorted(self._awake | again)
        after = (frame + 1) * FRAME
        end, powers = frames.first + after, frames.tones[:, :, frame]
        now = {
            n: Now(end, powers[:, n].tolist(), self._hot.get(n, _COLD)[0], n in again)
            for n in awake
        }
        asked = [(n, digit) for n in awake for digit in self._lines[n].questions(now[n])]
        events: list[Dtmf] = []
        if asked:
            tape = frames.tape[[n for n, _ in asked], after : after + HISTORY]
            looks = look(tape[:, -LOOK:], [digit for _, digit in asked])
            for (n, _), seen, audio in zip(asked, looks, tape, strict=True):
                events += self._lines[n].answer(now[n], seen, audio)
        for n in awake:
            events += self._lines[n].settle(now[n])
        self._awake = {n for n in awake if not self._lines[n].asleep}
        return events


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


def _together(now: _Hot, before: _Hot | None) -> bool:
    return before is not None and before[0] == now[0] and before[1] + now[1] >= _TWICE_SHARE


def _strongest(powers: list[float]) -> int:
    low, high = powers[:4], powers[4:]
    return 4 * low.index(max(low)) + high.index(max(high))

"""Fax machines and modems, by the tones with which they call and answer.

A speech codec spoils what follows these, so that a recorder must know before it does. In frames of
20 ms the share of the power that lies in one frequency is taken; a voice holds all of its power in
one for some frames, a machine for half a second:

    answer   2100 Hz   2.6 s and longer, turned over every 0.45 s where echo cancellers are to leave
    answer   2225 Hz   the same of a Bell modem
    calling  1100 Hz   a fax machine, 0.5 s every 3.5 s
    calling  1300 Hz   a modem, 0.5 s every 2 s

A whistle that lasts as long is taken for one: that costs room on the disk, and no sound.

Source: ITU-T V.25 (2100 and 1300 Hz, 15 Hz to either side; turned over after 450 ms, 25 ms more or
less), ITU-T T.30 (1100 Hz, 38 Hz to either side, 0.5 s, 15 % more or less; a level of -43 dBm is
heard), Bell 103 (2225 Hz). The other figures are bench values.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0

Samples = NDArray[np.int16]

FRAME: Final = AUDIO_HZ // 50
#: Frames heard at once: the cost is by the call, not by the sample.
CHUNK: Final = 16
#: Frames that a tone lasts: 0.4 s. Of the shortest, 425 ms, and of what lies between two turns of
#: the answer tone, 20 whole frames fill so much.
LASTS: Final = 20
#: 15 Hz off leaves 0.74 of the power in a frame's share, noise 6 dB below it 0.8 of that.
SHARE: Final = 0.55
LEAST_POWER: Final = POWER_AT_0_DBM0 * 10 ** (-43.0 / 10)


# fmt: off
#: 25 Hz from one to the next where a tone may be further off.
_TONES: Final = (
    ("calling", 1075.0), ("calling", 1100.0), ("calling", 1125.0),
    ("calling", 1300.0),
    ("answer",  2100.0),
    ("answer",  2225.0),
)
# fmt: on
_HZ: Final = np.array([hz for _, hz in _TONES])
_NAMES: Final = ("calling", "answer")
_OF_NAME: Final = [np.array([of == name for of, _ in _TONES]) for name in _NAMES]
#: Real and imaginary parts beside each other, so that one product gives both: float32[160, 12].
_WAVES: Final = np.exp(-2j * np.pi * np.outer(np.arange(FRAME), _HZ) / AUDIO_HZ)
_PARTS: Final = np.hstack((_WAVES.real, _WAVES.imag)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class DataTone:
    """Attributes: name, "calling" or "answer"; sample, of the stream, at which it was believed."""

    name: str
    sample: int


class DataToneEar:
    """Hears the first such tone of one stream. Not for two threads."""

    def __init__(self) -> None:
        self._frames: list[Samples] = []
        self._runs = np.zeros(len(_NAMES), np.int64)  # frames that each has lasted
        self._heard = 0

    def push(self, frame: Samples) -> DataTone | None:
        """Take the next frame: int16[160]; return the tone once it is believed."""
        self._frames.append(frame)
        if len(self._frames) < CHUNK:
            return None
        hot = _shares(np.stack(self._frames)) > SHARE
        self._frames.clear()
        began, self._heard = self._heard, self._heard + CHUNK * FRAME
        if not hot.any():
            self._runs[:] = 0
            return None
        return self._follow(hot, began)

    def _follow(self, hot: NDArray[np.bool_], began: int) -> DataTone | None:
        found = None
        for number, frame in enumerate(hot, 1):
            self._runs = np.where(frame, self._runs + 1, 0)
            if found is None and self._runs.max() >= LASTS:
                found = DataTone(_NAMES[int(self._runs.argmax())], began + number * FRAME)
        return found


def _shares(frames: Samples) -> NDArray[np.float64]:
    """Return the share of each frame's power in a calling and in an answer tone: float64[n, 2]."""
    audio = frames.astype(np.float32)
    energy = np.einsum("fn,fn->f", audio, audio).astype(np.float64)
    parts = (audio @ _PARTS).astype(np.float64) ** 2
    tones = 2 * (parts[:, : len(_HZ)] + parts[:, len(_HZ) :]) / FRAME
    shares = tones / np.maximum(energy, LEAST_POWER * FRAME)[:, None]
    return np.stack([shares[:, own].max(axis=1) for own in _OF_NAME], axis=1)

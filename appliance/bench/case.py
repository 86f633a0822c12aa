"""One test of a detector: a signal, what is in it, and what a standard asks of whoever hears it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.signals import AUDIO_HZ, Audio, to_int16, white_noise

Samples = NDArray[np.int16]
Group = Literal["dtmf", "caller_id", "tone", "speech", "line"]
#: hear: inside a published limit. refuse: outside one. report: in between, or none is published.
Must = Literal["hear", "refuse", "report"]

#: A line is never digitally silent; below any level that a standard asks to be heard.
THERMAL_DBM0 = -70.0


@dataclass(frozen=True)
class Sent:
    """One thing in the signal, or one thing heard in it.

    Attributes:
        kind: as the event is named.
        what: the digit, the tone's name, or a caller's facts as text.
        at_s: when it begins; of something heard, when it is said to have begun, if that is said.
        believed_s: of something heard, when that was known.
    """

    kind: str
    what: str
    at_s: float | None = None
    believed_s: float | None = None


@dataclass(frozen=True)
class Case:
    """Attributes.

    basis: the limit's source, or "bench value".
    standard: of caller ID and tones, what a receiver must be told beforehand.
    audio: int16[n], or None for a case of voltage alone.
    volts: int16[n], or None for a case of audio alone.
    """

    group: Group
    condition: str
    must: Must
    basis: str
    truth: tuple[Sent, ...]
    standard: str = ""
    audio: Samples | None = None
    volts: Samples | None = None

    @property
    def seconds(self) -> float:
        if self.audio is not None:
            return len(self.audio) / AUDIO_HZ
        return 0.0 if self.volts is None else len(self.volts) / 1000


def on_a_line(audio: Audio, rng: np.random.Generator) -> Samples:
    """Return int16[n] of audio with a quiet line's noise."""
    return to_int16(audio + white_noise(rng, len(audio), THERMAL_DBM0))


def silence(s: float) -> Audio:
    return np.zeros(round(s * AUDIO_HZ), np.float32)


def gain(db: float) -> float:
    return float(10 ** (db / 20))

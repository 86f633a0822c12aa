"""What the bridge hands on: blocks of all lines, gaps, and new epochs.

A board counts its audio samples from its own start. An epoch is a stretch of that count with no
step back; a new one begins when the board has restarted, and its samples count from 0 again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Block:
    """Every line over the same stretch of time.

    Attributes:
        sample: index of the first audio sample in this epoch.
        audio: int16[lines, n], 8 000 a second.
        volts: int16[lines, n // 8], 1 000 a second, 10 mV a step, tip minus ring. Filler for a loss
            that is no multiple of 8 may have one more, so that volts keep up with audio.
        clip_mask: bit n set: the converter of line n + 1 clipped within the block.
        fault_mask: bit n set: the board reports a fault of line n + 1's converter.
        filler: True where the samples were lost and silence stands in their place.
    """

    sample: int
    audio: Samples
    volts: Samples
    clip_mask: int = 0
    fault_mask: int = 0
    filler: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples lost before the block that follows.

    Attributes:
        sample: index of the first lost audio sample.
        lost: audio samples lost.
        reason: "adc" or "tx" (the board dropped them) or "link" (the wire did).
        filled: filler blocks follow; False when the gap is too long to stand silence in for it.
    """

    sample: int
    lost: int
    reason: str
    filled: bool


@dataclass(frozen=True, slots=True)
class Epoch:
    """The board started, or started again; sample indices count from first_sample on."""

    boot_id: int
    lines: int
    first_sample: int


Item = Block | Gap | Epoch

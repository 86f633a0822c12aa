"""What a detector is shown of one line: its voltage up to now, and not a sample further.

Time here is the index of a voltage sample (1 000 a second) since the start of the stream.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.units import VOLTS_PER_STEP

Volts = NDArray[np.float64]

#: The step of time in which voltage is judged: one period of 50 Hz hum, which its mean therefore
#: does not see; what 60 Hz leaves of itself in the mean is a sixth.
FRAME = 20
#: The shortest stretch that holds whole periods of both 50 and 60 Hz.
HUM_FREE = 100


@dataclass(frozen=True, slots=True)
class Trace:
    """One line's recent voltage.

    Attributes:
        steps: int16[n], the oldest at sample `first`; may reach beyond `now`.
        first: sample index of steps[0].
        now: end of the frame being judged: index of the first sample not yet seen.
    """

    steps: NDArray[np.int16]
    first: int
    now: int

    def volts(self, begin: int, end: int | None = None) -> Volts:
        """Return the volts of samples [begin, end), end being now if not given.

        What lies before the memory is left out: the result may be shorter than asked.
        """
        end = self.now if end is None else min(end, self.now)
        begin = max(begin, self.first)
        steps = self.steps[begin - self.first : max(end - self.first, 0)]
        return steps.astype(np.float64) * VOLTS_PER_STEP

    def frame(self) -> Volts:
        """Return the volts of the frame being judged: float[FRAME]."""
        return self.volts(self.now - FRAME)


def step_at(volts: Volts, before_v: float, after_v: float) -> int:
    """Return the index of the first sample after a step between two known levels.

    The least-squares choice: every sample counts, so that hum as large as half the step moves
    the edge by a few samples only.
    """
    if not len(volts):
        return 0
    lean = (volts - (before_v + after_v) / 2) * np.sign(before_v - after_v)
    return int(np.argmax(np.concatenate(([0.0], np.cumsum(lean)))))

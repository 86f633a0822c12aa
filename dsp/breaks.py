"""The makes and breaks of a loop that is off the hook.

```
 idle ─        ╭──╮   ╭──╮  short (a dial pulse)     ╭──────────────────╮  long (a flash, or a
               │  │   │  │                           │                  │   hang-up: time will tell)
 talk ─  ──────╯  ╰───╯  ╰───────────────────────────╯                  ╰──────
```

A short break is over when the loop has closed at all. A long one is over only when it has been
closed for longer than the trough of a ring, since after a hang-up the line may ring at once.
"""

from itertools import pairwise

import numpy as np

from dsp.trace import Trace

#: Shorter runs on either side are the noise of an edge, in samples. The shortest make that a dial
#: may give, 30 % of a 21.6 pps period, is 13.
RUN = 4
#: A half cycle at 15 Hz, the longest trough of a ring, is 33 samples.
TROUGH = 35
#: A loop closed for this long after a long break is a telephone's.
CLOSED = 60


class Breaks:
    """One loop's breaks.

    Args:
        short: a break of fewer samples is a dial pulse at most.

    Attributes:
        open_at: where the present break began, None while the loop is closed for good.
        closed_at: where the make began that may have ended a long break.
    """

    def __init__(self, short: float) -> None:
        self.open_at: int | None = None
        self.closed_at: int | None = None
        self._short = short
        self._scan = 0  # what lies before is sorted

    def start(self, at: int) -> None:
        """Take the loop as closed at sample `at`."""
        self.open_at = self.closed_at = None
        self._scan = at

    def skip(self, at: int) -> None:
        """Say that nothing changed before sample `at`."""
        self._scan = max(self._scan, at)

    def is_long(self, now: int) -> bool:
        """Say whether the present break is too long for a dial pulse."""
        return self.open_at is not None and now - self.open_at >= self._short

    def is_over(self, now: int) -> bool:
        """Say whether the present break, a long one, has ended for good."""
        return self.closed_at is not None and now - self.closed_at >= CLOSED

    def push(self, trace: Trace, open_v: float) -> list[tuple[int, int]]:
        """Sort the samples up to now.

        Args:
            open_v: the loop is open from this voltage on, a magnitude.

        Returns:
            The short breaks that have ended, as (begin, end).
        """
        high = np.abs(trace.volts(self._scan)) >= open_v
        edges = [0, *(np.flatnonzero(high[1:] != high[:-1]) + 1).tolist(), len(high)]
        first = trace.now - len(high)
        self._scan = trace.now
        short: list[tuple[int, int]] = []
        for begin, end in pairwise(edges):
            if begin == end or bool(high[begin]) == self._is_open:
                continue
            if end - begin >= RUN:
                short += self._turn(bool(high[begin]), first + begin)
            elif end == len(high):
                self._scan = first + begin  # too short yet: look again with the next frame
        return short

    @property
    def _is_open(self) -> bool:
        return self.open_at is not None and self.closed_at is None

    def _turn(self, opened: bool, at: int) -> list[tuple[int, int]]:
        if opened:
            self.open_at = at if self.open_at is None else self.open_at
            self.closed_at = None
        elif self.is_long(at):
            self.closed_at = at
        elif self.open_at is not None:
            begin, self.open_at = self.open_at, None
            return [(begin, at)]
        return []

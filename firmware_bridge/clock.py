"""When a sample was taken, in UTC, from when blocks arrived.

A block arrives some time after its last sample was taken, never before. The least late ones lie
on a line, and that line is the board's clock:

    arrival                              x
       |              x        x    x  .'
       |         x     x     .'  x   x'       x  arrivals
       |    x  x     x   . x'   . '          .' their lower envelope, the line
       |  x   .  x . '
       +--------------------------------- sample

Each 10 s the earliest arrival is kept, for 10 minutes. Their slope is the median of the slopes
between all pairs (Theil-Sen: a quarter of the windows may be spoilt by a busy host); the line
touches them from below. Until a minute has been seen the slope is the nominal one: 50 ppm are 3 ms
by then.

The board's counter is never resampled. A better line is slewed to within 1 s, so that time goes on
without a jump or a step back. UTC is the host's monotonic clock plus an offset; where the host's
clock is set, samples before keep the time they were given, and those behind it get the new one.

No clock is read here: host_clock.py does.

Source: H. Theil, "A rank-invariant method of linear and polynomial regression analysis", 1950;
P. K. Sen, J. American Statistical Association 63, 1968, 1379-1389.
"""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

AUDIO_HZ: Final = 8000
_NOMINAL_S: Final = 1 / AUDIO_HZ
#: A host busy for some seconds still lets one block through in time.
WINDOW: Final = 10 * AUDIO_HZ
#: 10 minutes: a crystal's drift with temperature is slower.
WINDOWS: Final = 60
#: A millisecond of jitter over fewer is 20 ppm and more: no better than the crystal's own name.
WINDOWS_FOR_DRIFT: Final = 6
REFIT: Final = AUDIO_HZ
SLEW: Final = AUDIO_HZ
#: A line that is nearer than this is not worth a new knot (the audio grid is 0.125 ms).
SLACK_S: Final = 0.0005
#: Time must go forward even where a hopelessly late first arrival is corrected.
SLOWEST: Final = 0.5
#: The host's two clocks are slewed as one, so that their difference moves only when one is set;
#: reading them one behind the other on a busy host costs less than this (bench value).
STEP_S: Final = 0.01
#: Some hours of knots: no call is longer.
KNOTS: Final = 4096
STEPS: Final = 64


class NoTimeYet(LookupError):
    """No block has arrived in this epoch, or the host's clock has not been told."""


@dataclass(frozen=True, slots=True)
class Step:
    """The host's clock was set.

    Attributes:
        sample: the newest sample when it was noticed; later ones have the new time.
        by_s: how far, in seconds; negative is back.
    """

    sample: int
    by_s: float


@dataclass(frozen=True, slots=True)
class _Knot:
    """From this sample on, time goes at this pace."""

    sample: int
    mono_s: float
    slope_s: float

    def mono_at(self, sample: float) -> float:
        return self.mono_s + (sample - self.sample) * self.slope_s


class Envelope:
    """The line under the earliest arrivals."""

    def __init__(self) -> None:
        self.slope_s = _NOMINAL_S
        self.windows = 0
        self._origin: tuple[float, float] | None = None
        self._kept: deque[tuple[float, float]] = deque(maxlen=WINDOWS)
        self._best = (0.0, np.inf)
        self._window_from = 0.0

    def push(self, sample: float, mono_s: float) -> None:
        """Add an arrival: the last sample of the block, and when it came, in seconds."""
        if self._origin is None:
            self._origin = (sample, mono_s)
        point = (sample - self._origin[0], mono_s - self._origin[1])
        if point[0] - self._window_from >= WINDOW:
            self._close_window(point[0])
        self._best = min(self._best, point, key=_lateness_s)

    def mono_at(self, sample: float) -> float:
        """Return the line's time at a sample. There must have been a push."""
        assert self._origin is not None
        x = sample - self._origin[0]
        points = [*self._kept, self._best]
        return self._origin[1] + x * self.slope_s + min(t - s * self.slope_s for s, t in points)

    def _close_window(self, now: float) -> None:
        self._kept.append(self._best)
        self.windows += 1
        self._best = (0.0, np.inf)
        self._window_from = now
        if self.windows >= WINDOWS_FOR_DRIFT:
            self.slope_s = _median_slope(np.array(self._kept))


class SampleClock:
    """One board's samples as UTC. For one thread.

    Attributes:
        steps: the last times the host's clock was set; whoever writes them down takes them out.
    """

    def __init__(self) -> None:
        self.steps: deque[Step] = deque(maxlen=STEPS)
        self._host_quality = "unsynced"
        self._offsets: list[tuple[int, float]] = []
        self.restart()

    def restart(self) -> None:
        """Begin a new epoch: forget what is known of the board, keep the host's offset."""
        self._envelope = Envelope()
        self._knots: list[_Knot] = []
        self._newest = 0
        self._refit_at = 0
        self._offsets = [(0, offset) for _, offset in self._offsets[-1:]]

    def push(self, sample: int, mono_s: float) -> None:
        """Add an arrival.

        Args:
            sample: one more than the last audio sample of the block.
            mono_s: when it had come, on the host's monotonic clock.
        """
        self._envelope.push(sample, mono_s)
        self._newest = max(self._newest, sample)
        if not self._knots:
            self._knots = [_Knot(sample, mono_s, _NOMINAL_S)]
            self._refit_at = sample + REFIT
        elif sample >= self._refit_at:
            self._refit_at = sample + REFIT
            self._steer(sample)

    def set_host(self, mono_s: float, utc_s: float, quality: str) -> Step | None:
        """Tell the host's two clocks, read together; return the step if one was set since.

        Args:
            quality: "ntp", "rtc" or "unsynced".
        """
        self._host_quality = quality
        offset = utc_s - mono_s
        if not self._offsets:
            self._offsets = [(0, offset)]
            return None
        by_s = offset - self._offsets[-1][1]
        if abs(by_s) < STEP_S:
            return None
        self._offsets = [*self._offsets[-STEPS:], (self._newest, offset)]
        step = Step(self._newest, by_s)
        self.steps.append(step)
        return step

    def utc_s(self, sample: int) -> float:
        """Return when a sample was taken, in seconds since 1970 (POSIX).

        It never goes back from one sample to a later one, but where the host's clock was set back.
        A sample ahead of the newest is an estimate.

        Raises:
            NoTimeYet: no block has arrived, or the host's clock has not been told.
        """
        if not self._knots or not self._offsets:
            raise NoTimeYet("no block of this epoch has arrived yet")
        knot = self._knots[max(0, bisect_right(self._knots, sample, key=_sample_of) - 1)]
        since = bisect_right(self._offsets, sample, key=lambda each: each[0])
        return knot.mono_at(sample) + self._offsets[since - 1][1]

    def quality(self, since: int) -> str:
        """Return how good the times from a sample to now are: "ntp" "rtc" "unsynced" "stepped".

        "stepped": the host's clock was set in between, so that the two ends are not on one scale.
        """
        stepped = len(self._offsets) > 1 and self._offsets[-1][0] > since
        return "stepped" if stepped else self._host_quality

    @property
    def drift_ppm(self) -> float | None:
        """How much faster than 8 000 Hz the board samples, by the host's clock; None: too early."""
        if self._envelope.windows < WINDOWS_FOR_DRIFT:
            return None
        return (_NOMINAL_S / self._envelope.slope_s - 1) * 1e6

    def _steer(self, sample: int) -> None:
        knot, target_s = self._knots[-1], self._envelope.mono_at(sample + SLEW)
        if abs(knot.mono_at(sample + SLEW) - target_s) < SLACK_S:
            return
        here_s = knot.mono_at(sample)
        slope_s = max((target_s - here_s) / SLEW, SLOWEST * _NOMINAL_S)
        self._knots = [*self._knots[-KNOTS + 1 :], _Knot(sample, here_s, slope_s)]


def _sample_of(knot: _Knot) -> int:
    return knot.sample


def _lateness_s(point: tuple[float, float]) -> float:
    return point[1] - point[0] * _NOMINAL_S


def _median_slope(points: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    """Return the median of the slopes between all pairs of points float[n, 2]."""
    first, second = np.triu_indices(len(points), 1)
    run, rise = (points[second] - points[first]).T
    return float(np.median(rise / run))

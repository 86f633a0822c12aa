"""The latest audio of all lines, in slices of 640 ms, for all who listen to it.

The cost of hearing is by the call and by the copy. So the stream is copied once, as it comes, and
heard when a slice is whole; who looks further back reads it here.

```
    stream   |---------|---------|---------|---------|----.....   KEPT slices, and one that fills
                                           latest     ^ filled
```

Slices lie on a grid of the stream's own, so that no event depends on how it was cut.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from dsp.events import Event

Samples = NDArray[np.int16]
Rough = NDArray[np.float32]
Heard = TypeVar("Heard", bound=Event)

#: Samples of a slice, 640 ms: 40 frames of 16 ms, 32 of 20 ms, 64 of 10 ms. Longer ones cost less;
#: but what was keyed or said before a hang-up must be known before that is, 1 s after it.
SLICE: Final = 5120
#: Slices that can be looked back upon, 5.1 s: the longest burst of caller ID and what surrounds it.
KEPT: Final = 8


class Slices:
    """A ring of slices.

    Attributes:
        now: sample of the stream at which the latest whole slice ends.
        end: of what was heard; what lies beyond is silence put there by `silence`.
        rough: float32[lines, SLICE], the latest whole slice. It holds until the next is whole.
    """

    def __init__(self, lines: int) -> None:
        """Begin as if after silence."""
        # Written to at once: memory first touched while lines are heard costs time then.
        self._ring = np.full((KEPT + 1, lines, SLICE), 0, np.int16)
        self.rough = np.full((lines, SLICE), 0, np.float32)
        self._filled = 0
        self.now = self.end = 0

    @property
    def filled(self) -> int:
        """How many samples the slice that fills has."""
        return self._filled

    def fill(self, audio: Samples) -> int:
        """Take samples of every line up to the end of a slice; return how many were taken.

        Args:
            audio: int16[lines, n].
        """
        slot = self._ring[self.now // SLICE % (KEPT + 1)]
        piece = audio[:, : SLICE - self._filled]
        taken: int = piece.shape[1]
        slot[:, self._filled : self._filled + taken] = piece
        self._filled += taken
        self.end += taken
        return taken

    def turn(self) -> bool:
        """Make the slice that fills the latest one, if it is whole; return whether it is."""
        if self._filled < SLICE:
            return False
        self._filled = 0
        self.now += SLICE
        np.copyto(self.rough, self.latest)
        return True

    def silence(self, slices: int) -> Iterator[None]:
        """Let silence follow the end of the stream, until so many slices are whole."""
        end = self.end
        for _ in range(slices):
            self.fill(np.zeros((len(self.rough), SLICE), np.int16))
            self.end = end
            self.turn()
            yield

    @property
    def latest(self) -> Samples:
        """The latest whole slice: int16[lines, SLICE], a view."""
        return self._slice(self.now // SLICE - 1)

    def after(self, before: int, lines: list[int] | NDArray[np.intp]) -> Samples:
        """Return the latest slice of some lines, from 0, and so much before it, up to SLICE.

        Returns:
            int16[len(lines), before + SLICE].
        """
        audio = np.empty((len(lines), before + SLICE), np.int16)
        audio[:, :before] = self._slice(self.now // SLICE - 2)[lines, SLICE - before :]
        audio[:, before:] = self.latest[lines]
        return audio

    def of(self, line: int, begin: int, end: int) -> Samples:
        """Return [begin, end) of a line, from 0: int16[end - begin].

        Args:
            begin: no further back than KEPT slices; what lies before the stream is silence.
            end: `now` at most.
        """
        first, last = begin // SLICE, -(-end // SLICE)
        audio = np.concatenate([self._slice(k)[line] for k in range(first, last)])
        return audio[begin - first * SLICE : end - first * SLICE]

    def _slice(self, number: int) -> Samples:
        one: Samples = self._ring[number % (KEPT + 1)]
        return one


class Ear(ABC, Generic[Heard]):
    """A detector that hears the audio of all lines.

    In a LineBank, `hear` is called for each slice that all ears share; `push` and `close` are for
    an ear by itself.

    Attributes:
        count: of lines.
        after: slices of silence by the end of which all that sounds is over.
    """

    after: int = 1

    def __init__(self, lines: int) -> None:
        """Hear so many lines, the first of which is line 1, each as if after silence."""
        self.count = lines
        self._own: Slices | None = None

    @abstractmethod
    def hear(self, slices: Slices) -> Sequence[Heard]:
        """Hear the latest slice and return what has become known."""

    def finish(self) -> Sequence[Heard]:
        """End the stream, after `after` slices of silence, and return what was not over."""
        return []

    def push(self, audio: Samples) -> list[Heard]:
        """Add audio and return what has become known by the last whole slice.

        Args:
            audio: int16[lines, n], any n.

        Raises:
            ValueError: audio of another shape or type; nothing of it is heard.
        """
        check(audio, self.count)
        own = self._slices()
        events: list[Heard] = []
        at = 0
        while at < audio.shape[1]:
            at += own.fill(audio[:, at:])
            if own.turn():
                events += self.hear(own)
        return events

    def close(self) -> list[Heard]:
        """End the stream and return what was still sounding, or not yet known."""
        own = self._slices()
        events = [event for _ in own.silence(self.after + 1) for event in self.hear(own)]
        return [at_latest(event, own.end) for event in [*events, *self.finish()]]

    def _slices(self) -> Slices:
        if self._own is None:
            self._own = Slices(self.count)
        return self._own


def check(audio: Samples, lines: int) -> None:
    """Raise ValueError if audio is not int16[lines, n]."""
    if audio.ndim != 2 or len(audio) != lines or audio.dtype != np.int16:
        raise ValueError(f"audio is {audio.dtype}{list(audio.shape)}, want int16[{lines}, n]")


def at_latest(event: Heard, end: int) -> Heard:
    """Return an event as of the stream's end at the latest: what followed it is not of it."""
    if event.believed <= end:
        return event
    return replace(event, sample=min(event.sample, end), believed=end)

"""Announcements heard on the lines that are listened to.

What is read of a line is kept for a window somewhat longer than twice the longest announcement,
and searched when the window is full or the call is over.

`score` is the median of the sections' correlations (dsp/announcement.py): half of the
announcement, or more, is on the line with at least this correlation. 1 is the announcement and
nothing else; another talker as loud leaves 0.4 to 0.75; without it the correlation does not reach
0.17. An announcement of which less than half was played is none.

```
     window: ├──────────── starts searched ────────────┼── longest ──┤
       next:                                           ├──────────── ...
```
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from dsp.announcement import (
    BANDS_HZ,
    HOP,
    HOPS_PER_S,
    SHIFT,
    Announcement,
    BandReader,
    Bands,
    MatchedFilters,
    Samples,
    announcement,
    squares,
)
from dsp.events import Event, Notice
from dsp.units import AUDIO_HZ

#: Mean squared correlation from which a peak is looked at. In 18 h of prompts (six voices, seven
#: speeds) the highest was 0.013; with another talker as loud, and 200 ppm off, the lowest 0.10.
SEARCH_LEAST: Final = 0.035
#: Score from which it is the announcement: with another talker as loud, the lowest was 0.31.
LEAST_SCORE: Final = 0.25
#: A peak is no wider than this to either side: a window and a hop.
PEAK_HOPS: Final = 3


@dataclass(frozen=True)
class _Find:
    start: int  # sample of the stream
    score: float
    samples: int


class NoticeBank:
    """Listens for announcements on the lines that it is told to."""

    def __init__(self, lines: int, announcements: Sequence[Samples]) -> None:
        """Listen to no line yet.

        Args:
            announcements: each as `announcement` takes it; without one nothing is done.

        Raises:
            ValueError: see `announcement`.
        """
        self._lines = lines
        prepared = [announcement(audio) for audio in announcements]
        self._longest = max((one.hops for one in prepared), default=HOPS_PER_S)
        self._window = 1 << (2 * self._longest + HOPS_PER_S).bit_length()  # more than twice that
        self._searches = [MatchedFilters(one, self._window) for one in prepared]
        self._second = np.zeros((lines, AUDIO_HZ), np.int16)  # the one not read yet
        self._in_second = 0
        self._reader = BandReader(lines)
        # Nothing of this is used, nor memory for it touched, for lines not listened to.
        self._bands = np.zeros((len(BANDS_HZ), lines, self._window), np.complex64)
        self._first = 0  # hop of the stream at which the window begins
        self._filled = 0  # hops of the window
        self._on = np.zeros(lines, np.bool_)
        self._on_in_second = np.zeros(lines, np.bool_)
        self._read_to = np.zeros(lines, np.int_)  # hop up to which a line's bands are not zero
        self._last = [_Find(-1_000_000, 0.0, 0) for _ in range(lines)]

    def listen(self, line: int, *, on: bool) -> list[Event]:
        """Begin or end to listen to a line, and return what was found at the end."""
        i = line - 1
        ended = self._on[i] and not on
        self._on[i] = on
        self._on_in_second[i] |= on
        return self._end([i]) if ended else []

    def push(self, audio: Samples) -> list[Event]:
        """Add audio of all lines and return the announcements found in it.

        Args:
            audio: int16[lines, n], any n.

        Raises:
            ValueError: it is of another number of lines.
        """
        if audio.ndim != 2 or len(audio) != self._lines:
            raise ValueError(f"audio of shape {audio.shape}, want ({self._lines}, n)")
        events: list[Event] = []
        at = 0
        while at < audio.shape[1]:
            piece = audio[:, at : at + AUDIO_HZ - self._in_second]
            at += piece.shape[1]
            self._second[:, self._in_second : self._in_second + piece.shape[1]] = piece
            self._in_second += piece.shape[1]
            if self._in_second == AUDIO_HZ:
                events += self._hear_second()
        return events

    def close(self) -> list[Event]:
        """End the stream, and return what is found at its end."""
        return self._end(np.flatnonzero(self._on).tolist())

    @property
    def _now(self) -> int:
        """The sample up to which the stream has come."""
        return (self._first + self._filled) * HOP + self._in_second

    def _hear_second(self) -> list[Event]:
        rows = np.flatnonzero(self._on_in_second)
        self._read(rows, AUDIO_HZ)
        self._filled += HOPS_PER_S
        self._in_second = 0
        self._on_in_second = self._on.copy()
        if self._filled + HOPS_PER_S <= self._window:
            return []
        starts = self._filled - self._longest
        heard = np.flatnonzero(self._read_to > self._first)
        events = self._search(heard, starts)
        self._bands[:, heard, : self._longest] = self._bands[:, heard, starts : self._filled]
        self._bands[:, heard, self._longest :] = 0
        self._first += starts
        self._filled = self._longest
        return events

    def _read(self, rows: NDArray[np.int_], samples: int) -> None:
        """Read the bands of some lines in the first samples of this second."""
        hops = samples // HOP
        if not len(rows) or not hops or not self._searches:
            return
        end = self._filled + hops
        audio = np.ascontiguousarray(self._second[rows, : hops * HOP])
        self._bands[:, rows, self._filled : end] = self._reader.read(rows, audio)
        self._read_to[rows] = self._first + end

    def _end(self, lines: list[int]) -> list[Event]:
        """Search what has been heard of some lines, and forget it."""
        rows = np.array(lines, np.int_)
        self._read(rows, self._in_second)
        events = self._search(rows, min(self._filled + HOPS_PER_S, self._window))
        self._bands[:, rows] = 0
        self._on_in_second[rows] = False
        self._read_to[rows] = 0
        return events

    def _search(self, rows: NDArray[np.int_], starts: int) -> list[Event]:
        """Search line by line: little is then handled at a time, and always as much."""
        events: list[Event] = []
        for row in rows.tolist() if self._searches else []:
            spectra: Bands = scipy.fft.fft(self._bands[:, row], axis=1)
            found = [
                find
                for search in self._searches
                for find in self._finds(search.what, row, search.correlate(spectra, starts))
            ]
            events += self._events(row, found)
        return events

    def _finds(
        self, what: Announcement, row: int, likeness: NDArray[np.float32]
    ) -> Iterator[_Find]:
        """Yield what the peaks are; an echo has one of its own, of a lower score."""
        while likeness[peak := int(likeness.argmax())] >= SEARCH_LEAST:
            starts = range(peak - 1, peak + 2)
            near = np.concatenate([squares(what, self._bands[:, row], k) for k in starts])
            best = int(near.sum(axis=1).argmax())
            score = float(np.sqrt(np.median(near[best])))
            if score >= LEAST_SCORE:
                start = (self._first + peak - 1) * HOP + best * SHIFT
                yield _Find(start, min(score, 1.0), what.hops * HOP)
            likeness[max(0, peak - PEAK_HOPS) : peak + PEAK_HOPS] = 0

    def _events(self, row: int, finds: list[_Find]) -> Iterator[Event]:
        """Yield one event for each time it was played: where two overlap, of the better find."""
        kept: list[_Find] = []
        for find in sorted(finds, key=lambda f: -f.score):
            if all(_apart(find, other) for other in (*kept, self._last[row])):
                kept.append(find)
        for find in sorted(kept, key=lambda f: f.start):
            self._last[row] = find
            yield Notice(
                line=row + 1,
                sample=max(find.start, 0),
                believed=self._now,
                score=round(find.score, 3),
            )


def _apart(one: _Find, other: _Find) -> bool:
    return abs(one.start - other.start) >= min(one.samples, other.samples) // 2

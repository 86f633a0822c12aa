"""The announcement that the call is recorded, and how like it a stretch of a call is.

The line is listened to in two narrow bands where every voice is strong. Each band is read 250
times a second and limited: its phase is kept, its level is not. So limited, speech is white noise
of constant level, whatever its loudness and colour, against which a matched filter is the best
that can be done, and its false finds are the same on every line.

```
 audio ─ band 500 Hz ─ limit ─┐   ┌─ section 1 ─ |·|² ─┐
                              ├───┼─ section 2 ─ |·|² ─┼─ mean ─ peak? ─ score
 audio ─ band 900 Hz ─ limit ─┘   └─ ...               ─┘   (by FFT, once in some seconds)
```

A clock 200 ppm off turns a band by a twentieth of a cycle within a section, and moves the last of
ten seconds by half a reading: sections are therefore correlated by themselves, and put together
without their phase. A gap, or a loud word, takes some sections and leaves the others.

Source: North, "An analysis of the factors which determine signal/noise discrimination in pulsed
carrier systems", Proc. IEEE 51 (1963) 1016 (matched filter); the rest are bench values.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from dsp.units import AUDIO_HZ, FULL_SCALE, FULL_SCALE_SINE_DBM0

Samples = NDArray[np.int16]
Bands = NDArray[np.complex64]

#: Middle of each band; the width of a band's Hann window of 8 ms is 190 Hz.
BANDS_HZ: Final = (500.0, 900.0)
#: Samples from one reading to the next, 4 ms: half of the window.
HOP: Final = 32
HOPS_PER_S: Final = AUDIO_HZ // HOP
#: Samples between the alignments that a peak is looked at with.
SHIFT: Final = 4
#: A reading weaker than a sine at this level is noise, and is let through weakly.
FLOOR_DBM0: Final = -58.0
#: Parts of the announcement weaker than this, under its mean, are its pauses.
PAUSE_DB: Final = -25.0
#: Length of the sections that give the score, and of those, coarser, that are searched for.
SECTION_S: Final = 0.65
SEARCH_S: Final = 2.6
#: Shorter announcements cannot be told from speech; of longer ones the beginning is looked for.
LEAST_S: Final = 2.0
MOST_S: Final = 20.0

_STEPS: Final = 24  # of the window's whole numbers


def _window() -> NDArray[np.float32]:
    """Return both halves of each band's window: float32[2 halves * (real, imaginary) * K, HOP].

    Whole numbers, so few that what they make of any int16 is below 2 ** 24: sums are then exact
    in any order, and the same readings come out however many lines are read together. So coarse
    they still keep out what is out of band by 45 dB.
    """
    k = np.arange(2 * HOP)
    hann = np.sin(np.pi * (k + 0.5) / (2 * HOP)) ** 2
    waves = hann * np.exp(-2j * np.pi * np.outer(BANDS_HZ, k / AUDIO_HZ))
    parts = np.rint(np.stack((waves.real, waves.imag)) * _STEPS)
    halves = np.stack((parts[:, :, :HOP], parts[:, :, HOP:]))
    return np.ascontiguousarray(halves.reshape(-1, HOP), np.float32)


_WINDOW: Final = _window()
#: What a sine at FLOOR_DBM0 reads: half its peak, times the sum of the window, which is HOP.
_FLOOR: Final = np.float32(
    FULL_SCALE * 10 ** ((FLOOR_DBM0 - FULL_SCALE_SINE_DBM0) / 20) / 2 * HOP * _STEPS
)


class BandReader:
    """Reads the bands of all lines; what it keeps is the half window that waits for the other."""

    def __init__(self, lines: int) -> None:
        self._begun = np.zeros((2, len(BANDS_HZ), lines), np.float32)

    def read(self, rows: NDArray[np.int_], audio: Samples) -> Bands:
        """Return the limited bands of audio[rows, n * HOP] as complex64[K, rows, n].

        A reading's window ends with its hop, and begins with the hop before.
        """
        hops = audio.reshape(-1, HOP).astype(np.float32)
        halves = (_WINDOW @ hops.T).reshape(2, 2, len(BANDS_HZ), len(rows), -1)
        read = halves[1]
        read[..., 1:] += halves[0, ..., :-1]
        read[..., 0] += self._begun[:, :, rows]
        self._begun[:, :, rows] = halves[0, ..., -1]
        return _limit(read)


def _limit(parts: NDArray[np.float32]) -> Bands:
    """Keep the phase of float32[(real, imaginary), ...], and the level below the floor."""
    scale = 1 / (np.sqrt(parts[0] * parts[0] + parts[1] * parts[1]) + _FLOOR)
    limited = np.empty(parts.shape[1:], np.complex64)
    limited.real, limited.imag = parts[0] * scale, parts[1] * scale
    return limited


@dataclass(frozen=True)
class Announcement:
    """What is looked for; `announcement` makes one.

    Attributes:
        phases: complex64[HOP // SHIFT, K, n], limited to 1, 0 in pauses; the first as it reads when
            it begins with a reading's hop, the others each SHIFT samples later.
        edges: of the sections, int[sections + 1].
        search: of the coarser sections.
    """

    phases: Bands
    edges: NDArray[np.int_]
    search: NDArray[np.int_]

    @property
    def hops(self) -> int:
        return int(self.phases.shape[2])

    def sections(self, edges: NDArray[np.int_]) -> Iterator[tuple[int, int]]:
        return zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)


def announcement(audio: Samples) -> Announcement:
    """Prepare an announcement.

    Args:
        audio: int16[n], 8 000 a second; silence at either end is no part of it but for the time
            at which it is said to begin.

    Raises:
        ValueError: it is not int16[n], is shorter than LEAST_S, or is nearly all silence.
    """
    if audio.ndim != 1 or audio.dtype != np.int16:
        raise ValueError(f"an announcement of {audio.dtype}{list(audio.shape)}, want int16[n]")
    audio = audio[: round(MOST_S * AUDIO_HZ)]
    if len(audio) < LEAST_S * AUDIO_HZ:
        raise ValueError(f"an announcement of {len(audio) / AUDIO_HZ:.2f} s, want {LEAST_S} s")
    phases = np.stack([_phases(audio, shift) for shift in range(0, HOP, SHIFT)])
    if np.count_nonzero(phases[0]) < LEAST_S * HOPS_PER_S:
        raise ValueError("the announcement is nearly all silence")
    n = phases.shape[2]
    return Announcement(phases, _edges(n, SECTION_S), _edges(n, SEARCH_S))


def _phases(audio: Samples, shift: int) -> Bands:
    """Return an announcement that begins `shift` samples after the first hop: complex64[K, n]."""
    hops = -(-len(audio) // HOP) + 1
    padded = np.pad(audio, (shift, hops * HOP - len(audio) - shift))
    limited = BandReader(1).read(np.array([0]), padded[None])[:, 0]
    strength = np.abs(limited)
    level = strength / np.maximum(1.0 - strength, 1e-6)  # before it was limited, in floors
    loud = level**2 > np.mean(level**2, axis=1, keepdims=True) * 10 ** (PAUSE_DB / 10)
    spoken = np.where(loud & (level > 1.0), limited / np.maximum(strength, 1e-6), 0)
    return spoken.astype(np.complex64)


def _edges(n: int, section_s: float) -> NDArray[np.int_]:
    count = max(2, round(n / (section_s * HOPS_PER_S)))
    return np.rint(np.linspace(0, n, count + 1)).astype(np.int_)


class MatchedFilters:
    """One announcement's matched filters for a window of the lines' bands."""

    def __init__(self, what: Announcement, window: int) -> None:
        self.what = what
        edges = list(what.sections(what.search))
        sections = np.zeros((len(edges), len(BANDS_HZ), window), np.complex64)
        for section, (begin, end) in zip(sections, edges, strict=True):
            section[:, begin:end] = what.phases[0, :, begin:end]
        weight = np.abs(sections).sum(axis=2, keepdims=True)
        sections /= np.maximum(weight, 1) * np.sqrt(np.float32(np.count_nonzero(weight)))
        self._filters: Bands = np.conj(scipy.fft.fft(sections, axis=2))

    def correlate(self, spectra: Bands, starts: int) -> NDArray[np.float32]:
        """Return a line's mean squared correlation at each start: float32[starts].

        Args:
            spectra: complex64[K, window].
        """
        found = scipy.fft.ifft(spectra * self._filters, axis=2, overwrite_x=True)[:, :, :starts]
        likeness: NDArray[np.float32] = (found.real**2 + found.imag**2).sum(axis=(0, 1))
        return likeness


def squares(what: Announcement, bands: Bands, start: int) -> NDArray[np.float64]:
    """Return the squared correlations at a start: float[HOP // SHIFT, sections].

    Sections that are all pause are left out. In full precision and one line at a time, so that a
    score does not depend on other lines.

    Args:
        bands: complex64[K, n] of one line.
        start: hop of it at which the announcement would begin; it may reach beyond either end.
    """
    begin, end = max(start, 0), min(start + what.hops, bands.shape[1])
    heard = np.zeros(what.phases.shape[1:], np.complex128)
    heard[:, begin - start : end - start] = bands[:, begin:end]
    found = np.add.reduceat(heard * np.conj(what.phases), what.edges[:-1], axis=2)
    most = np.add.reduceat(np.abs(what.phases), what.edges[:-1], axis=2)
    shares = (found.real**2 + found.imag**2) / np.maximum(most, 1.0) ** 2
    bands_spoken = np.count_nonzero(most, axis=1)
    means: NDArray[np.float64] = shares.sum(axis=1) / np.maximum(bands_spoken, 1)
    return means[:, bands_spoken.all(axis=0)]

"""Caller ID on all lines at once: finds the bursts, and has each read once, when it is over.

A burst of FSK is a tone between 1.1 and 2.3 kHz for a fifth of a second or more. To find one it is
enough to look at 5 ms of every 20, all lines in one matrix product, and ask how much of what is
heard lies in that band:

    stream   |----|----|----|----|----|----|----|----|----|----|----|----|----|
    looks     .    .    .    #    #    #    #    #    #    #    .    .    .      # = in the band
    burst            |<- begins: 7 of 8 looks in the band           ends: 4 in a row are not ->|

Bursts are found a slice of 640 ms at a time (dsp/slices.py). A burst that is over must be steady
somewhere for as long as the shortest message, in the band nearly throughout, of one level but for
the slope of the line, and have a mark in it and after that two tones by turns, before it is worth
reading. Each of these is asked of what passed the one before, of all lines together where it costs
by the call: of a thousand seconds of prompts, 430 bursts begin, 41 are steady, 32 of one level, 1
is read.

Any line may be heard at any time: between the rings, before the first one, after the silent first
answer of Japan's number display, in a call that another call waits behind. What makes a caller of
a noise is a message whose check is right. A burst that is clearly one and cannot be read is told
too, as `decode_failed`: the line's owner pays for a service that does not work.

Source: ETSI EN 300 659-1, Telcordia GR-30-CORE (a burst and what surrounds it). Figures without a
source are bench values.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.caller_id_burst import BEFORE, read_burst
from dsp.caller_id_screen import LEAST_SHARE, LONGEST, LOOK, are_steady, has_message, look
from dsp.events import CallerId
from dsp.slices import SLICE, Ear, Slices

Samples = NDArray[np.int16]
Floats = NDArray[np.float32]
#: A burst: its line from 0, its first look, and how many it has.
Looked = tuple[int, int, int]

#: Samples from look to look.
STEP: Final = 160
#: Looks of a slice.
LOOKS: Final = SLICE // STEP

#: A burst begins with so many of so many looks in the band: 160 ms. The shortest message, a
#: reason of Japan's number display, lasts 183.
_BEGIN: Final = 7
_BEGIN_OF: Final = 8
#: And ends with as many in a row that are not.
_END: Final = 4

#: Share of its looks, between the first and the last, that are in the band; and of these, how many
#: are as clear as all are at 10 dB over white noise.
_LEAST_DENSITY: Final = 0.75
_CLEAR_SHARE: Final = 0.72
#: Between the weaker and the stronger fifth of them: a slope of 10 dB, and what a look errs; voices
#: vary more.
_MOST_SPREAD: Final = 10 ** (13 / 10)
#: 16 dB under the median, or the seventh strongest, they are of the line's noise.
_NOISE: Final = 0.025
#: The last of them, so many looks after the one before, is noise after the end.
_APART: Final = 2
_LEAST_LOOKS: Final = 7
#: Looks remembered: of the longest burst, when its last is in the oldest place of a slice.
_SEEN: Final = LONGEST + LOOKS + _BEGIN_OF


def _counting(length: int) -> Floats:
    """Return float[_BEGIN_OF + LOOKS, LOOKS + 1]: what counts so many looks up to each."""
    ago = np.arange(_BEGIN_OF - 1, _BEGIN_OF + LOOKS) - np.arange(_BEGIN_OF + LOOKS)[:, None]
    return ((ago >= 0) & (ago < length)).astype(np.float32)


_COUNTING: Final = np.hstack((_counting(_BEGIN_OF), _counting(_END)))


@dataclass(slots=True)
class _Burst:
    """One line's looks in the band, in progress.

    Attributes:
        begin: the first look that is not of a burst given already.
        told: what goes on was given at its greatest length.
    """

    begin: int
    told: bool = False


#: A line, its burst, up to which look, and whether it goes on.
_Looks = tuple[int, _Burst, int, bool]


class CallerIdBank(Ear[CallerId]):
    """Hears caller ID in FSK on all lines."""

    def __init__(self, lines: int) -> None:
        super().__init__(lines)
        self._now = 0  # end of what was screened
        self._energy = np.zeros((lines, _SEEN), np.float32)  # of the latest looks
        self._share = np.zeros((lines, _SEEN), np.float32)
        self._bursts: dict[int, _Burst] = {}

    def hear(self, slices: Slices) -> list[CallerId]:
        seen = look(slices.rough.reshape(-1, LOOKS, STEP)[:, :, :LOOK])
        self._energy = np.concatenate((self._energy[:, LOOKS:], seen.energy), axis=1)
        self._share = np.concatenate((self._share[:, LOOKS:], seen.share), axis=1)
        self._now = slices.now
        over = sorted(self._over(), key=lambda looks: looks[0])
        steady = compress(over, self._steady(over)) if over else []
        parts = [burst for looks in steady for burst in self._parts(*looks)]
        bursts = [burst for burst in parts if self._may_be_fsk(*burst)]
        if not bursts:
            return []
        worth = has_message([_audio(slices, *burst) for burst in bursts])
        return [event for burst in compress(bursts, worth) for event in self._read(slices, *burst)]

    def _steady(self, over: list[_Looks]) -> list[bool]:
        """Say of looks in the band whether they are steady."""
        firsts = np.array([_origin(burst, end) for _, burst, end, _ in over])[:, None]
        lines, ends = np.array([(i, end) for i, _, end, _ in over]).T[:, :, None]
        counts = ends - firsts
        looks = np.minimum(np.arange(counts.max()), counts - 1) + firsts - self._now // STEP
        return are_steady(self._energy[lines, looks], self._share[lines, looks])

    def _over(self) -> Iterator[_Looks]:
        """Yield lines whose looks in the band have ended, or go on for longer than a slice."""
        first = self._now // STEP - LOOKS
        for i, k, before in _turns(self._share[:, -_BEGIN_OF - LOOKS :] > LEAST_SHARE):
            burst = self._bursts.get(i)
            if before and burst is None:
                self._bursts[i] = _Burst(first + k - before)
            elif burst is not None and not before:
                del self._bursts[i]
                yield i, burst, first + k + 1, False
        for i, burst in self._bursts.items():
            if first - burst.begin >= LOOKS:
                yield i, burst, first + LOOKS, True

    def _parts(self, i: int, burst: _Burst, end: int, goes_on: bool) -> Iterator[Looked]:
        """Yield what is over by a look, of the looks in the band since the last that was given.

        What a codec's rounding leaves of hum may be in the band throughout: what is so much
        stronger is a burst by itself.
        """
        origin = _origin(burst, end)
        looks = slice(_SEEN - (self._now // STEP - origin), _SEEN - (self._now // STEP - end))
        heard = np.where(self._share[i, looks] > LEAST_SHARE, self._energy[i, looks], 0)
        for begin, last in _strong(heard.tolist()):
            is_over = not goes_on or end - origin - last > _END
            was_told = burst.told and not begin
            if is_over:
                burst.begin, burst.told = origin + last + 1, False
            elif last + 1 - begin == LONGEST:
                burst.told = True
            else:
                continue
            if not was_told:
                yield i, origin + begin, min(last + 1 + _END, end - origin) - begin

    def _may_be_fsk(self, i: int, first: int, count: int) -> bool:
        at = _SEEN - (self._now // STEP - first)
        return _may_be_fsk(self._energy[i, at : at + count], self._share[i, at : at + count])

    def _read(self, slices: Slices, i: int, first: int, count: int) -> Iterator[CallerId]:
        for standard, message in read_burst(_audio(slices, i, first, count, BEFORE)):
            yield CallerId(
                line=i + 1,
                sample=first * STEP,
                believed=self._now,
                standard=standard,
                number=message.number,
                name=message.name,
                dialled=message.dialled,
                time=message.time,
                absence=message.absence,
                valid=message.valid,
            )


def _origin(burst: _Burst, end: int) -> int:
    """Return the first look of a burst that is looked back upon."""
    return max(burst.begin, end - LONGEST)


def _audio(slices: Slices, i: int, first: int, count: int, before: int = 0) -> Samples:
    begin, end = first * STEP - before, (first + count - 1) * STEP + LOOK
    return slices.of(i, max(begin, 0), end)


def _turns(hot: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
    """Yield line and look of each turn, and how many looks before it a burst began: 0 if one ends.

    Args:
        hot: bool[lines, _BEGIN_OF + LOOKS], whether each look is in the band.
    """
    counts = hot.astype(np.float32) @ _COUNTING  # small and exact; a product is the fastest sum
    begins = (counts[:, : LOOKS + 1] >= _BEGIN) & hot[:, _BEGIN_OF - 1 :]
    ends = counts[:, LOOKS + 1 :] == 0
    turns = (begins[:, 1:] > begins[:, :-1]) | (ends[:, 1:] > ends[:, :-1])
    lines, looks = np.nonzero(turns)
    before = np.where(begins[lines, looks + 1], _BEGIN_OF - 2 + hot[lines, looks + 1], 0)
    return zip(lines.tolist(), looks.tolist(), before.tolist(), strict=True)


def _strong(energies: list[float]) -> list[tuple[int, int]]:
    """Return the first and last look of what is not much weaker than the strongest looks.

    Args:
        energies: of looks, 0 where they are not in the band.
    """
    if len(energies) < _LEAST_LOOKS:
        return []
    least = _NOISE * sorted(energies)[-_LEAST_LOOKS]
    strong = [at for at, energy in enumerate(energies) if energy > least]
    ends = [k for k, (at, later) in enumerate(pairwise(strong)) if later - at > _END]
    firsts, lasts = [0, *(k + 1 for k in ends)], [*ends, len(strong) - 1]
    return [(strong[k], strong[m]) for k, m in zip(firsts, lasts, strict=True) if strong]


def _may_be_fsk(energies: Floats, shares: Floats) -> bool:
    """Say whether looks are in the band nearly throughout, and of one level but for a slope."""
    clear = int((shares > _CLEAR_SHARE).sum())
    if 2 * clear < _LEAST_LOOKS:
        return False
    heard: list[float] = np.where(shares > LEAST_SHARE, energies, 0).tolist()
    hot = sorted([energy for energy in heard if energy])
    least = _NOISE * hot[len(hot) // 2]
    places = [at for at, energy in enumerate(heard) if energy > least]
    while len(places) > 1 and places[-1] - places[-2] > _APART:
        places.pop()
    count, length = len(places), places[-1] - places[0] + 1
    if count < max(_LEAST_LOOKS, _LEAST_DENSITY * length) or 2 * clear < count:
        return False
    hot = sorted([heard[at] for at in places])
    return hot[count * 4 // 5] < _MOST_SPREAD * hot[count // 5]

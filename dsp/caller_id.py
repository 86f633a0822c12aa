"""Caller ID on all lines at once: finds the bursts, and has each read once, when it is over.

A burst of FSK is a tone between 1.1 and 2.3 kHz for a fifth of a second or more. To find one it is
enough to look at 5 ms of every 20, all lines in one matrix product, and ask how much of what is
heard lies in that band:

    stream   |----|----|----|----|----|----|----|----|----|----|----|----|----|
    looks     .    .    .    #    #    #    #    #    #    #    .    .    .      # = in the band
    burst            |<- begins: 7 of 8 looks in the band           ends: 4 in a row are not ->|

Bursts are found on a grid of the stream's own, half a second at a time, so that the events do not
depend on how it was cut. A burst that is over must be in the band nearly throughout, of one level
but for the slope of the line, and have a mark in it, before it is worth reading.

Any line may be heard at any time: between the rings, before the first one, after the silent first
answer of Japan's number display, in a call that another call waits behind. What makes a caller of
a noise is a message whose check is right. A burst that is clearly one and cannot be read is told
too, as `decode_failed`: the line's owner pays for a service that does not work.

Source: ETSI EN 300 659-1, Telcordia GR-30-CORE (a burst and what surrounds it). Figures without a
source are bench values.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dsp.caller_id_burst import BEFORE, read_burst
from dsp.caller_id_screen import LEAST_SHARE, LOOK, has_mark, look
from dsp.events import CallerId

Samples = NDArray[np.int16]
Floats = NDArray[np.float32]

#: Samples from look to look.
STEP: Final = 160
#: Samples screened at once. Half a second: a caller is not needed sooner.
CHUNK: Final = 4000
LOOKS: Final = CHUNK // STEP

#: A burst begins with so many of so many looks in the band: 160 ms. The shortest message, a
#: reason of Japan's number display, lasts 183.
_BEGIN: Final = 7
_BEGIN_OF: Final = 8
#: And ends with as many in a row that are not.
_END: Final = 4
#: Longer is a modem, not a caller: 255 octets last 2.5 s.
_LONGEST: Final = 200
#: Samples kept, all that a reading looks back.
_KEPT: Final = BEFORE + (_LONGEST + _BEGIN_OF + 1) * STEP + CHUNK

#: Share of its looks, between the first and the last, that are in the band; and of these, how many
#: are as clear as all are at 10 dB over white noise.
_LEAST_DENSITY: Final = 0.75
_CLEAR_SHARE: Final = 0.72
#: Between the weaker and the stronger fifth of them: a slope of 10 dB, and what a look errs; voices
#: vary more.
_MOST_SPREAD: Final = 10 ** (13 / 10)
#: 16 dB under the median they are of the line's noise.
_NOISE: Final = 0.025
#: The last of them, so many looks after the one before, is noise after the end.
_APART: Final = 2
_LEAST_LOOKS: Final = 7


@dataclass(slots=True)
class _Burst:
    """One line's burst in progress.

    Attributes:
        begin: sample of its first look.
        energies: of its looks, 0 of those not in the band.
        cold: looks, the last ones in a row, not in the band.
        clear: looks.
        told: it was read at its greatest length.
    """

    begin: int
    energies: list[float] = field(default_factory=list)
    cold: int = 0
    clear: int = 0
    told: bool = False

    def add(self, energy: float, share: float) -> None:
        """Add a look."""
        hot = share > LEAST_SHARE
        if not self.told:
            self.energies.append(energy if hot else 0.0)
            self.clear += share > _CLEAR_SHARE
        self.cold = 0 if hot else self.cold + 1

    @property
    def may_be_fsk(self) -> bool:
        """It is in the band nearly throughout, and of one level but for a slope."""
        hot = sorted(energy for energy in self.energies if energy)
        least = _NOISE * hot[len(hot) // 2]
        places = [at for at, energy in enumerate(self.energies) if energy > least]
        while len(places) > 1 and places[-1] - places[-2] > _APART:
            places.pop()
        count, length = len(places), places[-1] - places[0] + 1
        hot = sorted(self.energies[at] for at in places)
        return (
            count >= _LEAST_LOOKS
            and count >= _LEAST_DENSITY * length
            and hot[count * 4 // 5] < _MOST_SPREAD * hot[count // 5]
            and 2 * self.clear >= count
        )


class CallerIdBank:
    """Hears caller ID in FSK on all lines."""

    def __init__(self, lines: int) -> None:
        self._tape = np.zeros((lines, 2 * (_KEPT + CHUNK)), np.int16)
        self._first = 0  # sample index of the tape's column 0
        self._end = 0  # of what was pushed
        self._now = 0  # end of what was screened
        self._energy = np.zeros((lines, _BEGIN_OF - 1), np.float32)  # of the latest looks
        self._share = np.zeros((lines, _BEGIN_OF - 1), np.float32)
        self._bursts: dict[int, _Burst] = {}

    def push(self, audio: Samples) -> list[CallerId]:
        """Add audio and return the callers that were read in it.

        Args:
            audio: int16[lines, n], any n.

        Raises:
            ValueError: it is of another number of lines.
        """
        if audio.ndim != 2 or len(audio) != len(self._tape):
            raise ValueError(f"audio of shape {audio.shape}, want ({len(self._tape)}, n)")
        events: list[CallerId] = []
        at = 0
        while at < audio.shape[1]:
            piece = audio[:, at : at + self._now + CHUNK - self._end]
            self._keep(piece)
            at += piece.shape[1]
            if self._end == self._now + CHUNK:
                events += self._screen()
        return events

    def close(self) -> list[CallerId]:
        """End the stream: read what its end has cut off."""
        end = self._end
        silence = np.zeros((len(self._tape), 2 * CHUNK - (end - self._now)), np.int16)
        # events of samples that never were are of its end
        return [_believed_by(event, end) for event in self.push(silence)]

    def _keep(self, piece: Samples) -> None:
        fill, n = self._end - self._first, piece.shape[1]
        if fill + n > self._tape.shape[1]:
            self._tape[:, :_KEPT] = self._tape[:, fill - _KEPT : fill].copy()
            self._first += fill - _KEPT
            fill = _KEPT
        self._tape[:, fill : fill + n] = piece
        self._end += n

    def _audio(self, i: int, begin: int, end: int) -> Samples:
        return self._tape[i, begin - self._first : end - self._first]

    # ------------------------------------------------------------ the screen
    def _screen(self) -> list[CallerId]:
        at = self._now - self._first
        seen = look(self._tape[:, at : at + CHUNK].reshape(-1, LOOKS, STEP)[:, :, :LOOK])
        energy = np.concatenate((self._energy, seen.energy), axis=1)
        share = np.concatenate((self._share, seen.share), axis=1)
        self._energy, self._share = energy[:, LOOKS:], share[:, LOOKS:]
        begin, self._now = self._now, self._end
        events: list[CallerId] = []
        for i in self._worth_following(share > LEAST_SHARE):
            looks = list(zip(energy[i].tolist(), share[i].tolist(), strict=True))
            events += self._follow(i, begin, looks)
        return events

    def _worth_following(self, hot: NDArray[np.bool_]) -> list[int]:
        """Return the lines on which a burst goes on or may begin."""
        worth = np.zeros(len(hot), np.bool_)
        if hot.sum() >= _BEGIN:
            count = np.cumsum(np.pad(hot, ((0, 0), (1, 0))), axis=1)
            worth |= (count[:, _BEGIN_OF:] >= count[:, :-_BEGIN_OF] + _BEGIN).any(axis=1)
        worth[list(self._bursts)] = True
        lines: list[int] = np.flatnonzero(worth).tolist()
        return lines

    def _follow(self, i: int, begin: int, looks: list[tuple[float, float]]) -> Iterator[CallerId]:
        """Follow one line's burst look by look; yield what was read in it."""
        for k in range(LOOKS):
            now, last = begin + k * STEP, k + _BEGIN_OF - 1  # where this look began; its place
            burst = self._bursts.get(i)
            if burst is None:
                window = looks[k : last + 1]
                hot = [share > LEAST_SHARE for _, share in window]
                if sum(hot) >= _BEGIN and hot[-1]:
                    first = hot.index(True)
                    burst = _Burst(now - (_BEGIN_OF - 1 - first) * STEP)
                    self._bursts[i] = burst
                    for seen in window[first:]:
                        burst.add(*seen)
                continue
            burst.add(*looks[last])
            ended = burst.cold == _END
            if ended:
                del self._bursts[i]
            if not burst.told and (ended or len(burst.energies) == _LONGEST):
                burst.told = True
                yield from self._read(i, burst, now + LOOK)

    def _read(self, i: int, burst: _Burst, end: int) -> Iterator[CallerId]:
        begin = burst.begin
        if not burst.may_be_fsk or not has_mark(self._audio(i, begin, end)):
            return
        audio = self._audio(i, max(begin - BEFORE, self._first), end)
        for standard, message in read_burst(audio):
            yield CallerId(
                line=i + 1,
                sample=begin,
                believed=self._now,
                standard=standard,
                number=message.number,
                name=message.name,
                dialled=message.dialled,
                time=message.time,
                absence=message.absence,
                valid=message.valid,
            )


def _believed_by(event: CallerId, end: int) -> CallerId:
    return replace(event, sample=min(event.sample, end), believed=min(event.believed, end))

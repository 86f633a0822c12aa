"""Caller ID on all lines at once: finds the bursts, and has each read once, when it is over.

A burst of FSK is a tone between 1.1 and 2.3 kHz for a fifth of a second or more. To find one it is
enough to look at 5 ms of every 20, all lines in one matrix product, and ask how much of what is
heard lies in that band:

    stream   |----|----|----|----|----|----|----|----|----|----|----|----|----|
    looks     .    .    .    #    #    #    #    #    #    #    .    .    .      # = in the band
    burst            |<- begins: 7 of 8 looks in the band           ends: 4 in a row are not ->|

What is heard is differenced first, which takes 28 dB from hum. Bursts are found on a grid of the
stream's own, half a second at a time, so that the events do not depend on how it was cut.

Any line may be heard at any time: between the rings, before the first one, after the silent first
answer of Japan's number display, in a call that another call waits behind. What makes a caller of
a noise is a message whose check is right. A burst that is clearly one and cannot be read is told
too, as `decode_failed`: the line's owner pays for a service that does not work.

Source: ETSI EN 300 659-1, Telcordia GR-30-CORE (a burst and what surrounds it). Figures without a
source are bench values.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dsp.caller_id_message import Message, read_message
from dsp.events import CallerId
from dsp.fsk import Octet, read_octets
from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0

Samples = NDArray[np.int16]
Bools = NDArray[np.bool_]

#: Samples from look to look, and of a look.
STEP: Final = 160
LOOK: Final = 40
#: Samples screened at once. Half a second: a caller is not needed sooner.
CHUNK: Final = 4000
LOOKS: Final = CHUNK // STEP

#: The band, Hz: 1200 Hz that is 5 % slow to 2200 Hz that is 5 % fast, and their bits.
_BAND_HZ: Final = (1000.0, 2400.0)
#: Share of the differenced power in the band. FSK has 0.8 at 6 dB over white noise, which itself
#: has 0.25; most speech has less.
_LEAST_SHARE: Final = 0.6
#: Quieter is crosstalk. MT88E45B: -48 dBm must be refused, -36 taken; the looks err by some dB.
_LEAST_DBM0: Final = -50.0

#: A burst begins with so many of so many looks in the band: 160 ms. The shortest message, a
#: reason of Japan's number display, lasts 183.
_BEGIN: Final = 7
_BEGIN_OF: Final = 8
#: And ends with as many in a row that are not.
_END: Final = 4
#: Longer is a modem, not a caller: 255 octets last 2.5 s.
_LONGEST: Final = 200
#: Samples read before the first look in the band.
_BEFORE: Final = 800
#: Samples kept, all that a reading looks back.
_KEPT: Final = _BEFORE + (_LONGEST + _BEGIN_OF + 1) * STEP + CHUNK

#: A message begins after at least so many bits of mark. Sent are 55 or more (EN 300 659-1), of
#: which a late connection may leave some.
_LEAD_BITS: Final = 14
#: Mark bits between two octets of a message: at most 10 are sent (GR-30).
_PAUSE_BITS: Final = 24
#: What could not be read was clearly a message if so many octets of so good a quality follow so
#: many bits of mark.
_CLEAR_LEAD_BITS: Final = 40
_CLEAR_OCTETS: Final = 6
_CLEAR_QUALITY: Final = 0.6


@dataclass(slots=True)
class _Burst:
    """Attributes: begin, sample of its first look; looks so far; cold, of these the last ones
    in a row that are not in the band; told, it was read at its greatest length.
    """

    begin: int
    looks: int
    cold: int = 0
    told: bool = False


class CallerIdBank:
    """Hears caller ID in FSK on all lines."""

    def __init__(self, lines: int) -> None:
        self._tape = np.zeros((lines, 2 * (_KEPT + CHUNK)), np.int16)
        self._first = 0  # sample index of the tape's column 0
        self._end = 0  # of what was pushed
        self._now = 0  # end of what was screened
        self._hot = np.zeros((lines, _BEGIN_OF - 1), np.bool_)  # the latest looks
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

    # ------------------------------------------------------------ the screen
    def _screen(self) -> list[CallerId]:
        at = self._now - self._first
        looks = self._tape[:, at : at + CHUNK].reshape(-1, LOOKS, STEP)[:, :, :LOOK]
        hot = np.concatenate((self._hot, _in_band(looks)), axis=1)
        begin, self._now = self._now, self._end
        self._hot = hot[:, LOOKS:]
        begins = np.zeros(len(hot), np.bool_)
        if hot.sum() >= _BEGIN:
            count = np.cumsum(np.pad(hot, ((0, 0), (1, 0))), axis=1)
            begins = (count[:, _BEGIN_OF:] - count[:, :-_BEGIN_OF] >= _BEGIN).any(axis=1)
        begins[list(self._bursts)] = True
        events: list[CallerId] = []
        for i in np.flatnonzero(begins).tolist():
            events += self._follow(i, begin, hot[i].tolist())
        return events

    def _follow(self, i: int, begin: int, hot: list[bool]) -> Iterator[CallerId]:
        """Follow one line's burst look by look; yield what was read in it."""
        for k in range(LOOKS):
            now = begin + k * STEP  # where this look began
            burst, window = self._bursts.get(i), hot[k : k + _BEGIN_OF]
            if burst is None:
                if sum(window) >= _BEGIN and window[-1]:
                    first = now - (_BEGIN_OF - 1 - window.index(True)) * STEP
                    self._bursts[i] = _Burst(first, (now - first) // STEP)
                continue
            burst.looks += 1
            burst.cold = 0 if window[-1] else burst.cold + 1
            if burst.cold == _END:
                del self._bursts[i]
            if not burst.told and (burst.cold == _END or burst.looks == _LONGEST):
                burst.told = True
                yield from self._read(i, burst.begin, now + LOOK)

    def _read(self, i: int, begin: int, end: int) -> Iterator[CallerId]:
        start = max(begin - _BEFORE, self._first, 0)
        audio = self._tape[i, start - self._first : end - self._first]
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


def _band_rows() -> NDArray[np.float32]:
    """Return float32[LOOK - 1, k]: an orthonormal basis of the band."""
    at = np.arange(LOOK - 1)[:, None]
    phase = 2 * np.pi / AUDIO_HZ * np.linspace(*_BAND_HZ, 8 * LOOK) * at
    basis, strength, _ = np.linalg.svd(np.hstack((np.cos(phase), np.sin(phase))))
    return basis[:, np.flatnonzero(strength > 0.3 * strength[0])].astype(np.float32)


_ROWS: Final = _band_rows()
#: Differencing gives a tone of 1.7 kHz this much power.
_DIFFERENCED: Final = 4 * np.sin(np.pi * 1700 / AUDIO_HZ) ** 2
_LEAST_ENERGY: Final = (
    POWER_AT_0_DBM0 * 10 ** (_LEAST_DBM0 / 10) * _DIFFERENCED * (LOOK - 1) * _LEAST_SHARE
)


def _in_band(looks: Samples) -> Bools:
    """Say which looks, int16[..., LOOK], hold hardly anything but the band."""
    exact = looks.astype(np.float32)
    steps = np.diff(exact, axis=-1)
    flat = steps.reshape(-1, LOOK - 1)
    in_band = flat @ _ROWS
    inside = np.einsum("nk,nk->n", in_band, in_band)
    whole = np.einsum("nk,nk->n", flat, flat)
    hot: Bools = (inside > _LEAST_SHARE * whole) & (inside > _LEAST_ENERGY)
    return hot.reshape(looks.shape[:-1])


# ---------------------------------------------------------------- one burst
Standard = Literal["bell202", "v23", "v23_jp"]


def read_burst(audio: Samples) -> list[tuple[Standard, Message]]:
    """Read the messages of one burst.

    Args:
        audio: int16[n], the burst and some silence on either side of it.

    Returns:
        The messages about calls whose check is right; or the best reading of one whose is not; or
        `decode_failed` where a message was clearly sent; or nothing.
    """
    heard = read_octets(audio)
    if heard is None:
        return []
    sender, octets = heard
    beginnings = [at for at, octet in enumerate(octets) if octet.lead_bits >= _LEAD_BITS]
    read = [(at, read_message(_joined(octets, at))) for at in beginnings]
    messages = [message for _, message in read if message is not None and message.valid]
    if not messages and not any(m is not None and not m.about_call for _, m in read):
        messages = [m for at, m in read if m is not None and _is_clear(octets, at)][:1]
        if not messages and any(_is_clear(octets, at) for at in beginnings):
            messages = [Message(absence="decode_failed")]
    return [("v23_jp" if message.japan else sender.modem, message) for message in messages]


def _joined(octets: list[Octet], at: int) -> list[int]:
    """Return the values of the octets that follow each other from one on."""
    values = [octets[at].value]
    for octet in octets[at + 1 :]:
        if octet.lead_bits > _PAUSE_BITS:
            break
        values.append(octet.value)
    return values


def _is_clear(octets: list[Octet], at: int) -> bool:
    run = octets[at : at + _CLEAR_OCTETS]
    return (
        len(run) == _CLEAR_OCTETS
        and run[0].lead_bits >= _CLEAR_LEAD_BITS
        and all(octet.quality >= _CLEAR_QUALITY for octet in run)
        and all(octet.lead_bits <= _PAUSE_BITS for octet in run[1:])
    )


def _believed_by(event: CallerId, end: int) -> CallerId:
    return replace(event, sample=min(event.sample, end), believed=min(event.believed, end))

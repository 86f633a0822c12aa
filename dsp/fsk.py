"""One burst of 1 200 bit/s FSK, read as a whole: samples in, octets out.

```
     channel seizure       mark        start  8 data bits, least significant first  stop
    0101010101010101...1111111111111111  0    d0  d1  d2  d3  d4  d5  d6  d7         1   0 ...
    300 bits, or none   180, 80 or 72                                  then 0 to 10 mark bits
```

Bell 202 (mark 1200 Hz, space 2200 Hz) and V.23 (1300/2100 Hz) lie round the same 1.7 kHz, so one
receiver hears both. It hears the burst twice. First with tones between those of the two, to
measure what was sent: both frequencies, hence the modem and the sender's clock; both levels, hence
the slope of the line. Then with the frequencies and levels found.

Each bit is weighed against both tones at their own levels, the decision that is right whatever the
slope. With m and s the envelopes of correlators one bit long, and M and S the levels sent:

    soft = (M m - M²/2) - (S s - S²/2)              scaled to +1 for a mark and -1 for a space

Characters are not hunted for from left to right, where one false start bit spoils all that
follows. Every place where a character might begin has a gain over an idle line, the spaces that it
explains; and the set of places that do not overlap and gain most is the reading. So each character
finds its own start bit, and pauses of any length, or a stop bit cut short by a fast sender, do no
harm.

Source: ITU-T V.23; Bell 202 as in Telcordia GR-30-CORE; ETSI EN 300 659-1. Limits of a receiver:
ANSI/TIA-716 as in the MT88E45B's data sheet: -36 dBm, 1 % of baud and frequency, space over mark
-6..+10 dB, a hum 18 dB above the signal to 60 Hz, 12 to 120, 6 to 200.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dsp.units import AUDIO_HZ

Samples = NDArray[np.int16]
Floats = NDArray[np.float64]
Waves = NDArray[np.complex128]
#: Frequency and peak.
Tone = tuple[float, float]

BAUD: Final = 1200.0
#: Where the signal is looked at: 8 times a bit, a grid fine enough to place a start bit.
RATE_HZ: Final = 9600
BIT: Final = 8
#: Each of 5 input samples gives 6.
_UP: Final = 6
_DOWN: Final = 5

#: Mark and space of the first hearing, between those of the two modems.
_BETWEEN_HZ: Final = (1250.0, 2150.0)
#: Space over mark, in frequency: 1.833 for Bell 202, 1.615 for V.23, whatever the sender's clock.
_RATIO_BELL: Final = 1.72
_NOMINAL_HZ: Final = {"bell202": (1200.0, 2200.0), "v23": (1300.0, 2100.0)}
#: Sender clocks believed, and how far those of the two tones may differ; beyond is noise.
_MOST_CLOCK: Final = 0.06

#: Edges of the band, Hz: flat from the second to the third. Hum to 200 Hz is gone, and 2200 Hz
#: that is 5 % fast passes.
_BAND_HZ: Final = (500.0, 900.0, 2500.0, 3000.0)

#: A tone is heard where it is no weaker than this share of its usual peak.
_LEAST_SHARE: Final = 0.3
#: A character shorter than this, in bits, is not: start, data, and half of the stop bit.
_CHARACTER: Final = 9.5
#: Bits looked at for the mark before a message. Sent are 55 or more (EN 300 659-1), of which a late
#: connection may leave some; two octets are at most 10 apart (GR-30).
LEAD: Final = 14
#: What a character must gain over an idle line, in bits: noise on a mark is no start bit.
_LEAST_GAIN: Final = 0.5
#: A character whose bits are cut in their middle is worth more than one that lies across them: so
#: much, for each bit, of what its soft value is over one of a noisy line.
_EYE: Final = 0.3
_OPEN: Final = 0.8
#: Mean soft value of a character's bits, start bit and data; less is noise beside a burst.
_LEAST_SURE: Final = 0.35


@dataclass(frozen=True, slots=True)
class Octet:
    """One character.

    Attributes:
        value: of its eight data bits.
        pause_bits: from the last character, or the burst's begin, to its start bit.
        lead: mean soft value of the LEAD bits before its start bit: 1 if all were mark.
        sample: of the burst, where its start bit begins.
        quality: 1 less what its bits' soft values are off 1 or -1 in the mean: over 0.8 on any line
            fit for speech, below 0.6 of speech itself.
    """

    value: int
    pause_bits: float
    lead: float
    sample: int
    quality: float


@dataclass(frozen=True, slots=True)
class Sender:
    """What was measured of the sender, or assumed.

    Attributes:
        mark, space: peaks in steps of the input.
        clock: its rate over the nominal.
    """

    modem: Literal["bell202", "v23"]
    mark_hz: float
    space_hz: float
    mark: float
    space: float
    clock: float


def read_octets(burst: Samples) -> Iterator[tuple[Sender, list[Octet]]]:
    """Read a burst, each time as from another sender: the one measured, then a perfect one.

    The second is for noise so strong that the measurement is worse than what is asked of a sender.

    Args:
        burst: int16[n] at 8 000 Hz, with some 0.1 s of silence on either side of it.

    Yields:
        Who sent it and what, in order; nothing if there is no FSK in it.
    """
    wave = _analytic(burst)
    sender = _measure(wave) if len(wave) > 10 * BIT else None  # a character
    if sender is not None:
        yield sender, _octets(_soft(wave, sender), sender.clock)
        mark_hz, space_hz = _NOMINAL_HZ[sender.modem]
        perfect = replace(sender, mark_hz=mark_hz, space_hz=space_hz, clock=1.0)
        yield perfect, _octets(_soft(wave, perfect), perfect.clock)


# ---------------------------------------------------------------- the wave
def _analytic(burst: Samples) -> Waves:
    """Return the band alone, its negative frequencies left out, at RATE_HZ."""
    size = -(-len(burst) // 800) * 800 + 800  # factors of 2 and 5 alone; a rest against wrapping
    spectrum = np.fft.rfft(burst.astype(np.float64), size)
    wide = np.zeros(size * _UP // _DOWN, np.complex128)
    wide[: len(spectrum)] = spectrum * _band(size) * (2.0 * _UP / _DOWN)
    return np.fft.ifft(wide)[: len(burst) * _UP // _DOWN]


def _band(size: int) -> Floats:
    freqs_hz = np.arange(size // 2 + 1) * (AUDIO_HZ / size)
    edge = np.interp(freqs_hz, _BAND_HZ, (0.0, 1.0, 1.0, 0.0))
    gain: Floats = np.sin(np.pi / 2 * edge) ** 2
    return gain


def _correlate(wave: Waves, freq_hz: float) -> Waves:
    """Return complex[n]: the mean of the last BIT samples, turned back by a tone."""
    turn = np.exp(-2j * np.pi * freq_hz / RATE_HZ * np.arange(len(wave)))
    total = np.concatenate((np.zeros(BIT), np.cumsum(wave * turn)))
    mean: Waves = (total[BIT:] - total[:-BIT]) / BIT
    return mean


# ---------------------------------------------------------------- the sender
def _measure(wave: Waves) -> Sender | None:
    """Measure who sends, from the stretches in which one tone is heard alone."""
    found = _tones(wave, *_BETWEEN_HZ)
    if found is not None:  # again, with the tones found: so a sender 5 % off is measured right
        found = _tones(wave, found[0][0], found[1][0])
    if found is None:
        return None
    (mark_hz, mark_peak), (space_hz, space_peak) = found
    modem: Literal["bell202", "v23"] = "bell202" if space_hz > _RATIO_BELL * mark_hz else "v23"
    nominal = _NOMINAL_HZ[modem]
    clock = (mark_hz + space_hz) / sum(nominal)
    apart = abs(mark_hz / nominal[0] - space_hz / nominal[1])
    if abs(clock - 1) > _MOST_CLOCK or apart > _MOST_CLOCK:
        return None
    return Sender(modem, mark_hz, space_hz, mark_peak, space_peak, clock)


def _tones(wave: Waves, low_hz: float, high_hz: float) -> tuple[Tone, Tone] | None:
    """Return frequency and peak of the two tones that are near these."""
    low, high = _correlate(wave, low_hz), _correlate(wave, high_hz)
    mark, space = _apart(low, high, high_hz - low_hz)
    marks = _tone(mark, _settled(np.abs(mark), np.abs(space)), low_hz)
    spaces = _tone(space, _settled(np.abs(space), np.abs(mark)), high_hz)
    return None if marks is None or spaces is None else (marks, spaces)


def _apart(low: Waves, high: Waves, apart_hz: float) -> tuple[Waves, Waves]:
    """Return the two tones' amplitudes by least squares: neither is heard in the other."""
    ends = np.arange(len(low)) - (BIT - 1) / 2  # the middle of each window
    offsets = np.arange(BIT) - (BIT - 1) / 2
    leak = float(np.cos(2 * np.pi * apart_hz / RATE_HZ * offsets).mean())
    cross = leak * np.exp(2j * np.pi * apart_hz / RATE_HZ * ends)
    return (low - cross * high) / (1 - leak**2), (high - cross.conj() * low) / (1 - leak**2)


def _settled(tone: Floats, other: Floats) -> NDArray[np.bool_]:
    """Return bool[n]: where a tone is heard, and no other in the bit before and after.

    Beside another bit a tone is not heard at its own frequency, but pulled towards the middle.
    """
    stronger = np.cumsum(np.concatenate(([0], tone > other)))
    settled = np.zeros(len(tone), np.bool_)
    settled[BIT // 2 : -BIT // 2] = stronger[BIT + 1 :] - stronger[: -BIT - 1] == BIT + 1
    return settled & (tone > _LEAST_SHARE * np.quantile(tone, 0.95))


def _tone(wave: Waves, heard: NDArray[np.bool_], nominal_hz: float) -> Tone | None:
    """Return frequency and peak of a tone where it is heard; None where it hardly is."""
    pairs = heard[1:] & heard[:-1]
    if np.count_nonzero(pairs) < BIT:
        return None
    turn = np.vdot(wave[:-1][pairs], wave[1:][pairs])
    freq_hz = nominal_hz + float(np.angle(turn)) * RATE_HZ / (2 * np.pi)
    return freq_hz, float(np.median(np.abs(wave[heard])))


# ---------------------------------------------------------------- bits
def _soft(wave: Waves, sender: Sender) -> Floats:
    """Return float[n]: how much more like a mark than a space the last BIT samples are."""
    mark = np.abs(_correlate(wave, sender.mark_hz))
    space = np.abs(_correlate(wave, sender.space_hz))
    a, b = sender.mark, sender.space
    apart_hz = sender.space_hz - sender.mark_hz
    leak = abs(float(np.sinc(apart_hz / BAUD)))
    scale = (a * a + b * b) / 2 - leak * a * b
    soft: Floats = (a * mark - b * space - (a * a - b * b) / 2) / scale
    # silence is neither, whichever of the two is sent weaker
    carrier = np.minimum(1.0, 2 * np.maximum(mark / a, space / b))
    weighed: Floats = soft * carrier
    return weighed


# ---------------------------------------------------------------- characters
def _octets(soft: Floats, clock: float) -> list[Octet]:
    """Return the characters that together explain the soft values best."""
    bit = BIT / clock
    ends = np.rint((np.arange(10) + 1) * bit).astype(int)  # of start, data and stop bits
    places = len(soft) - int(ends[9])
    if places <= 0:
        return []
    bits = np.stack([soft[end - 1 : end - 1 + places] for end in ends])
    off = np.abs(np.abs(bits) - 1).mean(axis=0)
    bits = np.clip(bits, -1.0, 1.0)  # noise that helps counts for no more than the signal
    start, data, stop = bits[0], bits[1:9], bits[9]
    spaces = np.minimum(stop, 0) - start - np.minimum(data, 0).sum(axis=0)
    gain = spaces - _LEAST_GAIN + _EYE * (np.abs(bits).sum(axis=0) - _OPEN * len(bits))
    lead, values = _lead(soft, bit), (1 << np.arange(8)) @ (data > 0)
    sure = (np.abs(data).sum(axis=0) - start) / 9
    octets, last = [], 0.0
    for at in _best_places(gain, round(_CHARACTER * bit)):
        if sure[at] >= _LEAST_SURE:
            pause, sample = (at - last) / bit, at * _DOWN // _UP
            octets.append(Octet(int(values[at]), pause, float(lead[at]), sample, 1 - off[at]))
            last = at + 9 * bit
    return octets


def _lead(soft: Floats, bit: float) -> Floats:
    """Return float[n]: the mean of the LEAD bits that end before each place."""
    length = round(LEAD * bit)
    marks = np.concatenate((np.zeros(length), np.cumsum(np.clip(soft, -1.0, 1.0))))
    lead: Floats = (marks[length:] - marks[:-length]) / length
    return np.concatenate(([0.0], lead))[: len(soft)]


def _best_places(gain: Floats, length: int) -> list[int]:
    """Return places, `length` or more apart, of the greatest total gain.

    A loop in Python, over 9 600 places a second: some 2 ms for a burst.
    """
    best = [0.0] * (len(gain) + length)
    for at, more in enumerate(gain.tolist(), length):
        without, taken = best[at - 1], best[at - length] + more
        best[at] = taken if taken > without else without
    places, at = [], len(best) - 1
    while at >= length:
        if best[at] == best[at - 1]:
            at -= 1
        else:
            at -= length
            places.append(at)
    return places[::-1]

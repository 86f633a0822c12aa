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
follows. Every place where a character might begin has its gain over an idle line, and the set of
places that do not overlap and gain most is the reading. So each character finds its own start bit,
and pauses of any length, or a stop bit cut short by a fast sender, do no harm.

Source: ITU-T V.23; Bell 202 as in Telcordia GR-30-CORE; ETSI EN 300 659-1. Limits of a receiver:
ANSI/TIA-716 as in the MT88E45B's data sheet: -36 dBm, 1 % of baud and frequency, space over mark
-6..+10 dB, a hum 18 dB above the signal to 60 Hz, 12 to 120, 6 to 200.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dsp.units import AUDIO_HZ

Samples = NDArray[np.int16]
Floats = NDArray[np.float64]
Waves = NDArray[np.complex128]

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
#: Sender clocks believed; a measured one beyond is noise.
_MOST_CLOCK: Final = 0.06

#: Edges of the band, Hz: flat from the second to the third. Hum to 200 Hz is gone, and 2200 Hz
#: that is 5 % fast passes.
_BAND_HZ: Final = (500.0, 900.0, 2500.0, 3000.0)

#: A tone is heard alone where the other's level is below this share of it.
#: And where it is no weaker than this share of its usual peak.
_LEAST_SHARE: Final = 0.3
_ALONE: Final = 0.4
#: Of those places, this share: in the others the bits before or after are heard too, and pull the
#: frequency towards the middle.
_PUREST: Final = 0.15
#: A character shorter than this, in bits, is not: start, data, and half of the stop bit.
_CHARACTER: Final = 9.5
#: Mean soft value of a character's bits; of a clean one it is 1, of noise beside a burst below.
_LEAST_QUALITY: Final = 0.35


@dataclass(frozen=True, slots=True)
class Octet:
    """One character.

    Attributes:
        value: of its eight data bits.
        lead_bits: of mark before its start bit, since the last character or the burst's begin.
        sample: of the burst, where its start bit begins.
        quality: mean soft value of its bits, 1 if clean.
    """

    value: int
    lead_bits: float
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


def read_octets(burst: Samples) -> tuple[Sender, list[Octet]] | None:
    """Read a burst.

    Args:
        burst: int16[n] at 8 000 Hz, with some silence on either side of it.

    Returns:
        Who sent it and what, in order; None if there is no FSK in it.
    """
    wave = _analytic(burst)
    sender = _measure(wave)
    if sender is None:
        return None
    return sender, _octets(_soft(wave, sender), sender.clock)


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
    return np.sin(np.pi / 2 * edge) ** 2


def _correlate(wave: Waves, freq_hz: float) -> Waves:
    """Return complex[n]: the mean of the last BIT samples, turned back by a tone."""
    turn = np.exp(-2j * np.pi * freq_hz / RATE_HZ * np.arange(len(wave)))
    total = np.concatenate((np.zeros(BIT), np.cumsum(wave * turn)))
    return (total[BIT:] - total[:-BIT]) / BIT


# ---------------------------------------------------------------- the sender
def _measure(wave: Waves) -> Sender | None:
    """Measure who sends, from the stretches in which one tone is heard alone."""
    low, high = _BETWEEN_HZ
    mark, space = _apart(_correlate(wave, low), _correlate(wave, high), high - low)
    marks = _tone(mark, _alone(np.abs(mark), np.abs(space)), low)
    spaces = _tone(space, _alone(np.abs(space), np.abs(mark)), high)
    if marks is None or spaces is None:
        return None
    (mark_hz, mark_peak), (space_hz, space_peak) = marks, spaces
    modem: Literal["bell202", "v23"] = "bell202" if space_hz > _RATIO_BELL * mark_hz else "v23"
    nominal = _NOMINAL_HZ[modem]
    clock = (mark_hz + space_hz) / sum(nominal)
    if abs(clock - 1) > _MOST_CLOCK:
        return None
    return Sender(modem, mark_hz, space_hz, mark_peak, space_peak, clock)


def _apart(low: Waves, high: Waves, apart_hz: float) -> tuple[Waves, Waves]:
    """Return the two tones' amplitudes by least squares: neither is heard in the other."""
    ends = np.arange(len(low)) - (BIT - 1) / 2  # the middle of each window
    offsets = np.arange(BIT) - (BIT - 1) / 2
    leak = float(np.cos(2 * np.pi * apart_hz / RATE_HZ * offsets).mean())
    cross = leak * np.exp(2j * np.pi * apart_hz / RATE_HZ * ends)
    return (low - cross * high) / (1 - leak**2), (high - cross.conj() * low) / (1 - leak**2)


def _alone(tone: Floats, other: Floats) -> NDArray[np.bool_]:
    """Return bool[n]: where a tone is heard, and nothing of the other."""
    heard = (other < _ALONE * tone) & (tone > _LEAST_SHARE * np.quantile(tone, 0.9))
    if not heard.any():
        return heard
    share = np.where(heard, other / np.maximum(tone, 1e-9), np.inf)
    return share <= np.quantile(share[heard], _PUREST)


def _tone(wave: Waves, heard: NDArray[np.bool_], nominal_hz: float) -> tuple[float, float] | None:
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
    return np.clip(soft, -1.5, 1.5)


# ---------------------------------------------------------------- characters
def _octets(soft: Floats, clock: float) -> list[Octet]:
    """Return the characters that together explain the soft values best."""
    bit = BIT / clock
    ends = np.rint((np.arange(9) + 1) * bit).astype(int)  # of start and data bits
    places = len(soft) - round(_CHARACTER * bit)
    if places <= 0:
        return []
    bits = np.stack([soft[end - 1 : end - 1 + places] for end in ends])
    sure = np.abs(bits[1:]).sum(axis=0) - bits[0]
    # the mark of the whole, as if nothing but an idle line: soft[t] belongs to the bit ending there
    idle = np.concatenate(([0.0], np.cumsum(soft[BIT // 2 :]) / bit, np.zeros(BIT)))
    gain = sure - (idle[ends[8] : ends[8] + places] - idle[:places])
    starts = _best_places(gain, round(_CHARACTER * bit))
    return _characters(starts, bits, sure / 9, bit)


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


def _characters(starts: list[int], bits: Floats, quality: Floats, bit: float) -> list[Octet]:
    octets, last = [], 0.0
    for start in starts:
        if quality[start] < _LEAST_QUALITY:
            continue
        value = sum(1 << k for k in range(8) if bits[k + 1, start] > 0)
        lead = (start - last) / bit
        octets.append(Octet(value, lead, start * _DOWN // _UP, float(quality[start])))
        last = start + 9 * bit
    return octets

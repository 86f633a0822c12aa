"""What a telephone line carries: voices are apart, these are the tones, the ringing and the noise.

Everything is a pure function of its arguments. Audio is float32 in int16 steps at 8 000 Hz, line
voltage float64 in volts at 1 000 Hz. `start` is the index of the first sample wanted, so that a
long signal can be made in pieces that join without a seam.

Levels are in dBm0: a sine at 0 dBm0 has its peak 3.14 dB below full scale (ITU-T G.711, A-law).

Sources:
    ITU-T Q.23 (DTMF frequencies).
    ITU-T E.180 Supplement 2 (tones of the Republic of Korea and of Japan).
    Ordinance of Telecommunications Facilities for Business (Japan, No. 30 of 1985), tables 1 to 5:
    400 Hz tones, ringing of 15 to 20 Hz at 75 V, ring-back modulated by the ringing frequency.
    ITU-T G.711 (A-law).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.block import Samples

Audio = NDArray[np.float32]
Volts = NDArray[np.float64]

AUDIO_HZ: Final = 8000
VOLT_HZ: Final = 1000
AUDIO_PER_VOLT: Final = AUDIO_HZ // VOLT_HZ
#: int16 steps in a volt: 10 mV a step.
STEPS_PER_V: Final = 100

FULL_SCALE: Final = 32768.0
FULL_SCALE_SINE_DBM0: Final = 3.14

RECORD_BEEP_HZ: Final = 1400.0
RECORD_BEEP_S: Final = 0.5

DTMF_LOW_HZ: Final = (697.0, 770.0, 852.0, 941.0)
DTMF_HIGH_HZ: Final = (1209.0, 1336.0, 1477.0, 1633.0)
DTMF_KEYS: Final = "123A456B789C*0#D"


def peak(dbm0: float) -> float:
    """Return the peak, in int16 steps, of a sine at a level."""
    return float(FULL_SCALE * 10 ** ((dbm0 - FULL_SCALE_SINE_DBM0) / 20))


def to_int16(signal: NDArray[np.floating]) -> Samples:
    """Round to int16 and clip, as a converter does."""
    samples: Samples = np.clip(np.rint(signal), -32768, 32767).astype(np.int16)
    return samples


def sine(freq_hz: float, start: int, n: int, dbm0: float) -> Audio:
    """Return float32[n] of a sine whose phase is 0 at sample 0."""
    phase = (2 * np.pi * freq_hz / AUDIO_HZ) * np.arange(start, start + n)
    audio: Audio = (peak(dbm0) * np.sin(phase)).astype(np.float32)
    return audio


def dtmf(digit: str, start: int, n: int, dbm0: float = -10.0, twist_db: float = 0.0) -> Audio:
    """Return float32[n] of one key.

    Args:
        dbm0: level of the stronger tone.
        twist_db: level of the high tone over the low one.
    """
    row, column = divmod(DTMF_KEYS.index(digit), 4)
    low = sine(DTMF_LOW_HZ[row], start, n, dbm0 - max(twist_db, 0.0))
    return low + sine(DTMF_HIGH_HZ[column], start, n, dbm0 + min(twist_db, 0.0))


@dataclass(frozen=True)
class CallTone:
    """A tone of the exchange.

    Attributes:
        freqs_hz: of equal level, sounded together.
        cadence_s: seconds on, off, on, off ...; empty for a tone without pause.
        am_hz: amplitude modulation (85 %), or 0.
    """

    freqs_hz: tuple[float, ...]
    cadence_s: tuple[float, ...] = ()
    am_hz: float = 0.0


# fmt: off
#: (plan, name) -> tone.
CALL_TONES: Mapping[tuple[str, str], CallTone] = {
    ("kr", "dial"):        CallTone((350.0, 440.0)),
    ("kr", "ringback"):    CallTone((440.0, 480.0), (1.0, 2.0)),
    ("kr", "busy"):        CallTone((480.0, 620.0), (0.5, 0.5)),
    ("kr", "reorder"):     CallTone((480.0, 620.0), (0.3, 0.2)),
    ("jp", "dial"):        CallTone((400.0,)),
    ("jp", "second_dial"): CallTone((400.0,), (0.25, 0.25)),
    ("jp", "ringback"):    CallTone((400.0,), (1.0, 2.0), am_hz=16.0),
    ("jp", "busy"):        CallTone((400.0,), (0.5, 0.5)),
}
# fmt: on

_AM_DEPTH = 0.85


def call_tone(tone: CallTone, start: int, n: int, dbm0: float) -> Audio:
    """Return float32[n] of a tone, its cadence beginning at sample 0; dbm0 is per frequency."""
    total = np.zeros(n, np.float32)
    for freq_hz in tone.freqs_hz:
        total += sine(freq_hz, start, n, dbm0)
    at = np.arange(start, start + n)
    if tone.am_hz:
        wave = 1 + _AM_DEPTH * np.sin(2 * np.pi * tone.am_hz / AUDIO_HZ * at)
        total *= (wave / (1 + _AM_DEPTH)).astype(np.float32)
    if tone.cadence_s:
        total *= _sounding(tone.cadence_s, at)
    return total


def _sounding(cadence_s: tuple[float, ...], at: NDArray[np.int64]) -> NDArray[np.bool_]:
    edges = np.rint(np.cumsum(cadence_s) * AUDIO_HZ).astype(np.int64)
    stretch = np.searchsorted(edges, at % edges[-1], side="right")
    sounding: NDArray[np.bool_] = stretch % 2 == 0
    return sounding


def white_noise(rng: np.random.Generator, n: int, dbm0: float) -> Audio:
    """Return float32[n] of Gaussian noise over 0 to 4 kHz with the power of a sine at a level."""
    rms = np.float32(peak(dbm0) / sqrt(2))
    return rng.standard_normal(n, dtype=np.float32) * rms


def hum(mains_hz: float, start: int, n: int, dbm0: float) -> Audio:
    """Return float32[n] of mains hum: the mains frequency and, 10 dB weaker, its third harmonic."""
    return sine(mains_hz, start, n, dbm0) + sine(3 * mains_hz, start, n, dbm0 - 10)


def ringing(freq_hz: float, start: int, n: int, volts_rms: float) -> Volts:
    """Return float64[n] of ringing volts, without the battery they ride on; begins at 0 V."""
    phase = (2 * np.pi * freq_hz / VOLT_HZ) * np.arange(start, start + n)
    volts: Volts = sqrt(2) * volts_rms * np.sin(phase)
    return volts


def settling(from_v: float, to_v: float, start: int, n: int, tau_ms: float) -> Volts:
    """Return float64[n] of a loop that was switched from one voltage to another at sample 0.

    The line's capacitance and the telephone's make the voltage approach its end exponentially.
    """
    after_ms = np.arange(start, start + n) + 1.0
    volts: Volts = to_v + (from_v - to_v) * np.exp(-after_ms / tau_ms)
    return volts


def a_law(audio: Samples) -> Samples:
    """Return audio as it comes back from an exchange that carries it as G.711 A-law."""
    return _A_LAW[audio.astype(np.int32) + 32768]


def _a_law_table() -> Samples:
    """Each int16 value there and back: 16 steps to a segment, the middle of the step comes back."""
    linear = np.arange(-32768, 32768)
    magnitude = np.where(linear < 0, -linear - 1, linear)
    # the two lowest segments, below 512, share the smallest step
    segment = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))), 8)
    step = 2 ** (segment - 4)
    back = (np.floor(magnitude / step) + 0.5) * step
    table: Samples = np.where(linear < 0, -back, back).astype(np.int16)
    return table


_A_LAW: Final = _a_law_table()

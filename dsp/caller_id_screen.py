"""Whether 5 ms of a line, or a whole burst of it, may be FSK: cheap tests before the reading.

What is heard is differenced, and what of it lies in the band of FSK, in that of its mark and in
that of hum is found by one matrix product. Hum is left out of all that follows.

    share   of the differenced power in the band       FSK 0.8 at 6 dB over white noise,
                                                        the noise itself 0.25
    mark    of that, in the band of the mark           during the mark before a message 0.85 so
    swing   of space over mark, bit by bit             in a message 20 dB or more

Source: the modems as in dsp.fsk; hum as in TIA-716. Figures without a source are bench values.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0

Samples = NDArray[np.int16]
Floats = NDArray[np.float32]
Exact = NDArray[np.float64]

#: Samples of a look.
LOOK: Final = 40
#: Share of a look in the band.
LEAST_SHARE: Final = 0.6

#: 1200 Hz that is 5 % slow to 2200 Hz that is 5 % fast, and their bits.
_BAND_HZ: Final = (1000.0, 2400.0)
#: Marks of both modems, 5 % slow or fast.
_MARK_HZ: Final = (1120.0, 1380.0)
#: A hum up to here may be 6 to 18 dB above the signal.
_HUM_HZ: Final = (0.0, 250.0)
#: Quieter is crosstalk. MT88E45B: -48 dBm must be refused, -36 taken; the looks err by some dB.
_LEAST_DBM0: Final = -50.0

#: The shortest message has more looks, 183 ms of them. About the mean of so many the energy varies
#: by up to 0.45 of it, at a slope of 10 dB; and with twice the share outside the band added, 0.6 at
#: 6 dB over white noise. Nine in ten of the voices that would begin a burst vary more.
_STEADY_LOOKS: Final = 7
_MOST_VARIED: Final = 0.75
#: Looks of the longest burst that is read: longer is a modem, not a caller; 255 octets last 2.5 s.
LONGEST: Final = 200
#: Adds up so many looks in a row, from each place on.
_AFTER: Final = np.subtract.outer(np.arange(LONGEST), np.arange(LONGEST))
_IN_A_ROW: Final = ((_AFTER >= 0) & (_AFTER < _STEADY_LOOKS)).astype(np.float32)

#: A mark, in samples, and how much of a message must follow it: 12 octets, at so many places in the
#: band.
_MARK: Final = 80
_MESSAGE: Final = 800
_LEAST_DENSITY: Final = 0.93
#: Share of the band's power in that of the mark.
_MARK_SHARE: Final = 0.75
#: Samples from look to look where a mark is sought.
_HOP: Final = 20
#: A bit, in samples, rounded up; from one to the next looked at; and tones between the modems'.
_BIT: Final = 7
_BIT_HOP: Final = 4
_TONES_HZ: Final = (1250.0, 2150.0)
#: Of the ratio of their powers, between its lowest and highest tenth, in nepers of power: 18 dB.
#: A clock 3 % slow leaves 20, a voice 8 to 21.
_LEAST_SWING: Final = 4.2
#: Of the level, looked at as often, in nepers of power. With mark between the octets and a slope of
#: 6 dB: 0.49, of 10 dB: 0.83; half of all voices are over 0.7.
_MOST_UNSTEADY: Final = 0.6
#: Silence between two bursts looked at in one row: no mark and message goes on across it.
_GAP: Final = 160


def _basis(band_hz: tuple[float, float], least: float) -> Exact:
    """Return float[LOOK - 1, k]: an orthonormal basis of a band, but for what is weaker in it."""
    at = np.arange(LOOK - 1)[:, None]
    phase = 2 * np.pi / AUDIO_HZ * np.linspace(*band_hz, 8 * LOOK) * at
    basis, strength, _ = np.linalg.svd(np.hstack((np.cos(phase), np.sin(phase))))
    return np.asarray(basis[:, np.flatnonzero(strength > least * strength[0])])


def _differenced(hz: Exact | float) -> Exact:
    """Return how much power differencing gives a tone."""
    return np.asarray(4 * np.sin(np.pi * hz / AUDIO_HZ) ** 2)


def _not_differenced() -> Exact:
    """Return float[LOOK - 1, LOOK - 1]: x @ it @ x is the power of x before differencing.

    Of what lies in the band and somewhat beside it: near 0 Hz too much was lost.
    """
    freqs_hz = np.linspace(_BAND_HZ[0] - 200, _BAND_HZ[1] + 200, 400)
    apart = np.subtract.outer(np.arange(LOOK - 1), np.arange(LOOK - 1))
    waves = np.cos(2 * np.pi / AUDIO_HZ * freqs_hz[:, None, None] * apart)
    step = 2 * (freqs_hz[1] - freqs_hz[0]) / AUDIO_HZ
    return np.asarray(np.tensordot(step / _differenced(freqs_hz), waves, 1))


def _rows() -> tuple[Exact, ...]:
    """Return the bases of the band, of the mark and of hum, the first two beside the third.

    And of each part of the band how much stronger it was before differencing, which makes a space
    4 dB stronger than a mark: the parts are chosen so that it is the same throughout each.
    """
    hum = _basis(_HUM_HZ, 0.01)
    beside = [_basis(_BAND_HZ, 0.3), _basis(_MARK_HZ, 0.2)]
    band, marks = (np.linalg.qr(rows - hum @ (hum.T @ rows))[0] for rows in beside)
    gains, parts = np.linalg.eigh(band.T @ _not_differenced() @ band)
    return band @ parts, marks, hum, gains


_BAND, _MARKS, _HUM, _GAINS = _rows()
_ALL: Final = np.hstack((_BAND, _HUM, _MARKS)).astype(np.float32)
_BESIDE_MARKS: Final = _BAND.shape[1] + _HUM.shape[1]
_LOOKS: Final = np.pad(_ALL[:, :_BESIDE_MARKS], ((0, 1), (0, 0)))


def _adding(*counts: int) -> Floats:
    """Return float[sum of counts, k]: what adds up the first columns, the next ones and so on."""
    return np.repeat(np.eye(len(counts), dtype=np.float32), counts, axis=0)


#: To energy in the band, hum, energy of marks, and level of the band before it was differenced.
_ADDING: Final = np.column_stack(
    (
        _adding(_BAND.shape[1], _HUM.shape[1], _MARKS.shape[1]),
        np.pad(_GAINS, (0, _HUM.shape[1] + _MARKS.shape[1])),
    )
).astype(np.float32)
_ADDING_LOOKS: Final = np.ascontiguousarray(_ADDING[:_BESIDE_MARKS, (0, 1, 3)])
_TURNS: Final = 2 * np.pi / AUDIO_HZ * np.outer(np.arange(_BIT), np.repeat(_TONES_HZ, 2))
_TONES: Final = np.cos(_TURNS - np.array((0, np.pi / 2) * 2)).astype(np.float32)
_ADDING_TONES: Final = _adding(2, 2)
_LEAST_ENERGY: Final = (
    POWER_AT_0_DBM0 * 10 ** (_LEAST_DBM0 / 10) * _differenced(1700.0) * (LOOK - 1) * LEAST_SHARE
)


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen in looks.

    Attributes:
        energy: float[...], in the band, as it was before it was differenced.
        share: float[...], of the band; 0 where it is too quiet.
    """

    energy: Floats
    share: Floats


def look(samples: Floats) -> Looks:
    """Look at float32[..., LOOK]."""
    flat = samples.reshape(-1)
    row = np.empty(len(flat), np.float32)  # one long row: faster than many short ones
    np.subtract(flat[1:], flat[:-1], out=row[:-1])
    steps = row.reshape(-1, LOOK)
    steps[:, -1] = 0  # from one look to the next
    energy, hum, level = _powers(steps, _LOOKS, _ADDING_LOOKS).T
    share = np.vecdot(steps, steps)
    share -= hum
    np.divide(energy, np.maximum(share, 1.0, out=share), out=share)
    share *= energy > _LEAST_ENERGY
    shape = samples.shape[:-1]
    return Looks(level.reshape(shape), share.reshape(shape))


def are_steady(energy: Floats, share: Floats) -> list[bool]:
    """Say of float[n, looks], each row a burst's, whether it is steady for the shortest message.

    That is, of one level and in the band: how much the energy varies about its mean, and twice what
    lies outside the band, are little together.

    Args:
        energy, share: float32[n, looks], at most LONGEST of them.
    """
    looks = energy.shape[1]
    in_a_row = _IN_A_ROW[:looks, : max(looks - _STEADY_LOOKS + 1, 0)]
    total, squares, shares = (part @ in_a_row for part in (energy, energy * energy, share))
    rest = _MOST_VARIED - 2 * (1 - shares / _STEADY_LOOKS)
    alike = _STEADY_LOOKS * squares < total * total * (1 + rest * rest)
    steady: list[bool] = np.logical_or.reduce(alike & (rest > 0), axis=1).tolist()
    return steady


def has_message(bursts: list[Samples]) -> list[bool]:
    """Say of bursts, each int16[n], whether they have a mark and then what may be a message.

    They are looked at in one row, with silence between them: a product costs by the call.
    """
    begins = np.cumsum([0, *(len(burst) // _HOP * _HOP + _GAP for burst in bursts)])
    row = np.zeros(begins[-1] + _MARK + _MESSAGE, np.float32)
    for begin, burst in zip(begins, bursts, strict=False):
        row[begin : begin + len(burst)] = burst
    steps = row[1:] - row[:-1]
    places = _after_marks(steps)
    found = places[_alternates(steps, places)].tolist() if len(places) else []
    return [any(begin <= place < end for place in found) for begin, end in pairwise(begins)]


def _after_marks(steps: Floats) -> NDArray[np.int_]:
    """Return where a mark has been heard, with enough in the band, of one level, after it."""
    windows = _windows(steps, LOOK - 1, _HOP)
    energy, hum, marks, level = _powers(windows, _ALL, _ADDING).T
    whole = np.vecdot(windows, windows) - hum
    is_mark = (marks > _MARK_SHARE * energy) & (energy > 0.5 * whole)
    mark, message = _MARK // _HOP, _MESSAGE // _HOP
    before = _count(is_mark, mark)[:-message] == mark
    after = _count(energy > LEAST_SHARE * whole, message)[mark:] >= _LEAST_DENSITY * message
    places = np.flatnonzero(before & after) + mark
    places = places[np.diff(places, append=len(windows)) > 1]  # the last of each mark
    levels = np.log(sliding_window_view(level, message)[places] + 1)
    steady: NDArray[np.int_] = places[levels.std(axis=1) < _MOST_UNSTEADY] * _HOP
    return steady


def _alternates(steps: Floats, places: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Say where what follows is as much one tone, and then as much the other, as FSK is."""
    mark, space = _powers(_windows(steps, _BIT, _BIT_HOP), _TONES, _ADDING_TONES).T
    ratio = np.log((space + 1) / (mark + 1))
    bits = (_MESSAGE - _BIT) // _BIT_HOP + 1
    ordered = np.sort(sliding_window_view(ratio, bits)[places // _BIT_HOP], axis=1)
    swing = ordered[:, bits * 9 // 10] - ordered[:, bits // 10]
    alternates: NDArray[np.bool_] = swing > _LEAST_SWING
    return alternates


def _windows(steps: Floats, length: int, hop: int) -> Floats:
    """Return float[k, length]: stretches `hop` apart; a copy, for a view is multiplied slowly."""
    return np.ascontiguousarray(sliding_window_view(steps, length)[::hop])


def _count(flags: NDArray[np.bool_], length: int) -> NDArray[np.int_]:
    """Return int[n - length + 1]: how many of each `length` in a row are set."""
    total = np.cumsum(np.concatenate(([0], flags)))
    count: NDArray[np.int_] = total[length:] - total[:-length]
    return count


def _powers(windows: Floats, basis: Floats, adding: Floats) -> Floats:
    """Return float[n, k]: the power of float[n, m] in the k parts of a basis."""
    parts: Floats = windows @ basis
    parts *= parts
    return parts @ adding  # a product is faster than a sum over a short axis

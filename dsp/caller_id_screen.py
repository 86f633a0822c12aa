"""Whether 5 ms of a line, or a whole burst of it, may be FSK: cheap tests before the reading.

What is heard is differenced, and what of it lies in the band of FSK, in that of its mark and in
that of hum is found by one matrix product. Hum is left out of all that follows.

    share   of the differenced power in the band       FSK 0.8 at 6 dB over white noise,
                                                        the noise itself 0.25
    mark    of that, in the band of the mark           during the mark before a message 0.85 so

Source: the modems as in dsp.fsk; hum as in TIA-716. Figures without a source are bench values: in
30 minutes of prompts without pause 28 stretches pass them, and are read in vain.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dsp.units import AUDIO_HZ, POWER_AT_0_DBM0

Samples = NDArray[np.int16]
Floats = NDArray[np.float32]

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

#: A mark, in samples, and how much of a message must follow it: 12 octets, at so many places in the
#: band.
_MARK: Final = 80
_MESSAGE: Final = 800
_LEAST_DENSITY: Final = 0.93
#: Share of the band's power in that of the mark.
_MARK_SHARE: Final = 0.75
#: Samples from look to look where a mark is sought.
_HOP: Final = 20


def _basis(band_hz: tuple[float, float], least: float) -> NDArray[np.float64]:
    """Return float[LOOK - 1, k]: an orthonormal basis of a band, but for what is weaker in it."""
    at = np.arange(LOOK - 1)[:, None]
    phase = 2 * np.pi / AUDIO_HZ * np.linspace(*band_hz, 8 * LOOK) * at
    basis, strength, _ = np.linalg.svd(np.hstack((np.cos(phase), np.sin(phase))))
    return np.asarray(basis[:, np.flatnonzero(strength > least * strength[0])])


def _rows() -> list[Floats]:
    """Return the bases of the band, of the mark and of hum, the first two beside the third."""
    hum = _basis(_HUM_HZ, 0.01)
    beside = [_basis(_BAND_HZ, 0.3), _basis(_MARK_HZ, 0.2)]
    rows = [np.linalg.qr(rows - hum @ (hum.T @ rows))[0] for rows in beside]
    return [part.astype(np.float32) for part in (*rows, hum)]


_BAND, _MARKS, _HUM = _rows()
_BAND_AND_HUM: Final = np.hstack((_BAND, _HUM))
#: Differencing gives a tone of 1.7 kHz this much power.
_DIFFERENCED: Final = 4 * np.sin(np.pi * 1700 / AUDIO_HZ) ** 2
_LEAST_ENERGY: Final = (
    POWER_AT_0_DBM0 * 10 ** (_LEAST_DBM0 / 10) * _DIFFERENCED * (LOOK - 1) * LEAST_SHARE
)


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen in looks.

    Attributes:
        energy: float[...], in the band.
        share: float[...], of the band; 0 where it is too quiet.
    """

    energy: Floats
    share: Floats


def look(samples: Samples) -> Looks:
    """Look at int16[..., LOOK]."""
    steps = np.diff(samples.astype(np.float32), axis=-1).reshape(-1, LOOK - 1)
    energy, whole = _energies(steps)
    share = np.where(energy > _LEAST_ENERGY, energy / np.maximum(whole, 1.0), np.float32(0))
    shape = samples.shape[:-1]
    return Looks(energy.reshape(shape), share.astype(np.float32).reshape(shape))


def has_mark(burst: Samples) -> bool:
    """Say whether a burst, int16[n], has a mark in it and then enough FSK for a message."""
    if len(burst) < LOOK + _MARK + _MESSAGE + _HOP:
        return False
    windows = sliding_window_view(np.diff(burst.astype(np.float32)), LOOK - 1)[::_HOP]
    energy, whole = _energies(windows)
    marks = windows @ _MARKS
    marks *= marks
    is_mark = (marks.sum(axis=1) > _MARK_SHARE * energy) & (energy > 0.5 * whole)
    mark, message = _MARK // _HOP, _MESSAGE // _HOP
    before = _count(is_mark, mark)[:-message] == mark
    after = _count(energy > LEAST_SHARE * whole, message)[mark:] >= _LEAST_DENSITY * message
    return bool((before & after).any())


def _count(flags: NDArray[np.bool_], length: int) -> NDArray[np.int_]:
    """Return int[n - length + 1]: how many of each `length` in a row are set."""
    total = np.cumsum(np.concatenate(([0], flags)))
    count: NDArray[np.int_] = total[length:] - total[:-length]
    return count


def _energies(steps: Floats) -> tuple[Floats, Floats]:
    """Return float[n], float[n]: energy in the band, and in all but hum, of float[n, LOOK - 1]."""
    parts = steps @ _BAND_AND_HUM
    parts *= parts
    width = _BAND.shape[1]
    hum: Floats = parts[:, width:].sum(axis=1)
    energy: Floats = parts[:, :width].sum(axis=1)
    return energy, np.einsum("nk,nk->n", steps, steps) - hum

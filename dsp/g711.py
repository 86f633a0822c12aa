"""G.711 A-law: 8 bits a sample, for what a speech codec would spoil, and where there is none.

    int16 magnitude / 16     code, before every even bit is inverted
    0 .. 31                  the number itself: steps of 16
    32 .. 63                 010 mmmm          steps of 32
    64 .. 127                011 mmmm          steps of 64
    ...
    1024 .. 2047             111 mmmm          steps of 1024

The first bit of the octet is 1 for a positive sample. Every value is read as the middle of its
step, so the loudest is 32 256.

Source: ITU-T G.711 (11/88), table 1.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
Octets = NDArray[np.uint8]

#: Inverted on the line (G.711, table 1, note 2), so that silence is not a row of zeros.
_EVEN_BITS: Final = 0x55
_POSITIVE: Final = 0x80


def encode(samples: Samples) -> bytes:
    """Return a byte a sample.

    Args:
        samples: int16[n].

    Raises:
        ValueError: samples of another type.
    """
    if samples.dtype != np.int16:
        raise ValueError(f"samples are {samples.dtype}, want int16")
    return _OCTETS[samples.view(np.uint16)].tobytes()


def decode(octets: bytes) -> Samples:
    """Return int16[len(octets)]."""
    return _SAMPLES[np.frombuffer(octets, np.uint8)]


def _make_samples() -> Samples:
    code = np.arange(256) ^ _EVEN_BITS
    segment, step = (code >> 4) & 7, code & 15
    middle = (step << 4) + 8
    magnitude = np.where(segment == 0, middle, (middle + 256) << np.maximum(segment - 1, 0))
    return np.where(code & _POSITIVE, magnitude, -magnitude).astype(np.int16)


def _make_octets() -> Octets:
    sample = np.arange(1 << 16).astype(np.uint16).view(np.int16)
    # ~x, not -x: G.711's decision values lie between the int16 values, alike on both sides.
    magnitude = np.where(sample < 0, ~sample, sample).astype(np.int64) >> 4
    segment = np.maximum(np.frexp(magnitude)[1] - 4, 0)
    code = (segment << 4) | ((magnitude >> np.maximum(segment - 1, 0)) & 15)
    octets: Octets = ((code | np.where(sample < 0, 0, _POSITIVE)) ^ _EVEN_BITS).astype(np.uint8)
    return octets


_SAMPLES: Final = _make_samples()
_OCTETS: Final = _make_octets()

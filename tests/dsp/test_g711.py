import numpy as np
import pytest

from dsp.g711 import decode, encode
from dsp.units import dbm0

#: G.711 table 5: a period of 1 kHz at 0 dBm0, as A-law octets.
DIGITAL_MILLIWATT = bytes.fromhex("34 21 21 34 b4 a1 a1 b4")


def test_the_digital_milliwatt_is_0_dbm0():
    wave = decode(DIGITAL_MILLIWATT).astype(float)
    assert dbm0((wave**2).mean()) == pytest.approx(0.0, abs=0.1)


def test_a_sine_at_0_dbm0_becomes_the_digital_milliwatt():
    peak = 32768 * 10 ** (-3.14 / 20)
    sine = peak * np.sin(2 * np.pi * (np.arange(8) + 0.5) / 8)
    # table 5 lists the character signals of the negative half first
    assert encode(np.round(-sine).astype(np.int16)) == DIGITAL_MILLIWATT


@pytest.mark.parametrize(
    "sample, octet, back",
    [
        (0, 0xD5, 8),
        (-1, 0x55, -8),
        (511, 0xCA, 504),
        (512, 0xF5, 528),
        (32767, 0xAA, 32256),
        (-32768, 0x2A, -32256),
    ],
)
def test_known_values(sample, octet, back):
    assert encode(np.array([sample], np.int16)) == bytes([octet])
    assert decode(bytes([octet])).tolist() == [back]


def test_every_octet_survives_decoding_and_encoding():
    octets = bytes(range(256))
    assert encode(decode(octets)) == octets


def test_no_sample_is_off_by_more_than_half_a_step():
    sample = np.arange(-32768, 32768).astype(np.int16)
    error = np.abs(decode(encode(sample)).astype(int) - sample)
    magnitude = np.abs(sample.astype(int))
    step = np.maximum(16, 2 ** (np.floor(np.log2(np.maximum(magnitude, 1))) - 4))
    assert (error <= step / 2 + 1).all()


def test_samples_of_another_type_are_refused():
    with pytest.raises(ValueError, match="float64"):
        encode(np.zeros(3))

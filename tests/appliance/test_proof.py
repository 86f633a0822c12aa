import numpy as np
import pytest

from appliance.decoding import Packet
from appliance.proof import prove
from appliance.vault.segment import Codec
from tests.kept import kept_packets

SECONDS = 3
T = np.arange(SECONDS * 8000) / 8000


def noise(seed):
    return np.random.default_rng(seed).normal(0, 1, len(T))


def voice(seed=1):
    """A vowel of changing pitch and loudness, with breath."""
    pitch = np.cumsum(120 + 30 * np.sin(2 * np.pi * 0.7 * T)) / 8000
    vowel = sum(np.sin(2 * np.pi * k * pitch) / k for k in range(1, 20))
    return vowel * (1.1 + np.sin(2 * np.pi * 2.5 * T)) + 0.05 * noise(seed)


SIGNALS = {
    "voice": voice(),
    "white noise": noise(2),
    "dtmf": np.sin(2 * np.pi * 941 * T) + np.sin(2 * np.pi * 1633 * T),
    "record beep": np.sin(2 * np.pi * 1400 * T),
    "hum": np.sign(np.sin(2 * np.pi * 60 * T)),
    "ringing leaking in": np.sin(2 * np.pi * 20 * T),
    "modem": np.sin(2 * np.pi * np.cumsum(1700 + 500 * np.sign(np.sin(900 * T))) / 8000),
    "fax": np.sin(2 * np.pi * np.where(T < 1, 2100, 1700 + 500 * np.sign(np.sin(900 * T))) * T),
    "clicks": (np.random.default_rng(3).random(len(T)) < 0.001).astype(float),
    "nothing": np.zeros(len(T)),
}


def at_level(signal, dbm0):
    power = np.sqrt(np.mean(signal**2)) or 1.0
    scaled = signal / power * 32768 / np.sqrt(2) * 10 ** ((dbm0 - 3.14) / 20)
    return np.clip(np.round(scaled), -32768, 32767).astype(np.int16)


def keep(audio, complexity=5):
    return kept_packets(audio, complexity)[:2]


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("level_dbm0", [-6, -20, -40, -55])
@pytest.mark.parametrize("complexity", [0, 5, 10])
def test_a_sound_recording_is_verified(signal, level_dbm0, complexity):
    proof = prove(*keep(at_level(SIGNALS[signal], level_dbm0), complexity))
    assert (proof.verified, proof.note) == (True, "")


@pytest.mark.parametrize("count", [1, 100, 1999, 2001, 8000, 8001, 11_999])
def test_a_call_of_any_length_is_verified(count):
    assert prove(*keep(at_level(voice(), -20)[:count])).verified


def test_a_recording_that_lost_a_packet_is_not():
    packets, heard = keep(at_level(voice(), -20))
    proof = prove(packets[:-2], heard)
    assert (proof.verified, proof.note) == (False, "2.974 s came back of 3.000 s")


def test_a_recording_that_is_quiet_where_the_line_spoke_is_not():
    audio = at_level(voice(), -20)
    heard = keep(audio)[1]
    audio[8000:16000] = 0
    proof = prove(keep(audio)[0], heard)
    assert not proof.verified
    assert proof.note.startswith("second 1: heard -")


def test_a_recording_that_speaks_where_the_line_was_quiet_is_not():
    audio = at_level(voice(), -50)
    heard = keep(audio)[1]
    audio[8000:16000] = at_level(voice(), -20)[8000:16000]
    assert prove(keep(audio)[0], heard).note.startswith("second 1: heard -")


def test_a_packet_that_is_none_is_said():
    packets, heard = keep(at_level(voice(), -20))
    packets[7] = Packet(Codec.OPUS, b"")
    assert prove(packets, heard).note.startswith("cannot be decoded: ")
    packets[7] = Packet(Codec.ALAW, b"\xd5" * 159)
    assert prove(packets, heard).note.startswith("cannot be decoded: 159 bytes")

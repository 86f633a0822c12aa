import numpy as np
import pytest

from appliance.decoding import Packet, PacketDecoder, packets
from appliance.vault.segment import Codec
from dsp import g711, opus
from dsp.opus import BadPacket
from tests.signals import pcm, sine

TONE = pcm(sine(500, 0.1, -10))


def decoded(kept):
    with PacketDecoder() as decoder:
        return np.concatenate([decoder.decode(packet) for packet in kept])


def test_each_packet_sounds_by_its_codec():
    with opus.Encoder() as encoder:
        coded = opus.encode(TONE, encoder)
    alaw = [g711.encode(frame) for frame in TONE.reshape(-1, 160)]
    heard = decoded(packets(Codec.OPUS, coded) + packets(Codec.ALAW, alaw))
    assert np.array_equal(heard[: len(coded) * 160], opus.decode(coded, 0, len(coded) * 160))
    assert np.array_equal(heard[len(coded) * 160 :], g711.decode(b"".join(alaw)))


@pytest.mark.parametrize("length", [0, 159, 161, 320])
def test_a_packet_of_another_length_is_none(length):
    with pytest.raises(BadPacket, match=f"{length} bytes"):
        decoded([Packet(Codec.ALAW, bytes(length))])

"""A call's packets of 20 ms, as they were sealed, and the sound of them."""

from collections.abc import Iterable
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from appliance.vault.segment import Codec
from dsp import g711
from dsp.opus import FRAME, BadPacket, Decoder

Samples = NDArray[np.int16]


class Packet(NamedTuple):
    """20 ms of a call."""

    codec: Codec
    data: bytes


def packets(codec: Codec, contents: Iterable[bytes]) -> list[Packet]:
    """Return packets of one codec."""
    return [Packet(codec, data) for data in contents]


class PacketDecoder:
    """Decodes packets that follow each other; for a `with`, which gives the decoder up."""

    def __init__(self) -> None:
        self._opus = Decoder()

    def decode(self, packet: Packet) -> Samples:
        """Return 20 ms: int16[160].

        Raises:
            BadPacket: it is none of 20 ms.
        """
        if packet.codec is not Codec.ALAW:
            return self._opus.decode(packet.data)
        if len(packet.data) != FRAME:
            raise BadPacket(f"{len(packet.data)} bytes of A-law, want {FRAME}")
        return g711.decode(packet.data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opus.close()

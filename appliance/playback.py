"""A recording opened to be heard: its packets as they are, or decoded on the way out.

Nothing is written to disk and nothing is encoded again. The Opus packets stand in an Ogg file; what
was kept as G.711, from where a fax machine or a modem was heard, stands behind it. PCM is decoded
for the samples asked for only, so that a call of hours costs no memory. A decoder that begins in
mid-call needs a run-up until its filters have forgotten that they knew nothing:

    packets   ... │ 20 ms │ 20 ms │ 20 ms │ 20 ms │ wanted │ wanted │ ...
                  └─────── run-up, decoded and dropped ────┘

Source: RFC 7845, 4.6 (80 ms of pre-roll when seeking).
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appliance import ogg, ulid
from appliance.decoding import Packet, PacketDecoder, packets
from appliance.index_row import CallRow
from appliance.keys import WrongIdentity, open_data_key
from appliance.vault.open import open_call
from appliance.vault.reader import Second, salvage_call
from appliance.vault.segment import Codec, TamperedError
from dsp.opus import FRAME, LOOKAHEAD, BadPacket
from dsp.units import AUDIO_HZ, FULL_SCALE

#: Packets decoded before the first one wanted: 200 ms, more than twice what RFC 7845 asks.
RUN_UP: Final = 10
#: Samples in a piece of PCM: one second.
PIECE: Final = AUDIO_HZ
#: 20 ms of nothing. A packet of a TOC byte alone (RFC 6716, 3.1 and 3.2: SILK, narrowband) is one
#: that was lost: a decoder fades out.
_SILENCE: Final = {
    Codec.OPUS: Packet(Codec.OPUS, b"\x08"),
    Codec.ALAW: Packet(Codec.ALAW, b"\xd5" * FRAME),
}


class CannotOpen(Exception):
    """The recording is damaged, is not there, or is sealed to another key."""


class Recording:
    """One call's audio in clear, in memory.

    Attributes:
        samples: of the call.
        ogg: the Opus packets, which sound for ogg_samples.
        alaw: what follows them, a sample a byte; it may go on behind the call's end.
        lost_s: seconds of it that are damaged, and silent.
    """

    lost_s = 0.0

    def __init__(self, call_id: str, packets: Sequence[Packet], samples: int) -> None:
        """Take packets of 20 ms as they were recorded.

        Args:
            call_id: makes the Ogg file's serial number.
            packets: the call's, without a gap.
            samples: of the call; the packets hold more, for the encoder looks ahead.

        Raises:
            ValueError: Opus behind G.711.
        """
        self._packets = packets
        self.samples = max(0, min(samples, len(packets) * FRAME - LOOKAHEAD))
        opus = [packet.data for packet in packets if packet.codec is Codec.OPUS]
        rest = packets[len(opus) :]
        if any(packet.codec is not Codec.ALAW for packet in rest):
            raise ValueError(f"call {call_id}: Opus behind G.711")
        serial = int.from_bytes(ulid.to_bytes(call_id)[-4:], "big")
        self.ogg_samples = max(0, min(self.samples, len(opus) * FRAME - LOOKAHEAD))
        self.ogg = ogg.write(opus, ogg.Labels(serial), self.ogg_samples)
        self.alaw = b"".join(packet.data for packet in rest)

    def pcm(self, first: int, stop: int) -> Iterator[bytes]:
        """Yield samples first to stop of the call, int16 little-endian, a second at a time."""
        at, end = first + LOOKAHEAD, min(stop, self.samples) + LOOKAHEAD
        begin = max(0, at // FRAME - RUN_UP)
        with PacketDecoder() as decoder:
            piece: list[NDArray[np.int16]] = []
            for number in range(begin, -(-end // FRAME)):
                frame = decoder.decode(self._packets[number])
                skip, keep = at - number * FRAME, end - number * FRAME
                piece.append(frame[max(0, skip) : max(0, keep)])
                if len(piece) * FRAME >= PIECE:
                    yield _bytes(piece)
                    piece = []
            yield _bytes(piece)

    def is_whole(self, samples: int) -> bool:
        """Decode all of it, and say whether it has so many samples."""
        try:
            return sum(len(piece) for piece in self.pcm(0, self.samples)) == 2 * samples
        except BadPacket:
            return False

    @cached_property
    def peaks(self) -> NDArray[np.float64]:
        """The loudest sample of each 20 ms, 0 to 1: float64[ceil(samples / 160)]."""
        audio = np.frombuffer(b"".join(self.pcm(0, self.samples)), "<i2").astype(np.float64)
        padded = np.pad(np.abs(audio), (0, -len(audio) % FRAME))
        loudest: NDArray[np.float64] = padded.reshape(-1, FRAME).max(axis=1) / FULL_SCALE
        return loudest


def open_recording(vault: Path, call: CallRow, identity: bytes, age_file: bytes) -> Recording:
    """Open a call's recording.

    Args:
        vault: the folder of the reels.
        call: one that was recorded and is over.
        identity: the vault's secret, as `keys.unwrap_secret` gives it.
        age_file: the call's data key, as the recorder gives it.

    Raises:
        CannotOpen: nothing of it is returned.
    """
    if not call.reel or call.last_offset is None:
        raise CannotOpen(f"call {call.id}: its end is not on the reel yet")
    try:
        found = open_call(vault / call.reel, call.id, age_file, identity.decode(), call.last_offset)
        kept = [packet for one in found.seconds for packet in packets(one.codec, one.packets)]
        return Recording(call.id, kept, call.audio_samples)
    except (WrongIdentity, TamperedError, BadPacket, OSError, ValueError) as error:
        raise CannotOpen(f"call {call.id}: {error}") from error


def open_what_is_left(vault: Path, call: CallRow, identity: bytes, age_file: bytes) -> Recording:
    """Open what can be proven of a call that is damaged, to be heard; the rest of it is silent.

    Args:
        As open_recording.

    Raises:
        CannotOpen: nothing of it can be.
    """
    try:
        data_key = open_data_key(age_file, identity.decode())
        found, _ = salvage_call(vault / call.reel, call.id, data_key)
        kept, lost = _in_place(found.seconds, call.audio_samples)
        recording = Recording(call.id, kept, call.audio_samples)
    except (WrongIdentity, BadPacket, OSError, ValueError) as error:
        raise CannotOpen(f"call {call.id}: {error}") from error
    if lost == len(kept):
        raise CannotOpen(f"call {call.id}: nothing of it opens")
    recording.lost_s = lost * FRAME / AUDIO_HZ
    return recording


def _in_place(seconds: Sequence[Second], samples: int) -> tuple[list[Packet], int]:
    """Return packets where they belong, and how many between them are silence instead."""
    kept: list[Packet] = []
    lost, codec = 0, Codec.OPUS
    for second in seconds:
        codec = second.codec
        gap = second.first_sample // FRAME - len(kept)
        kept += [_SILENCE[codec]] * gap + packets(codec, second.packets)
        lost += gap
    gap = max(0, -(-(samples + LOOKAHEAD) // FRAME) - len(kept))
    return kept + [_SILENCE[codec]] * gap, lost + gap


def _bytes(piece: Sequence[NDArray[np.int16]]) -> bytes:
    return np.concatenate([*piece, np.empty(0, np.int16)]).astype("<i2").tobytes()

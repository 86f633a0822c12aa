"""Does the disk give back what was heard?

At the end of each call its segments are read back from the disk, opened and decoded, and the
level of each second is compared with what was heard on the line. A recording that is too short,
cannot be opened, or is quiet where the line spoke is an alarm while somebody still remembers the
call.

The tolerance was measured on six human voices, hold music, white noise, DTMF, modem and single
tones and hum, at -6 to -50 dBm0, through libopus 1.3.1 at 16 kbit/s and complexity 0, 5 and 10:
voices lose at most 4.2 dB a second, noise and modem tones 4.1 dB, and none gains more than 0.2
dB.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.decoding import Packet, PacketDecoder
from appliance.kept_audio import Heard, Levels
from dsp.opus import FRAME, BadPacket
from dsp.units import AUDIO_HZ

Samples = NDArray[np.int16]

#: A second's level may change by so much in Opus.
TOLERANCE_DB = 6.0
#: Below this a second is line noise, which Opus need not keep: it must only stay quiet. Ringing at
#: -6 dBm0, as loud as it gets, reads -42 here.
QUIET_DBM0 = -40.0
#: A rest shorter than this is not compared: an onset may fall on either side of its edge.
SHORTEST_S = 0.25


@dataclass(frozen=True)
class Proof:
    """Attributes: note, what does not match, or ""."""

    verified: bool
    note: str = ""


def prove(
    packets: Iterable[Packet], heard: Heard, recognise: Callable[[Samples], str] | None = None
) -> Proof:
    """Decode all of a call's packets, as read back, and compare them with what was heard.

    Args:
        recognise: says what is wrong with what was decoded, or ""; for short calls.
    """
    levels, length, samples = Levels(), 0, heard.samples
    known: list[Samples] = []
    try:
        for audio in _decoded(packets, heard.lookahead, samples):
            levels.push(audio)
            length += len(audio)
            if recognise is not None:
                known.append(audio)
    except BadPacket as error:
        return Proof(False, f"cannot be decoded: {error}")
    if length != samples:
        return Proof(False, f"{length / 8000:.3f} s came back of {samples / 8000:.3f} s")
    whole = samples // AUDIO_HZ + (samples % AUDIO_HZ >= SHORTEST_S * AUDIO_HZ)
    proof = _compare(heard.levels[:whole], levels.close()[:whole])
    if proof.verified and recognise is not None:
        wrong = recognise(np.concatenate(known) if known else np.empty(0, np.int16))
        return Proof(not wrong, wrong)
    return proof


def _decoded(packets: Iterable[Packet], lookahead: int, samples: int) -> Iterator[Samples]:
    late, left = lookahead, samples
    with PacketDecoder() as decoder:
        for packet in packets:
            audio = decoder.decode(packet)[late:][:left]
            late = max(0, late - FRAME)
            left -= len(audio)
            yield audio


def _compare(heard: Sequence[float], kept: Sequence[float]) -> Proof:
    for second, (was, now) in enumerate(zip(heard, kept, strict=True)):
        same = abs(now - was) <= TOLERANCE_DB
        if not same and max(was, now) > QUIET_DBM0:
            return Proof(False, f"second {second}: heard {was:.1f} dBm0, kept {now:.1f} dBm0")
    return Proof(True)

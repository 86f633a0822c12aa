"""One burst of caller ID, read: samples in, messages out.

A message is what follows a stretch of mark and passes its own check. What follows a mark as clearly
as a message does and fails is told as the best that could be read, or as `decode_failed`.

Source: ETSI EN 300 659-1, Telcordia GR-30-CORE (a burst and what surrounds it). Figures without a
source are bench values.
"""

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dsp.caller_id_message import Message, read_message
from dsp.fsk import Octet, Sender, read_octets
from dsp.units import AUDIO_HZ

Samples = NDArray[np.int16]
Standard = Literal["bell202", "v23", "v23_jp"]

#: Samples wanted before a burst.
BEFORE: Final = 800

#: A message begins after mark: so much of it, see Octet.lead.
_LEAST_LEAD: Final = 0.6
#: Mark bits between two octets of a message: at most 10 are sent (GR-30).
_PAUSE_BITS: Final = 24
#: What could not be read was clearly a message if so many octets of so good a quality follow mark,
#: and that near the burst's beginning: 300 bits of seizure and 180 of mark are 0.4 s.
_CLEAR_BEGIN: Final = BEFORE + round(0.6 * AUDIO_HZ)
_CLEAR_QUALITY: Final = 0.75
_LEAST_OCTETS: Final = 8
#: What is as good as this is read a second time.
_FAIR_QUALITY: Final = 0.6


def read_burst(audio: Samples) -> list[tuple[Standard, Message]]:
    """Read the messages of one burst.

    Args:
        audio: int16[n], the burst and some silence on either side of it.

    Returns:
        The messages about calls whose check is right; or the best reading of one whose is not; or
        `decode_failed` where a message was clearly sent; or nothing.
    """
    worse: list[tuple[Standard, Message]] = []
    for sender, octets in read_octets(audio):
        messages = list(_messages(octets))
        if any(message.valid or not message.about_call for message in messages):
            sure = [message for message in messages if message.valid]
            return [(_standard(sender, message), message) for message in sure]
        worse += [(_standard(sender, message), message) for message in messages]
        if not any(_is_message(octets, at, _FAIR_QUALITY) for at in range(len(octets))):
            break  # speech: there is no use in another look
    return sorted(worse, key=lambda best: best[1].absence == "decode_failed")[:1]


def _messages(octets: list[Octet]) -> Iterator[Message]:
    """Yield what can be read, after each mark, of messages that are valid or clearly sent."""
    for at, octet in enumerate(octets):
        if octet.lead >= _LEAST_LEAD:
            clear = _is_message(octets, at, _CLEAR_QUALITY) and octet.sample <= _CLEAR_BEGIN
            message = read_message(_joined(octets, at))
            if message is None and clear:
                yield Message(absence="decode_failed")
            elif message is not None and (clear or message.valid or not message.about_call):
                yield message


def _standard(sender: Sender, message: Message) -> Standard:
    return "v23_jp" if message.japan else sender.modem


def _joined(octets: list[Octet], at: int) -> list[int]:
    """Return the values of the octets that follow each other from one on."""
    values = [octets[at].value]
    for octet in octets[at + 1 :]:
        if octet.pause_bits > _PAUSE_BITS:
            break
        values.append(octet.value)
    return values


def _is_message(octets: list[Octet], at: int, quality: float) -> bool:
    """Say whether a message, whatever it says, begins with an octet."""
    run = octets[at : at + _LEAST_OCTETS]
    return (
        len(run) == _LEAST_OCTETS
        and run[0].lead >= quality
        and sum(octet.quality for octet in run) >= _LEAST_OCTETS * quality
        and all(octet.pause_bits <= _PAUSE_BITS for octet in run[1:])
    )

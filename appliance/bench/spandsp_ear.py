"""spandsp as an ear: its DTMF, caller-ID and tone receivers on a case."""

from collections.abc import Callable
from contextlib import closing
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from appliance.bench.caller_cases import caller_text
from appliance.bench.case import Case, Sent
from appliance.bench.libspandsp import (
    STANDARDS,
    DtmfSettings,
    Receiver,
    caller_receiver,
    dtmf_receiver,
    library,
    tone_plan,
    tone_receiver,
)
from dsp.units import AUDIO_HZ

Samples = NDArray[np.int16]
_T = TypeVar("_T")

#: The fair one to beat: dial-tone filter on, twist as wide as it goes without talk-off.
TUNED: Final = DtmfSettings(filter_dial_tone=True, twist_db=10, reverse_twist_db=6)
#: Audio of one call: what is believed is dated to its end.
_PIECE: Final = 40
#: adsi_rx ends a message of keys after so many calls: it wants 20 ms at a time.
_CALLER_PIECE: Final = 160
_ABSENCE: Final = {
    "P": "private",
    "O": "unavailable",
    "C": "public_phone",
    "S": "no_service",
}
_MDMF: Final = {0x01: "time", 0x02: "number", 0x04: "absence", 0x07: "name"}
_NTT: Final = {0x02: "number", 0x04: "absence", 0x09: "dialled"}
#: DLE SOH 07 DLE STX and the message type stand before the length.
_NTT_LENGTH_AT: Final = 6


class Spandsp:
    """spandsp with one setting of its DTMF receiver."""

    kinds = frozenset(("dtmf", "caller_id", "tone"))

    def __init__(self, name: str, settings: DtmfSettings = DtmfSettings()) -> None:
        """Load the library.

        Raises:
            PeerMissing: it is not installed.
        """
        library()
        self.name = name
        self._settings = settings

    def hear(self, case: Case) -> list[Sent]:
        """Return what is heard; in speech, by every receiver."""
        assert case.audio is not None
        speech = case.group == "speech"
        heard: list[Sent] = []
        if speech or case.group == "dtmf":
            heard += self._keys(case.audio)
        if speech or case.group == "caller_id":
            for standard in STANDARDS if speech else (case.standard,):
                heard += _callers(case.audio, standard)
        if speech or case.group == "tone":
            for plan in ("kr", "jp") if speech else (case.standard,):
                heard += _tones(case.audio, plan)
        return heard

    def _keys(self, audio: Samples) -> list[Sent]:
        found: list[str] = []
        with closing(dtmf_receiver(self._settings, found.append)) as receiver:
            return _dated(receiver, audio, _PIECE, found, lambda key: ("dtmf", key))


def _callers(audio: Samples, standard: str) -> list[Sent]:
    """Return the messages that say anything: one in speech without a word in it is no invention."""
    found: list[bytes] = []
    with closing(caller_receiver(standard, found.append)) as receiver:
        heard = _dated(
            receiver,
            audio,
            _CALLER_PIECE,
            found,
            lambda message: ("caller_id", caller_text(facts_of(message, standard))),
        )
    return [one for one in heard if one.what]


def _tones(audio: Samples, plan: str) -> list[Sent]:
    found: list[str] = []
    with (
        tone_plan(plan) as (descriptor, names),
        closing(tone_receiver(descriptor, names, found.append)) as receiver,
    ):
        return _dated(receiver, audio, 160, found, lambda name: ("tone", f"{plan} {name}"))


def _dated(
    receiver: Receiver,
    audio: Samples,
    piece: int,
    found: list[_T],
    named: Callable[[_T], tuple[str, str]],
) -> list[Sent]:
    heard: list[Sent] = []
    for at in range(0, len(audio), piece):
        receiver.push(audio[at : at + piece])
        known_s = min(at + piece, len(audio)) / AUDIO_HZ
        heard += [Sent(*named(one), believed_s=known_s) for one in found]
        found.clear()
    return heard


def facts_of(message: bytes, standard: str) -> dict[str, str]:
    """Return what a message says, by our names; nothing of what is not understood."""
    if standard == "dtmf":
        return {"number": "".join(c for c in message.decode("ascii", "replace") if c.isdigit())}
    if standard == "v23_jp":
        return _parameters(message[_NTT_LENGTH_AT:], _NTT)
    if message[:1] == b"\x04":
        text = message[2 : 2 + message[1]].decode("ascii", "replace")
        return {"time": text[:8], "number": text[8:]}
    return _parameters(message[1:], _MDMF)


def _parameters(rest: bytes, names: dict[int, str]) -> dict[str, str]:
    """Read a length, and {type, length, text} up to it."""
    facts: dict[str, str] = {}
    at, end = 1, min(1 + rest[0], len(rest)) if rest else 0
    while at + 2 <= end:
        kind, count = rest[at], rest[at + 1]
        text = rest[at + 2 : at + 2 + count].decode("ascii", "replace")
        if kind in names:
            name = names[kind]
            facts[name] = _ABSENCE.get(text, text) if name == "absence" else text
        at += 2 + count
    return facts

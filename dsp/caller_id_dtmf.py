"""Caller ID in DTMF: one line's keys in, a caller out.

    A number C    A number #    D number C    D number #
    B 00 C, B 10 C                                   no number: not available, withheld
    D 1 #, D 2 #, D 3 #                              no number: withheld, not available (twice)

Telephones have no keys A to D, so nobody dials this; the keys follow each other closely.

Source: ETSI EN 300 659-1 (2001), annex B; the forms in use as listed by spandsp's adsi.h. Exchanges
send 70 ms on and 70 ms off, at least 50 each.
"""

import re
from collections.abc import Mapping
from typing import Final

from dsp.caller_id_message import Absence
from dsp.events import CallerId, Dtmf
from dsp.units import AUDIO_HZ

#: From one key's end to the next one's start; longer, and what came before is dropped.
_MOST_PAUSE: Final = round(0.5 * AUDIO_HZ)
#: A number has at most 15 digits (E.164), a prefix some more.
_MOST_KEYS: Final = 32

_CALLER: Final = re.compile(r"[AD](?P<number>\d{3,24})[C#]|B(?P<why>\d\d)[C#]|(?P<code>D\d#)")
_ABSENCES: Final[Mapping[str, Absence]] = {
    "00": "unavailable",
    "10": "private",
    "D1#": "private",
    "D2#": "unavailable",
    "D3#": "unavailable",
}


class DtmfCallerId:
    """One line's caller ID in keys."""

    def __init__(self) -> None:
        self._keys = ""
        self._begin = 0  # sample of the first key
        self._end = 0  # of the last

    def push(self, key: Dtmf) -> CallerId | None:
        """Take a key; return the caller that it completes."""
        if key.sample - self._end > _MOST_PAUSE or len(self._keys) == _MOST_KEYS:
            self._keys = ""
        if key.digit in "ABD":
            self._keys, self._begin = "", key.sample
        elif not self._keys:
            return None
        self._keys += key.digit
        self._end = key.sample + round(key.duration_s * AUDIO_HZ)
        return self._caller(key) if key.digit in "C#" else None

    def _caller(self, last: Dtmf) -> CallerId | None:
        keys, self._keys = self._keys, ""
        found = _CALLER.fullmatch(keys)
        if found is None:
            return None
        why = found["why"] or found["code"]
        return CallerId(
            line=last.line,
            sample=self._begin,
            believed=last.believed,
            standard="dtmf",
            number=found["number"],
            absence=_ABSENCES.get(why, "unavailable") if why else None,
        )

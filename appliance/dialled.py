"""Which keys were the number dialled, and which asked for recording.

Digits come from DTMF or dial pulses. In an outgoing call those up to the first long pause are the
dialled number; later ones, and all in an incoming call, are keys pressed in mid-call. The record key
(default `*1`) counts in mid-call alone, so that a dialled `*1…` is a service code.

    lift   0 3 1 8 0 3 6   . . . 8 s . . .   talk   * 1   talk
           └─ dialled ──┘                           └ the record key
"""

from dataclasses import dataclass, field

#: An exchange waits 10 to 20 s for the next digit; people pause up to a few seconds while reading a
#: number off paper. Bench value.
DIALLING_PAUSE_S = 8.0
#: In an outgoing call the record key must follow a pause this long, or it belongs to the number.
KEY_PAUSE_S = 2.0
#: The keys of the record key come within this time of each other. Bench value.
KEY_SPREAD_S = 3.0


@dataclass
class Dialled:
    """One call's digits. Times are seconds in the call's own stream, rising."""

    outgoing: bool
    record_key: str = "*1"
    digits: str = ""
    keys: str = ""
    _last_s: float | None = None
    _dialling: bool = field(init=False)
    _typed: list[tuple[str, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dialling = self.outgoing

    def push(self, digit: str, at_s: float) -> bool:
        """Add a digit; return whether it completes the record key."""
        pause = at_s - self._last_s if self._last_s is not None else 0.0
        self._last_s = at_s
        if self._dialling and self.digits and pause > DIALLING_PAUSE_S:
            self._dialling = False
        self._typed = [*self._typed, (digit, at_s, pause)][-len(self.record_key) :]
        if self._is_record_key():
            self._take_back()
            return True
        if self._dialling:
            self.digits += digit
        else:
            self.keys += digit
        return False

    def _is_record_key(self) -> bool:
        if not self.record_key or "".join(d for d, _, _ in self._typed) != self.record_key:
            return False
        first, last = self._typed[0], self._typed[-1]
        if last[1] - first[1] > KEY_SPREAD_S:
            return False
        before = len(self.digits) - (len(self._typed) - 1)
        return not self._dialling or (before > 0 and first[2] >= KEY_PAUSE_S)

    def _take_back(self) -> None:
        """Remove the record key's earlier digits from the number: dialling ended before them."""
        earlier = len(self._typed) - 1
        if self._dialling and earlier:
            self.digits = self.digits[:-earlier]
        elif earlier:
            self.keys = self.keys[:-earlier]
        self._dialling = False
        self._typed = []

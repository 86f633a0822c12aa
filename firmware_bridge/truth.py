"""The calls that a script made, to compare with the calls that a recorder found.

Times are seconds from the beginning of the script. A call starts with its first ring or with the
handset lifted, and ends with the handset put down, the cable pulled, or, unanswered, with the end
of the last ring.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

#: Calls kept for each line; a demo that runs for weeks must not grow.
KEPT: Final = 1000


@dataclass(frozen=True)
class Call:
    """Attributes.

    answer_s: the handset lifted for an incoming call, the far party's answer for an outgoing one;
        None if never.
    number: from caller ID, or None.
    digits: dialled before the far party answered.
    keys: pressed during the talk.
    """

    line: int
    direction: Literal["in", "out"]
    start_s: float
    answer_s: float | None
    end_s: float
    number: str | None
    digits: str
    keys: str
    flashes: int
    ended_by: Literal["on_hook", "ring_end", "unplugged"]


@dataclass
class _Open:
    direction: Literal["in", "out"]
    start_ms: int
    ring_end_ms: int = 0
    answer_ms: int | None = None
    digits: str = ""
    keys: str = ""
    flashes: int = 0


@dataclass
class CallTruth:
    """Follows one line. Times in are milliseconds."""

    line: int
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT))
    _call: _Open | None = None
    _number: str | None = None

    def shown(self, number: str | None) -> None:
        """Take a caller's number, which may come before the first ring."""
        self._number = number

    def rang(self, start_ms: int, end_ms: int) -> None:
        self._call = self._call or _Open("in", start_ms)
        self._call.ring_end_ms = end_ms

    def missed(self) -> None:
        if self._call:
            self._close(self._call.ring_end_ms, "ring_end")

    def off_hook(self, at_ms: int) -> None:
        if self._call:
            self._call.answer_ms = at_ms
        else:
            self._call = _Open("out", at_ms)

    def answered(self, at_ms: int) -> None:
        if self._call and self._call.direction == "out":
            self._call.answer_ms = at_ms

    def key(self, digit: str) -> None:
        if self._call and self._call.answer_ms is None:
            self._call.digits += digit
        elif self._call:
            self._call.keys += digit

    def flashed(self) -> None:
        if self._call:
            self._call.flashes += 1

    def on_hook(self, at_ms: int) -> None:
        self._close(at_ms, "on_hook")

    def unplugged(self, at_ms: int) -> None:
        self._close(at_ms, "unplugged")

    def _close(self, at_ms: int, ended_by: Literal["on_hook", "ring_end", "unplugged"]) -> None:
        call, number = self._call, self._number
        self._call = self._number = None
        if call is None:
            return
        answer_s = None if call.answer_ms is None else call.answer_ms / 1000
        self.calls.append(
            Call(
                line=self.line,
                direction=call.direction,
                start_s=call.start_ms / 1000,
                answer_s=answer_s,
                end_s=at_ms / 1000,
                number=number if call.direction == "in" else None,
                digits=call.digits,
                keys=call.keys,
                flashes=call.flashes,
                ended_by=ended_by,
            )
        )

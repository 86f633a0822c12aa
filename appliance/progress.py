"""A progress bar for people at a terminal; nothing at all in a pipe."""

import sys
from time import monotonic
from types import TracebackType
from typing import Self, TextIO

_WIDTH = 30
_EVERY_S = 0.1


class Progress:
    """Shows how much of a known amount is done, and how long the rest will take."""

    def __init__(self, what: str, total: float, stream: TextIO | None = None) -> None:
        self._what = what
        self._total = total
        self._out = stream or sys.stderr
        self._shown = self._out.isatty()
        self._began_s = monotonic()
        self._next_s = 0.0

    def at(self, done: float) -> None:
        """Show that so much is done."""
        now = monotonic()
        if not self._shown or now < self._next_s:
            return
        self._next_s = now + _EVERY_S
        part = min(1.0, done / self._total) if self._total else 1.0
        bar = ("█" * round(part * _WIDTH)).ljust(_WIDTH, "·")
        rest = (now - self._began_s) * (1 / part - 1) if part > 0.02 else None
        left = f"{rest:4.0f} s left" if rest is not None else ""
        self._out.write(f"\r{self._what} {bar} {part:4.0%} {left:12}")
        self._out.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._shown:
            self._out.write("\r\033[K")
            self._out.flush()

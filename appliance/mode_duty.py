"""Switches lines between recording in full, on request and not at all, when the page asks.

The change is noted for the ledger, then on the disk, then taken by the recorder's own thread: a
line in a call goes on as it began, and changes with its next call.
"""

from collections import deque
from pathlib import Path
from typing import Protocol

from appliance import line_modes
from appliance.call_machine import Mode
from appliance.site import MAX_LINES


class Notes(Protocol):
    """Where what happened is noted for the ledger."""

    def note(self, act: str, facts: dict[str, object]) -> None: ...


class ModeDuty:
    """Attributes: set_modes: what the recorder is still to take, oldest first."""

    def __init__(self, data: Path, notes: Notes) -> None:
        self.set_modes: deque[tuple[int, Mode]] = deque()
        self._data = data
        self._notes = notes

    def set(self, line: int, mode: str, person: str, document: str) -> None:
        """Set a line's mode.

        Raises:
            ValueError: there is no such line or mode; nothing is changed.
            OSError: the disk failed.
        """
        chosen = Mode(mode)
        if not 1 <= line <= MAX_LINES:
            raise ValueError(f"line {line}, want 1 to {MAX_LINES}")
        known = line_modes.read(self._data)
        self._notes.note(
            "line_mode", {"line": line, "mode": mode, "person": person, "document": document}
        )
        line_modes.write(self._data, {**known, line: chosen})
        self.set_modes.append((line, chosen))

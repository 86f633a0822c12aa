"""A witness's USB stick: heads of the ledger, in other hands than the box's.

    STICK/kirok-BOX-000000001042.head    the signed head over 1042 entries (checkpoint.py)
    DATA/witness.json                    {"at":...,"size":...}: what was taken away last, and when

Whoever has an old head can tell that entries were removed or changed since, whatever was done on
the box's own disk. Nothing on the stick is ever changed or removed by the box.

The stick's folder counts as mounted when it lies on another device than the data folder: a head
that is written into an empty mount point is in nobody's hands.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from appliance.durable import replace
from appliance.index_row import iso

NOTED = "witness.json"
#: A head is some 200 bytes; a stick holds what it likes.
_MAX_HEAD_BYTES = 4096
_MAX_HEADS = 20_000


@dataclass(frozen=True)
class Taken:
    """Attributes: at, ISO 8601 UTC; size, entries of the ledger then."""

    at: str
    size: int


class Stick:
    """Every method may raise OSError: a stick is pulled out whenever somebody likes."""

    def __init__(self, folder: Path, data: Path, box_id: str) -> None:
        self.folder = folder
        self._data = data
        self._prefix = f"kirok-{box_id}-"

    def mounted(self) -> bool:
        """Say whether there is a stick."""
        try:
            return self.folder.stat().st_dev != self._data.stat().st_dev
        except OSError:
            return False

    def heads(self) -> dict[str, str]:
        """Return this box's heads by their files' names."""
        paths = sorted(self.folder.glob(f"{self._prefix}*.head"))[-_MAX_HEADS:]
        return {path.name: _text(path) for path in paths}

    def take(self, note: str, size: int, now: datetime) -> None:
        """Put a head on the stick, and note in the data folder that it was taken."""
        replace(self.folder / f"{self._prefix}{size:012}.head", note.encode(), mode=0o644)
        # Power goes now: the head is on the stick, and the box does not know; it takes the next.
        noted = json.dumps({"at": iso(now), "size": size}) + "\n"
        replace(self._data / NOTED, noted.encode(), mode=0o640)


def last_taken(data: Path) -> Taken | None:
    """Return what was taken away last, as far as the data folder knows."""
    try:
        noted = json.loads((data / NOTED).read_text())
        datetime.fromisoformat(noted["at"])
        return Taken(noted["at"], int(noted["size"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _text(path: Path) -> str:
    with open(path, "rb") as file:
        return file.read(_MAX_HEAD_BYTES).decode(errors="replace")

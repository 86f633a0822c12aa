"""What the doctor finds: one thing, how it stands, and what to do about it."""

from dataclasses import asdict, dataclass
from typing import Final

_MARKS: Final = {"fine": "  ok  ", "note": " note ", "wrong": "WRONG "}


@dataclass(frozen=True)
class Finding:
    """Attributes: level, "fine" "note" or "wrong"; remedy, what to do, or ""."""

    level: str
    what: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        remedy = f"\n        → {self.remedy}" if self.remedy else ""
        return f"{_MARKS[self.level]} {self.what}{remedy}"

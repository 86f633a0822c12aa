"""What the doctor finds: one thing, how it stands, and what to do about it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final

_MARKS: Final = {"fine": "  ok  ", "note": " note ", "wrong": "WRONG "}


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        level: "fine" "note" or "wrong".
        remedy: what to do, or "".
        check: which check found it: a name that stays; see docs/doctor.md.
    """

    level: str
    what: str
    remedy: str = ""
    check: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        remedy = f"\n        → {self.remedy}" if self.remedy else ""
        return f"{_MARKS[self.level]} {self.what}{remedy}"


def named(check: str, found: Iterable[Finding | tuple[str, str, str]]) -> Iterator[Finding]:
    """Yield what a check finds under its name; a check that the disk does not let end is wrong."""
    try:
        for each in found:
            finding = each if isinstance(each, Finding) else Finding(*each)
            yield replace(finding, check=check)
    except OSError as error:
        text = f"it could not be looked at: {error}"
        yield Finding("wrong", text, "see that the doctor may read it, and the disk answers", check)

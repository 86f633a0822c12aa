"""One row of the call index: in Python, as JSON, and as SQLite holds it.

In the database times are whole milliseconds, UTC, and lists are JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

#: Why the row of a line's self-test is there: not a call, and not among them.
SELF_TEST: Final = "self_test"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One call. Times are aware datetimes in UTC; `events`, `gaps` and `stretches` lists of dicts.

    Attributes:
        dated: whether the times can be believed: "sure"; "unsure", not yet; "corrected", they were
            put right; "latest", it can only be said that the call was not later than that from
            which `due` counts.
        boot, uptime_ms: the start of a call that was not sure, by the host's own count.
        told_start, told_end: what the clock said then of a call that was put right.
        reason: how the call ended if not as usual (line_down, board_restarted ...), else why it was
            or was not recorded (full, key, button, missed, not_asked, mode_none).
    """

    id: str
    line: int
    line_name: str
    department: str
    policy: str
    direction: str
    number: str | None = None
    number_source: str | None = None
    digits: str = ""
    keys: str = ""
    start: datetime
    answer: datetime | None = None
    end: datetime | None = None
    clock: str
    drift_ppm: float = 0.0
    rings: int = 0
    mode: str
    why: str
    ended_by: str = ""
    audio_samples: int = 0
    stretches: list[dict[str, Any]]
    events: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    notice: str | None = None
    notice_s: float | None = None
    proof: str = "none"
    proof_note: str = ""
    proved: datetime | None = None
    due: datetime | None = None
    hold: str | None = None
    erased: datetime | None = None
    day: str
    reel: str = ""
    last_offset: int | None = None
    chain: str | None = None
    entry: int | None = None
    dated: str = "sure"
    boot: str = ""
    uptime_ms: int | None = None
    told_start: datetime | None = None
    told_end: datetime | None = None

    @property
    def recorded(self) -> bool:
        """Whether audio was kept; of a call that was erased, its proof still tells."""
        return self.audio_samples > 0 or (self.erased is not None and self.proof != "none")

    @property
    def audio_s(self) -> float:
        return self.audio_samples / 8000

    @property
    def reason(self) -> str:
        return self.why if self.ended_by in ("", "on_hook") else self.ended_by

    def as_json(self) -> dict[str, object]:
        """Return the call as `kirok calls --json` prints it."""
        return {
            "id": self.id,
            "line": self.line,
            "line_name": self.line_name,
            "department": self.department,
            "policy": self.policy,
            "direction": self.direction,
            "number": self.number,
            "number_source": self.number_source,
            "digits": self.digits,
            "keys": self.keys,
            "start": iso(self.start),
            "answer": iso(self.answer),
            "end": iso(self.end),
            "rings": self.rings,
            "mode": self.mode,
            "recorded": self.recorded,
            "reason": self.reason,
            "why": self.why,
            "ended_by": self.ended_by,
            "audio_s": round(self.audio_s, 4),
            "stretches": self.stretches,
            "events": self.events,
            "notice": self.notice,
            "notice_s": self.notice_s,
            "proof": self.proof,
            "proof_note": self.proof_note,
            "gaps": self.gaps,
            "due": iso(self.due),
            "hold": json.loads(self.hold) if self.hold else None,
            "erased": iso(self.erased),
            "clock": self.clock,
            "drift_ppm": round(self.drift_ppm, 2),
            "dated": self.dated,
            "told_start": iso(self.told_start),
            "told_end": iso(self.told_end),
            "boot": self.boot,
            "uptime_ms": self.uptime_ms,
        }


_TIMES = {
    "start": "started_ms",
    "answer": "answered_ms",
    "end": "ended_ms",
    "proved": "proved_ms",
    "due": "due_ms",
    "erased": "erased_ms",
    "told_start": "told_started_ms",
    "told_end": "told_ended_ms",
}
_LISTS = {"stretches", "events", "gaps"}
_FIELDS = {f.name: _TIMES.get(f.name, f.name) for f in fields(CallRow)}
COLUMNS: Final = tuple(_FIELDS.values())


def iso(at: datetime | None) -> str | None:
    """Return ISO 8601 UTC with milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_ms(value: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=value)


def to_ms(at: datetime) -> int:
    """Return whole milliseconds since 1970, cut off as in `iso`: the ledger was told that."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def to_db(row: CallRow) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, column in _FIELDS.items():
        value = getattr(row, name)
        if name in _TIMES and value is not None:
            value = to_ms(value)
        elif name in _LISTS:
            value = _JSON(value)
        values[column] = value
    return values


def from_db(row: Mapping[str, Any]) -> CallRow:
    values = {name: row[column] for name, column in _FIELDS.items()}
    for name in _TIMES:
        if (at_ms := values[name]) is not None:
            values[name] = from_ms(at_ms)
    for name in _LISTS:
        values[name] = [] if (text := values[name]) == "[]" else json.loads(text)
    return CallRow(**values)

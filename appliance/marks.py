"""Events as marks in lanes: what a picture of a line says in words.

A lane holds what is of one kind: bars for what lasts, ticks for what happens. Within a lane marks
stand in as many rows as it takes for every label to be read; keys that follow each other closely
become one string.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dsp.events import Event

#: From top to bottom.
LANES: Final = ("line", "hook", "ring", "keys", "caller id", "tones", "notice", "speech", "other")
_LANE_OF: Final = {
    "line_up": "line",
    "line_down": "line",
    "gap": "line",
    "off_hook": "hook",
    "on_hook": "hook",
    "flash": "hook",
    "polarity_reversal": "hook",
    "ring_start": "ring",
    "ring_end": "ring",
    "dtmf": "keys",
    "pulse": "keys",
    "caller_id": "caller id",
    "tone": "tones",
    "record_beep": "notice",
    "notice": "notice",
    "speech": "speech",
}
#: What begins with one event and ends with another.
_UNTIL: Final = {
    "off_hook": ("on_hook", "line_down"),
    "ring_start": ("ring_end", "line_down"),
    "line_down": ("line_up",),
}

#: Keys closer than so many characters are one string.
_KEY_CHARS: Final = 3

Facts = dict[str, object]


def _caller(facts: Facts) -> str:
    text = str(facts.get("number") or facts.get("absence") or "?")
    name = f" {facts['name']}" if facts.get("name") else ""
    return f"{text}{name}" + ("" if facts.get("valid") else " (not valid)")


_LABELS: Final[dict[str, Callable[[Facts], str]]] = {
    "line_up": lambda f: f"up {f['volts']:.0f} V",
    "line_down": lambda f: "no battery",
    "gap": lambda f: f"gap {f['lost_s']:.2f} s",
    "off_hook": lambda f: f"off hook {f['volts']:.1f} V",
    "on_hook": lambda f: "on hook",
    "flash": lambda f: f"flash {f['duration_s']:.2f} s",
    "polarity_reversal": lambda f: "reversal",
    "ring_start": lambda f: f"ring {f['freq_hz']:.0f} Hz",
    "ring_end": lambda f: "ring ends",
    "dtmf": lambda f: str(f["digit"]),
    "pulse": lambda f: str(f["digit"]),
    "caller_id": _caller,
    "tone": lambda f: f"{f['plan']} {f['name']}",
    "record_beep": lambda f: f"beep {f['freq_hz']:.0f} Hz",
    "notice": lambda f: f"notice {f['score']:.2f}",
    "speech": lambda f: f"{f['side'] or ''} {f['level_dbm0']:.0f} dBm0".lstrip(),
}


@dataclass(frozen=True)
class Mark:
    """Attributes.

    end_s: as start_s for what has no length.
    fits: the label is shown only where it fits inside the bar.
    """

    lane: str
    start_s: float
    end_s: float
    label: str
    fits: bool = False


def marks_of(events: Iterable[Event], end_s: float) -> list[Mark]:
    """Return the marks of one line's events, by their beginning.

    Args:
        end_s: where what has not ended ends.
    """
    marks: list[Mark] = []
    begun: dict[str, Event] = {}
    for event in sorted(events, key=lambda e: e.sample):
        opens = [kind for kind, ends in _UNTIL.items() if event.kind in ends and kind in begun]
        for kind in opens:
            marks.append(_mark(begun.pop(kind), event.at_s))
        if event.kind in _UNTIL:
            begun[event.kind] = event
        elif not opens:
            marks.append(_mark(event, event.at_s + _duration_s(event)))
    marks += [_mark(event, end_s) for event in begun.values()]
    return sorted(marks, key=lambda mark: (mark.start_s, mark.end_s))


def pack(marks: Sequence[Mark], s_per_char: float) -> list[list[Mark]]:
    """Return the rows of one lane, none of whose labels stands on another.

    Args:
        marks: by their beginning.
        s_per_char: seconds that a character is wide.
    """
    rows: list[list[Mark]] = []
    for mark in _strings(marks, s_per_char):
        room = next((row for row in rows if _end_s(row[-1], s_per_char) <= mark.start_s), None)
        if room is None:
            rows.append([mark])
        else:
            room.append(mark)
    return rows


def _mark(event: Event, end_s: float) -> Mark:
    lane = _LANE_OF.get(event.kind, "other")
    words = _LABELS.get(event.kind)
    label = words(event.as_json()) if words else event.kind
    plain = label.encode("ascii", "replace").decode()  # the picture's typeface has no other
    return Mark(lane, event.at_s, end_s, plain, fits=event.kind in ("speech", "off_hook"))


def _duration_s(event: Event) -> float:
    lasts = getattr(event, "duration_s", 0.0) or getattr(event, "lost_s", 0.0)
    return float(lasts)


def _strings(marks: Sequence[Mark], s_per_char: float) -> list[Mark]:
    """Join each key too short for its label to the one before, unless there is room between."""
    joined: list[Mark] = []
    for mark in marks:
        before = joined[-1] if joined else None
        crowded = mark.lane == "keys" and not fits_inside(mark, s_per_char)
        if before and crowded and mark.start_s - before.end_s < _KEY_CHARS * s_per_char:
            joined[-1] = replace(before, end_s=mark.end_s, label=before.label + mark.label)
        else:
            joined.append(mark)
    return joined


def fits_inside(mark: Mark, s_per_char: float) -> bool:
    """Tell whether a label, with a character of room, finds its place in its bar."""
    return (len(mark.label) + 1) * s_per_char <= mark.end_s - mark.start_s


def _end_s(mark: Mark, s_per_char: float) -> float:
    """Return where the mark and its label, in it or behind it, end."""
    if mark.fits or fits_inside(mark, s_per_char):
        return mark.end_s
    return mark.end_s + (len(mark.label) + 1) * s_per_char

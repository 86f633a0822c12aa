"""A call's events on its recording: where in the audio each of them is.

A call's times count from its start; the recording holds the stretches that were kept, end to end:

    call       ring ring ring │ talk talk │ not kept │ *1 talk  │
    seconds    0              12          40         55         70
    stretches                 └───────────┘          └──────────┘
    recording                 0          28                     43
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Final

from appliance.index_row import CallRow

#: Two keys closer than this are one mark: `0318036` rather than seven of them.
SAME_KEYS_S: Final = 3.0
#: Recording that begins with the call is no news; begun later it is.
WITH_THE_CALL_S: Final = 0.5
#: A moment in the call and its stretch are rounded apart, to the millisecond.
ROUNDING_S: Final = 0.05

#: Names of one thing, as the time line has it; of several only the first is shown.
_ONE_THING: Final = {
    "digit": "keys",
    "dtmf": "keys",
    "pulse": "keys",
    "ring_start": "ring",
    "off_hook": "lift",
    "answer": "lift",
    "on_hook": "hang_up",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that happened.

    Attributes:
        kind: "ring" "answer" "lift" "far_answer" "keys" "flash" "gap" "keep_start" "keep_stop"
            "hang_up" "tone_NAME" "near_speech" "far_speech" or as the recorder names it.
        at_s: seconds from the call's start.
        audio_s: the same moment in the recording, or None where nothing was kept.
        text: keys pressed, or seconds lost.
    """

    kind: str
    at_s: float
    audio_s: float | None
    text: str = ""


def in_recording(at_s: float, stretches: Sequence[dict[str, Any]]) -> float | None:
    """Return where in the recording a moment of the call is, or None where nothing was kept."""
    for stretch in stretches:
        began, until = float(stretch["at_s"]), stretch["until_s"]
        length = float(until) - began if until is not None else inf  # it goes on, or was cut off
        into = at_s - began
        if -ROUNDING_S <= into <= length + ROUNDING_S:
            return float(stretch["audio_s"]) + min(max(0.0, into), length)
    return None


def marks(call: CallRow) -> list[Mark]:
    """Return what happened in a call, in order."""
    found = [*_of_the_row(call), *(_of_event(event, call) for event in call.events)]
    found += [
        _mark("gap", float(gap["at_s"]), call, f"{float(gap['lost_s']):.2f}") for gap in call.gaps
    ]
    found.sort(key=lambda mark: mark.at_s)
    return [_named(mark, call) for mark in _joined(_without_repeats(found))]


def _of_the_row(call: CallRow) -> Iterator[Mark]:
    if call.direction == "in":
        yield _mark("ring", 0.0, call)
    answer = "lift" if call.direction == "in" else "far_answer"
    for kind, at in ((answer, call.answer), ("hang_up", call.end)):
        if at:
            yield _mark(kind, (at - call.start).total_seconds(), call)


def _of_event(event: Mapping[str, Any], call: CallRow) -> Mark:
    kind = str(event["kind"])
    if kind == "tone":
        kind = f"tone_{event.get('name')}"
    text = str(event.get("digit", ""))
    return _mark(_ONE_THING.get(kind, kind), float(event["at_s"]), call, text)


def _mark(kind: str, at_s: float, call: CallRow, text: str = "") -> Mark:
    inside = in_recording(at_s, call.stretches)
    if inside is not None and inside > call.audio_s + ROUNDING_S:
        inside = None  # it was cut off before
    return Mark(kind, at_s, inside, text)


def _without_repeats(found: Sequence[Mark]) -> Iterator[Mark]:
    seen: dict[str, float] = {}
    for mark in found:
        once = mark.kind in ("ring", "lift", "hang_up")
        if once and mark.kind in seen:
            continue
        began = seen.setdefault(mark.kind, mark.at_s) if once else seen.get("lift", -1.0)
        if mark.kind == "keep_start" and 0 <= mark.at_s - began < WITH_THE_CALL_S:
            continue
        yield mark


def _joined(found: Iterable[Mark]) -> list[Mark]:
    joined: list[Mark] = []
    last_s = 0.0
    for mark in found:
        before = joined[-1] if joined else mark
        if before.kind == mark.kind == "keys" and joined and mark.at_s - last_s <= SAME_KEYS_S:
            joined[-1] = replace(before, text=before.text + mark.text)
        else:
            joined.append(mark)
        last_s = mark.at_s
    return joined


def _named(mark: Mark, call: CallRow) -> Mark:
    """A phone lifted in a ringing is an answer."""
    return replace(mark, kind="answer") if (mark.kind, call.direction) == ("lift", "in") else mark

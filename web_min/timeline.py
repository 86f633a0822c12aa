"""A call's events on its recording: where in the audio each of them is.

A call's times count from its start; the recording holds the stretches that were kept, end to end:

    call       ring ring ring │ talk talk │ not kept │ *1 talk  │
    seconds    0              12          40         55         70
    stretches                 └───────────┘          └──────────┘
    recording                 0          28                     43
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from appliance.index import CallRow

#: Two keys closer than this are one mark: `0318036` rather than seven of them.
SAME_KEYS_S: Final = 3.0
_KEYS: Final = ("digit", "dtmf", "pulse")


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that happened.

    Attributes:
        kind: "ring" "answer" "keys" "flash" "gap" "hang_up" ... as the recorder names it.
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
    before = 0.0
    for stretch in stretches:
        into = at_s - float(stretch["at_s"])
        if 0 <= into <= float(stretch["audio_s"]):
            return before + into
        before += float(stretch["audio_s"])
    return None


def marks(call: CallRow) -> list[Mark]:
    """Return what happened in a call, in order."""
    found = [_mark(event, call) for event in call.events]
    found += [
        Mark("gap", float(g["at_s"]), _heard(g["at_s"], call), f"{float(g['lost_s']):.2f}")
        for g in call.gaps
    ]
    known = {mark.kind for mark in found}
    for kind, at in (("answer", call.answer), ("hang_up", call.end)):
        if at and kind not in known and not (kind == "hang_up" and "on_hook" in known):
            at_s = (at - call.start).total_seconds()
            found.append(Mark(kind, at_s, _heard(at_s, call)))
    return _joined(sorted(found, key=lambda mark: mark.at_s))


def _mark(event: dict[str, Any], call: CallRow) -> Mark:
    kind = str(event.get("kind") or event.get("event") or "")
    at_s = float(event["at_s"])
    text = str(event.get("digit", event.get("digits", "")))
    return Mark("keys" if kind in _KEYS else kind, at_s, _heard(at_s, call), text)


def _heard(at_s: float, call: CallRow) -> float | None:
    return in_recording(float(at_s), call.stretches)


def _joined(found: list[Mark]) -> list[Mark]:
    joined: list[Mark] = []
    last_s = 0.0
    for mark in found:
        previous = joined[-1] if joined else None
        if previous and previous.kind == mark.kind == "keys" and mark.at_s - last_s <= SAME_KEYS_S:
            text = previous.text + mark.text
            joined[-1] = Mark("keys", previous.at_s, previous.audio_s, text)
        else:
            joined.append(mark)
        last_s = mark.at_s
    return joined

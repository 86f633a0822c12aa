"""Whoever listens to cases: Kirok, and its peers."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from appliance.bench.caller_cases import caller_text
from appliance.bench.case import Case, Sent
from appliance.bench.score import AUDIO_KINDS
from dsp.bank import LineBank
from dsp.events import Event
from dsp.units import AUDIO_HZ, VOLT_HZ

#: What the voltage of a line gives; that a line comes up is no act of anybody's.
LINE_KINDS: Final = frozenset(
    (
        "off_hook",
        "on_hook",
        "flash",
        "polarity_reversal",
        "ring_start",
        "ring_end",
        "pulse",
        "line_down",
    )
)
_FACTS: Final = ("number", "name", "absence", "dialled", "time")
#: Cases heard at once, as lines of one bank.
_LINES: Final = 32
_PIECE_S: Final = 1.0


class PeerMissing(RuntimeError):
    """The peer is not installed; the message names the Debian package."""


class Ear(Protocol):
    """Attributes: name; kinds, of events that it can give."""

    name: str
    kinds: frozenset[str]

    def hear(self, case: Case) -> list[Sent]:
        """Return what is heard in a case, by time."""


class Kirok:
    """Kirok, through LineBank's events alone."""

    name = "Kirok"

    def hear_all(self, cases: Sequence[Case]) -> list[list[Sent]]:
        """Return what is heard in each case."""
        heard: list[list[Sent]] = [[] for _ in cases]
        for has_volts in (False, True):
            own = [k for k, case in enumerate(cases) if (case.volts is not None) == has_volts]
            own.sort(key=lambda k: cases[k].seconds)
            for at in range(0, len(own), _LINES):
                self._hear([(cases[k], heard[k]) for k in own[at : at + _LINES]], has_volts)
        return heard

    def _hear(self, lines: Sequence[tuple[Case, list[Sent]]], has_volts: bool) -> None:
        """Hear cases as the lines of one bank; a shorter one ends as it was left."""
        bank = LineBank(len(lines), has_volts=has_volts, has_audio=not has_volts)
        longest_s = max(case.seconds for case, _ in lines)
        events: list[Event] = []
        for k in range(int(longest_s / _PIECE_S) + 1):
            events += bank.push(*_piece(lines, k, has_volts))
        for event in sorted([*events, *bank.close()], key=lambda e: (e.sample, e.believed)):
            if (sent := as_sent(event)) is not None:
                lines[event.line - 1][1].append(sent)


def _piece(
    lines: Sequence[tuple[Case, list[Sent]]], k: int, has_volts: bool
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.int16]], ...]:
    rate = VOLT_HZ if has_volts else AUDIO_HZ
    n = round(_PIECE_S * rate)
    rows = []
    for case, _ in lines:
        signal = case.volts if has_volts else case.audio
        assert signal is not None
        row = signal[k * n : (k + 1) * n]
        rest = signal[-1] if has_volts else 0
        rows.append(np.concatenate((row, np.full(n - len(row), rest, np.int16))))
    piece, none = np.stack(rows), np.zeros((len(lines), 0), np.int16)
    return (none, piece) if has_volts else (piece, none)


def as_sent(event: Event) -> Sent | None:
    """Return an event as something heard; None for what no case sends."""
    facts = event.as_json()
    if event.kind in LINE_KINDS:
        what = str(facts.get("digit", ""))
    elif event.kind == "dtmf":
        what = str(facts["digit"])
    elif event.kind == "tone":
        what = f"{facts['plan']} {facts['name']}"
    elif event.kind == "caller_id" and facts["valid"]:
        what = caller_text({name: str(facts[name]) for name in _FACTS if facts.get(name)})
    else:
        return None
    return Sent(event.kind, what, event.at_s, event.believed / AUDIO_HZ)


def kinds_given(heard: Sequence[Sequence[Sent]]) -> frozenset[str]:
    """Return which detectors of audio have given any event at all: the others are not there."""
    return frozenset(one.kind for own in heard for one in own if one.kind in AUDIO_KINDS)

"""Who spoke when in a call, as turns for its time line: near, far, near ...

Stretches of one side that follow each other are one turn, unless the other side, or a stretch of
which it cannot be told whose it is, lies between them. What is short is no turn: "yes", "hello".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dsp.events import Speech
from dsp.talkers import Side, with_sides
from dsp.units import AUDIO_HZ

#: Silence within one turn; a shorter turn is left out; and so are those after so many. Bench values
#: for a list that people read.
_PAUSE_S = 5.0
_LEAST_S = 2.0
MAX_TURNS = 60


@dataclass(frozen=True, slots=True)
class Turn:
    """One talker's turn; sample is of the line's stream."""

    side: Side
    sample: int
    duration_s: float

    @property
    def end(self) -> int:
        return self.sample + round(self.duration_s * AUDIO_HZ)


def turns(call: Sequence[Speech]) -> list[Turn]:
    """Return the turns of one call's speech, in order of time; none if sides cannot be told."""
    found: list[Turn] = []
    goes_on = False  # the last turn, for all that lies between
    for speech in with_sides(sorted(call, key=lambda one: one.sample)):
        if speech.side is None:
            goes_on = False
            continue
        turn = Turn(speech.side, speech.sample, speech.duration_s)
        if goes_on and _is_one(found[-1], turn):
            found[-1] = _joined(found[-1], turn)
        else:
            found.append(turn)
        goes_on = True
    return [turn for turn in found if turn.duration_s >= _LEAST_S][:MAX_TURNS]


def _is_one(last: Turn, turn: Turn) -> bool:
    return last.side == turn.side and turn.sample - last.end < _PAUSE_S * AUDIO_HZ


def _joined(last: Turn, turn: Turn) -> Turn:
    return Turn(last.side, last.sample, (turn.end - last.sample) / AUDIO_HZ)

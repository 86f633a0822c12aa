"""What was heard, held against what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from appliance.bench.case import Case, Sent

#: Design: every hook, ring and pulse event within 30 ms.
TOLERANCE_S: Final = 0.03
#: What the detectors of audio give.
AUDIO_KINDS: Final = ("dtmf", "caller_id", "tone")


@dataclass(frozen=True)
class Score:
    """Attributes: sent, things in the signal; heard, of these; extra, heard and not sent."""

    sent: int = 0
    heard: int = 0
    extra: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.sent + other.sent, self.heard + other.heard, self.extra + other.extra)

    @property
    def percent(self) -> float:
        """Of what was sent; 100 where nothing was."""
        return 100.0 * self.heard / self.sent if self.sent else 100.0


def scores(case: Case, heard: Sequence[Sent]) -> dict[str, Score]:
    """Return the score of each detector that the case tries, by the kind of its events.

    Speech tries all that listen to audio; of any other case's events, only its own kind's count.
    """
    if case.group == "line":
        return {"line": by_time(case.truth, heard)}
    kinds = AUDIO_KINDS if case.group == "speech" else (case.group,)
    return {kind: _score(case, [one.what for one in heard if one.kind == kind]) for kind in kinds}


def _score(case: Case, heard: Sequence[str]) -> Score:
    sent = [one.what for one in case.truth]
    if case.group == "tone":
        return by_first_name(sent[0], heard)
    return in_order(sent, heard)


def in_order(sent: Sequence[str], heard: Sequence[str]) -> Score:
    """Align two strings of keys or messages: one read wrongly is a miss and an extra.

    The longest common subsequence, row by row.
    """
    row = [0] * (len(sent) + 1)
    for one in heard:
        diagonal = 0
        for k, wanted in enumerate(sent, 1):
            above = row[k]
            row[k] = diagonal + 1 if wanted == one else max(above, row[k - 1])
            diagonal = above
    return Score(len(sent), row[-1], len(heard) - row[-1])


def by_first_name(sent: str, heard: Sequence[str]) -> Score:
    """Score a tone: its name must be the first; each other name is an extra."""
    right = bool(heard) and heard[0] == sent
    return Score(1, int(right), len(set(heard) - {sent}))


def by_time(sent: Sequence[Sent], heard: Sequence[Sent]) -> Score:
    """Match each thing sent with the nearest of its kind and detail within TOLERANCE_S."""
    left = list(heard)
    found = 0
    for one in sent:
        near = [h for h in left if _is(h, one)]
        if near:
            found += 1
            left.remove(min(near, key=lambda h: _apart_s(h, one)))
    return Score(len(sent), found, len(left))


def latencies_s(case: Case, heard: Sequence[Sent]) -> list[float]:
    """Return how long after its beginning each key was known; none unless every key was right."""
    own = [one for one in heard if one.kind == "dtmf"]
    if [one.what for one in own] != [one.what for one in case.truth]:
        return []
    pairs = zip(own, case.truth, strict=True)
    return [h.believed_s - s.at_s for h, s in pairs if h.believed_s is not None and s.at_s]


def _is(heard: Sent, sent: Sent) -> bool:
    same = (heard.kind, heard.what) == (sent.kind, sent.what)
    return same and _apart_s(heard, sent) <= TOLERANCE_S


def _apart_s(heard: Sent, sent: Sent) -> float:
    assert heard.at_s is not None and sent.at_s is not None
    return abs(heard.at_s - sent.at_s)

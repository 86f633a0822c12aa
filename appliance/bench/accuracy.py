"""Every ear on every case, and the tally."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from appliance.bench.case import Case, Must, Sent
from appliance.bench.corpus import GROUPS, cases
from appliance.bench.ear import Ear, Kirok, PeerMissing, kinds_given
from appliance.bench.multimon_ear import Multimon
from appliance.bench.score import Score, latencies_s, scores
from appliance.bench.spandsp_ear import TUNED, Spandsp
from appliance.progress import Progress

#: A detector, what is asked of it, and the condition that it is tried in.
Key = tuple[str, Must, str]


@dataclass
class Tally:
    """How one ear did.

    Attributes:
        kinds: it is scored in these alone.
        latencies_s: from each key's beginning until it was known.
    """

    name: str
    kinds: frozenset[str]
    scores: dict[Key, Score] = field(default_factory=dict)
    latencies_s: list[float] = field(default_factory=list)

    def add(self, case: Case, heard: Sequence[Sent]) -> None:
        """Score a case."""
        for kind, one in scores(case, heard).items():
            if kind in self.kinds:
                speech = case.group == "speech"
                key = (kind, case.must, f"speech: {case.condition}" if speech else case.condition)
                self.scores[key] = self.scores.get(key, Score()) + one
        if case.group == "dtmf" and case.must == "hear":
            self.latencies_s += latencies_s(case, heard)

    def total(self, kind: str, must: Must, speech: bool = False) -> Score | None:
        """Return the sum over conditions, or None where this ear is not scored."""
        own = [
            one
            for (of, asked, condition), one in self.scores.items()
            if (of, asked) == (kind, must) and condition.startswith("speech: ") == speech
        ]
        return sum(own, Score()) if own else None


@dataclass(frozen=True)
class Accuracy:
    """Attributes: missing, what could not take part and why; speech_h, hours of speech."""

    tallies: list[Tally]
    missing: list[str]
    bases: dict[Key, str]
    speech_h: float


_WHAT: Final = {"dtmf": "keys", "caller_id": "callers", "tone": "tones of the exchange"}


def measure(seed: int, minutes: float) -> Accuracy:
    """Let everybody who is there hear the corpus of a seed.

    Args:
        minutes: of recorded speech from each voice that is installed.
    """
    made = _made(seed, minutes)
    kirok = Kirok()
    heard = kirok.hear_all(made)
    given = kinds_given(heard)
    own = Tally(kirok.name, given | {"line"})
    for case, sent in zip(made, heard, strict=True):
        own.add(case, sent)
    ears, missing = _peers()
    missing += [f"{kirok.name}: this build hears no {_WHAT[k]}" for k in _WHAT if k not in given]
    tallies = [own, *(_tally(ear, made) for ear in ears)]
    speech_s = sum(case.seconds for case in made if case.group == "speech")
    return Accuracy(tallies, missing, _bases(made), speech_s / 3600)


def _made(seed: int, minutes: float) -> list[Case]:
    made: list[Case] = []
    with Progress("making cases", len(GROUPS)) as progress:
        for done, group in enumerate(GROUPS):
            made += cases(group, seed, minutes)
            progress.at(done + 1)
    return made


def _peers() -> tuple[list[Ear], list[str]]:
    ears: list[Ear] = []
    missing: list[str] = []
    for make in (
        lambda: Spandsp("spandsp"),
        lambda: Spandsp("spandsp, tuned", TUNED),
        Multimon,
    ):
        try:
            ears.append(make())
        except PeerMissing as error:
            if str(error) not in missing:
                missing.append(str(error))
    return ears, missing


def _tally(ear: Ear, made: Sequence[Case]) -> Tally:
    tally = Tally(ear.name, ear.kinds)
    with Progress(ear.name, len(made)) as progress:
        for done, case in enumerate(made):
            if case.group == "speech" or case.group in ear.kinds:
                tally.add(case, ear.hear(case))
            progress.at(done + 1)
    return tally


def _bases(made: Iterable[Case]) -> dict[Key, str]:
    return {(case.group, case.must, case.condition): case.basis for case in made}

"""`kirok bench`: measure, then print as tables or as one JSON object."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from appliance.bench import accuracy, cost, machine, path, show

Part = Literal["dsp", "path", "all"]


@dataclass(frozen=True)
class Wanted:
    """What to measure.

    Attributes:
        folder: where the whole path writes; it should lie on the disk in question.
        minutes: of recorded speech from each voice.
        every: also print each condition.
    """

    part: Part
    seed: int
    repeats: int
    folder: Path
    minutes: float
    every: bool = False


def bench(wanted: Wanted) -> Iterator[str]:
    """Yield the tables' lines, as they are measured."""
    yield from show.machine(machine.describe())
    if wanted.part != "path":
        heard = accuracy.measure(wanted.seed, wanted.minutes)
        yield from show.accuracy(heard, every=wanted.every)
        costs = cost.measure(wanted.repeats, wanted.seed)
        yield from show.cost(costs, cost.ratios(costs, heard.tallies[0].kinds))
    if wanted.part != "dsp":
        yield from show.path(path.measure(wanted.folder, wanted.repeats))


def bench_json(wanted: Wanted) -> str:
    """Return everything as one JSON object."""
    found: dict[str, object] = {"machine": asdict(machine.describe()), "seed": wanted.seed}
    if wanted.part != "path":
        heard = accuracy.measure(wanted.seed, wanted.minutes)
        costs = cost.measure(wanted.repeats, wanted.seed)
        ratios = cost.ratios(costs, heard.tallies[0].kinds)
        found["accuracy"] = [_tally(tally) for tally in heard.tallies]
        found["speech_h"] = heard.speech_h
        found["not_scored"] = heard.missing
        found["cost"] = [asdict(one) for one in costs]
        found["ratios"] = [asdict(one) | {"ratio": one.ratio} for one in ratios]
    if wanted.part != "dsp":
        found["path"] = [asdict(one) for one in path.measure(wanted.folder, wanted.repeats)]
    return json.dumps(found, ensure_ascii=False)


def _tally(tally: accuracy.Tally) -> dict[str, object]:
    conditions = [
        {"kind": kind, "must": must, "condition": condition, **asdict(one)}
        for (kind, must, condition), one in tally.scores.items()
    ]
    return {"ear": tally.name, "conditions": conditions, "latencies_s": tally.latencies_s}

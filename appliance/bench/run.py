"""`kirok bench`: measure, then print as tables or as one JSON object."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from appliance.bench import accuracy, cost, index_run, machine, path, show

Part = Literal["dsp", "path", "index", "all"]


@dataclass(frozen=True)
class Wanted:
    """What to measure.

    Attributes:
        folder: where the whole path writes; it should lie on the disk in question.
        minutes: of recorded speech from each voice.
        calls: in the index that is searched.
        every: also print each condition.
    """

    part: Part
    seed: int
    repeats: int
    folder: Path
    minutes: float
    every: bool = False
    calls: int = 1_000_000


def bench(wanted: Wanted) -> Iterator[str]:
    """Yield the tables' lines, as they are measured."""
    yield from show.machine(machine.describe())
    if wanted.part in ("dsp", "all"):
        heard = accuracy.measure(wanted.seed, wanted.minutes)
        yield from show.accuracy(heard, every=wanted.every)
        costs = cost.measure(wanted.repeats, wanted.seed)
        yield from show.cost(costs, cost.ratios(costs))
    if wanted.part in ("path", "all"):
        yield from show.path(path.measure(wanted.folder, wanted.repeats))
    if wanted.part in ("index", "all"):
        yield from show.index(index_run.measure(wanted.folder, wanted.calls, wanted.seed))


def bench_json(wanted: Wanted) -> str:
    """Return everything as one JSON object."""
    found: dict[str, object] = {"machine": asdict(machine.describe()), "seed": wanted.seed}
    if wanted.part in ("dsp", "all"):
        heard = accuracy.measure(wanted.seed, wanted.minutes)
        costs = cost.measure(wanted.repeats, wanted.seed)
        ratios = cost.ratios(costs)
        found["accuracy"] = [_tally(tally) for tally in heard.tallies]
        found["speech_h"] = heard.speech_h
        found["not_scored"] = heard.missing
        found["cost"] = [asdict(one) for one in costs]
        found["ratios"] = [asdict(one) | {"ratio": one.ratio} for one in ratios]
    if wanted.part in ("index", "all"):
        found["index"] = asdict(index_run.measure(wanted.folder, wanted.calls, wanted.seed))
    if wanted.part in ("path", "all"):
        found["path"] = [asdict(one) for one in path.measure(wanted.folder, wanted.repeats)]
    return json.dumps(found, ensure_ascii=False)


def _tally(tally: accuracy.Tally) -> dict[str, object]:
    conditions = [
        {"kind": kind, "must": must, "condition": condition, **asdict(one)}
        for (kind, must, condition), one in tally.scores.items()
    ]
    return {"ear": tally.name, "conditions": conditions, "latencies_s": tally.latencies_s}

"""What was measured, as tables for people."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from appliance.bench.accuracy import Accuracy, Tally
from appliance.bench.case import Must
from appliance.bench.cost import OF_ONE, Cost, Ratio
from appliance.bench.index_run import IndexFigures
from appliance.bench.machine import Machine
from appliance.bench.path import WholePath
from appliance.bench.score import Score

_COLUMN: Final = 15
_LABEL: Final = 44
_CONDITION: Final = 62

_SUMMARY: Final[tuple[tuple[str, str, Must, bool], ...]] = (
    ("keys that must be heard", "dtmf", "hear", False),
    ("keys beyond the limits", "dtmf", "report", False),
    ("keys that must be refused: reported", "dtmf", "refuse", False),
    ("callers that must be read", "caller_id", "hear", False),
    ("callers beyond the limits", "caller_id", "report", False),
    ("tones of the exchange", "tone", "hear", False),
    ("line events within 30 ms", "line", "hear", False),
    ("speech: false keys", "dtmf", "refuse", True),
    ("speech: callers invented", "caller_id", "refuse", True),
    ("speech: tones invented", "tone", "refuse", True),
)


def machine(here: Machine) -> Iterator[str]:
    """Yield the lines that say where this was measured."""
    yield f"{here.processor}, {here.cores} cores, {here.memory_gb:g} GB; {here.system}"
    threads = here.blas_threads or "as many as it likes"
    yield (
        f"Python {here.python}, numpy {here.numpy}, BLAS threads: {threads};"
        f" load before {here.load:g}"
    )


def accuracy(found: Accuracy, *, every: bool) -> Iterator[str]:
    """Yield a table of detection, and, if asked for, each condition."""
    names = [tally.name for tally in found.tallies]
    yield ""
    yield _row("% heard right (+ heard and not sent)", names)
    for label, kind, must, speech in _SUMMARY:
        totals = [tally.total(kind, must, speech) for tally in found.tallies]
        where = f" in {found.speech_h:.2f} h" if speech else ""
        yield _row(label + where, [_cell(total, must) for total in totals])
    yield _row("known after a key began, median/p99 ms", [_latency(t) for t in found.tallies])
    if every:
        yield from _conditions(found)
    for line in found.missing:
        yield f"not scored: {line}"


def _conditions(found: Accuracy) -> Iterator[str]:
    keys = dict.fromkeys(key for tally in found.tallies for key in tally.scores)
    yield ""
    head = [tally.name for tally in found.tallies]
    yield _row("each condition", head, "limit from", _CONDITION)
    for key in sorted(keys, key=lambda key: key[0]):
        kind, must, condition = key
        cells = [_cell(tally.scores.get(key), must) for tally in found.tallies]
        basis = found.bases.get(key, "ITU-T Q.24, speech")
        yield _row(f"{kind} {must}: {condition}", cells, basis, _CONDITION)


def cost(costs: Sequence[Cost], compared: Sequence[Ratio]) -> Iterator[str]:
    """Yield a table of CPU."""
    counts = sorted({one.lines for one in costs})
    by = {(one.name, one.lines): one for one in costs}
    yield ""
    yield _row("CPU, us a line-second", [_lines(n) for n in counts])
    for name in dict.fromkeys(one.name for one in costs):
        yield _row(name, [_us(by.get((name, lines))) for lines in counts])
    if not compared:
        yield "no ratio: spandsp is not installed (apt install libspandsp2)"
        return
    for name in dict.fromkeys(one.name for one in compared):
        of = {one.lines: f"{one.ratio:.2f}" for one in compared if one.name == name}
        yield _row(name, [of.get(n, "-") for n in counts])
        if name == OF_ONE:
            yield _row("  at most", [_COST_LIMITS.get(n, "-") for n in counts])


_COST_LIMITS: Final = {1: "10", 32: "0.5", 128: "0.25"}


def path(found: Sequence[WholePath]) -> Iterator[str]:
    """Yield a table of the whole path, targets beside it."""
    yield ""
    yield _row("every line in a recorded call", [_lines(one.lines) for one in found])
    yield _row("CPU, % of one core", [f"{one.core_percent:.1f}" for one in found], "<= 25 at 32")
    least_most = [f"{one.least_percent:.1f}..{one.most_percent:.1f}" for one in found]
    yield _row("  least..most", least_most)
    yield _row("  and to prove the calls", [f"{one.proof_percent:.1f}" for one in found])
    written = [f"{one.written_per_sealed:.2f}" for one in found]
    yield _row("bytes to the disk a sealed byte", written, "<= 1.3 at 64")
    yield _row("flushes a second", [f"{one.flushes_per_s:.1f}" for one in found], "<= 5 at 64")
    yield _row("sealed kB a second", [f"{one.sealed_bytes_per_s / 1e3:.1f}" for one in found])
    rss = [f"{one.rss_bytes / 1e6:.0f}" for one in found]
    yield _row("memory at most, MB", rss, "< 150 at 32")


def index(found: IndexFigures) -> Iterator[str]:
    """Yield a table of the call index, targets beside it."""
    size = f"{found.file_bytes / 1e6:.0f} MB, made in {found.fill_s:.0f} s"
    yield ""
    yield _row(f"index of {found.rows} calls: {size}", ["p50 ms", "p95 ms"])
    for one in found.timed:
        times = [f"{one.p50_ms:.2f}", f"{one.p95_ms:.2f}"]
        yield _row(f"  {one.what}", times, f"< {one.target_ms:.0f}" if one.target_ms else "")


def _row(label: str, cells: Sequence[str], target: str = "", width: int = _LABEL) -> str:
    row = f"{label:{width}}" + "".join(f"  {cell:>{_COLUMN}}" for cell in cells)
    return f"{row}  {target}".rstrip()


def _cell(one: Score | None, must: Must) -> str:
    if one is None:
        return "-"
    if must == "refuse":
        return str(one.heard + one.extra)
    return f"{one.percent:.1f}" + (f" +{one.extra}" if one.extra else "")


def _latency(tally: Tally) -> str:
    if not tally.latencies_s:
        return "-"
    ordered = sorted(tally.latencies_s)
    p99 = ordered[int(0.99 * len(ordered))]
    return f"{1000 * median(ordered):.0f}/{1000 * p99:.0f}"


def _lines(count: int) -> str:
    return f"{count} line" + ("s" if count != 1 else "")


def _us(one: Cost | None) -> str:
    return "-" if one is None else f"{one.us:.1f}"

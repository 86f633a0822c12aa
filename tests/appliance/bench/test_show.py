from appliance.bench import show
from appliance.bench.accuracy import Accuracy, Tally
from appliance.bench.cost import OF_ONE, Cost, Ratio
from appliance.bench.index_run import IndexFigures, Timed
from appliance.bench.path import WholePath
from appliance.bench.score import Score

TALLY = Tally(
    "Kirok",
    frozenset({"dtmf", "line"}),
    {
        ("dtmf", "hear", "clean"): Score(32, 31, 2),
        ("dtmf", "refuse", "tone 23 ms"): Score(32, 4, 0),
        ("dtmf", "refuse", "speech: ko"): Score(0, 0, 3),
    },
    [0.03, 0.05, 0.04],
)


def cells(lines, label):
    return next(line for line in lines if line.startswith(label)).removeprefix(label).split()


def test_detection_is_percent_and_what_must_not_be_is_a_count():
    lines = list(show.accuracy(Accuracy([TALLY], ["spandsp: gone"], {}, 0.5), every=False))
    assert cells(lines, "keys that must be heard") == ["96.9", "+2"]
    assert cells(lines, "keys that must be refused: reported") == ["4"]
    assert cells(lines, "speech: false keys in 0.50 h") == ["3"]
    assert cells(lines, "callers that must be read") == ["-"]
    assert cells(lines, "known after a key began, median/p99 ms") == ["40/50"]
    assert lines[-1] == "not scored: spandsp: gone"


def test_each_condition_is_shown_with_the_source_of_its_limit():
    bases = {("dtmf", "hear", "clean"): "ITU-T Q.24, AT&T"}
    lines = list(show.accuracy(Accuracy([TALLY], [], bases, 0.5), every=True))
    (row,) = [line for line in lines if line.startswith("dtmf hear: clean")]
    assert row.endswith("96.9 +2  ITU-T Q.24, AT&T")


def test_cost_is_shown_beside_its_peers_and_its_limit():
    costs = [Cost("Kirok, all armed", 32, 50.0, 49.0, 51.0), Cost("spandsp x", 32, 200.0, 1, 1)]
    lines = list(show.cost(costs, [Ratio(OF_ONE, 32, 50.0, 200.0)]))
    assert cells(lines, "CPU, us a line-second") == ["32", "lines"]
    assert cells(lines, "Kirok, all armed") == ["50.0"]
    assert cells(lines, OF_ONE) == ["0.25"]
    assert cells(lines, "  at most") == ["0.5"]
    assert "no ratio" in list(show.cost(costs, []))[-1]


def test_the_index_is_shown_beside_its_targets():
    timed = [Timed("newest", 200, 1.5, 2.25, 20.0), Timed("today's counts", 50, 3.0, 4.0)]
    lines = list(show.index(IndexFigures(1_000_000, 9 * 10**8, 240.0, timed)))
    assert "1000000 calls: 900 MB, made in 240 s" in lines[1]
    assert cells(lines, "  newest") == ["1.50", "2.25", "<", "20"]
    assert cells(lines, "  today's counts") == ["3.00", "4.00"]


def test_the_path_is_shown_beside_its_targets():
    path = WholePath(32, 13.8, 12.0, 14.2, 4.5, 1.07, 1.2, 75e6, 70e3)
    lines = list(show.path([path]))
    assert cells(lines, "CPU, % of one core") == ["13.8", "<=", "25", "at", "32"]
    assert cells(lines, "memory at most, MB") == ["75", "<", "150", "at", "32"]

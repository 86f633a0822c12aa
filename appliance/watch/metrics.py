"""The box in figures, for Prometheus: text exposition on 127.0.0.1, behind nothing.

No number, no name and no call is in it: lines go by their number, alarms by their name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from appliance.alarms import ALARMS
from appliance.api import Alarm, BoxStatus, LineStatus

STATES: Final = (
    "idle", "ringing", "in_call", "dialling", "open_line", "line_down", "board_lost", "unknown",
)  # fmt: skip
CLOCKS: Final = ("ntp", "rtc", "unsynced", "stepped")


@dataclass(frozen=True)
class Snapshot:
    """What is measured.

    Attributes:
        box: None while the recorder does not answer.
        alarms: the watch's own with them.
        restarts: of the recorder, seen since the watch began.
    """

    now: datetime
    box: BoxStatus | None
    alarms: tuple[Alarm, ...]
    disk_free_bytes: int
    ledger_bytes: int
    restarts: int
    mails: int
    mails_failed: int


class Figures(Collector):
    """Asks for a snapshot at each scrape."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        seen = self._snapshot()
        yield _one("kirok_up", "The recorder answers", int(seen.box is not None))
        yield _alarms(seen.alarms)
        yield _one("kirok_disk_free_bytes", "Free on the data folder's disk", seen.disk_free_bytes)
        yield _one("kirok_ledger_bytes", "Size of the ledger", seen.ledger_bytes)
        yield _count("kirok_recorder_restarts", "Starts of the recorder seen", seen.restarts)
        yield _count("kirok_mails", "Mails that went", seen.mails)
        yield _count("kirok_mails_failed", "Mails that did not go", seen.mails_failed)
        if seen.box is not None:
            yield from _box(seen.box, seen.now)


def registry(snapshot: Callable[[], Snapshot]) -> CollectorRegistry:
    """Return what an exposition is made of."""
    made = CollectorRegistry(auto_describe=False)
    made.register(Figures(snapshot))
    return made


def _box(box: BoxStatus, now: datetime) -> Iterator[Metric]:
    yield _one(
        "kirok_recorder_start_time_seconds", "When the recorder started", _unix_s(box.started)
    )
    yield _one("kirok_board_streaming", "The tap board delivers", int(box.board == "streaming"))
    yield _states("kirok_clock", "quality", CLOCKS, box.clock)
    calls = GaugeMetricFamily("kirok_calls_today", "Calls since midnight", labels=["result"])
    for result in ("seen", "recorded", "proved", "failed", "pending"):
        calls.add_metric([result], box.counts.get(result, 0))
    yield calls
    lost = box.counters
    yield _count("kirok_gaps", "Gaps in the board's stream", lost.get("gaps", 0))
    yield _count("kirok_lost_samples", "Samples lost in gaps", lost.get("lost_samples", 0))
    yield _count(
        "kirok_lost_pieces", "Pieces of audio the disk did not take", lost.get("lost_pieces", 0)
    )
    yield _one(
        "kirok_slowest_flush_seconds",
        "The longest that the disk took for what was recorded, since the start",
        lost.get("slowest_flush_ms", 0) / 1000,
    )
    yield _one("kirok_writer_queue", "What waits for the disk", lost.get("queue", 0))
    if box.disk is not None and box.disk.holds_days is not None:
        yield _one("kirok_disk_holds_days", "Days the disk holds", box.disk.holds_days)
        yield _one("kirok_disk_asks_days", "Days the rule asks for", box.disk.asks_days)
    if box.night is not None:
        yield _one("kirok_night_wrong_calls", "Calls that do not agree", box.night.wrong)
        yield _one(
            "kirok_night_reread_recordings",
            "Recordings of earlier days that were read again with it",
            box.night.reread,
        )
        yield _one(
            "kirok_night_time_seconds", "When calls were last counted", _unix_s(box.night.at)
        )
    yield from _lines(box.lines, now)


def _lines(lines: list[LineStatus], now: datetime) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "kirok_line_state", "1 for the state it is in", labels=["line", "state"]
    )
    age = GaugeMetricFamily(
        "kirok_line_proof_age_seconds", "Since it was last proved", labels=["line"]
    )
    test = GaugeMetricFamily("kirok_line_test_passed", "The last self-test passed", labels=["line"])
    for line in lines:
        number = str(line.line)
        for name in STATES:
            state.add_metric([number, name], int(line.state == name))
        if line.last_proved is not None:
            age.add_metric([number], now.timestamp() - _unix_s(line.last_proved))
        if line.test is not None:
            test.add_metric([number], int(not line.test.wrong))
    yield from (state, age, test)


def _alarms(alarms: tuple[Alarm, ...]) -> Metric:
    """Return every alarm there is: one that never was raised is 0, not absent."""
    family = GaugeMetricFamily("kirok_alarm", "How many are raised by this name", labels=["name"])
    raised = [alarm.what for alarm in alarms]
    for name in sorted({*ALARMS, *raised}):
        family.add_metric([name], raised.count(name))
    return family


def _states(name: str, label: str, states: tuple[str, ...], now: str) -> Metric:
    family = GaugeMetricFamily(name, f"1 for the {label} it has", labels=[label])
    for state in states:
        family.add_metric([state], int(state == now))
    return family


def _one(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)


def _count(name: str, says: str, value: int) -> Metric:
    return CounterMetricFamily(name, says, value=value)


def _unix_s(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()

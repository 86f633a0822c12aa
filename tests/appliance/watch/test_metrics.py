from datetime import UTC, datetime

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from appliance.alarms import ALARMS
from appliance.api import Alarm, BoxStatus, DiskStatus, LineStatus, LineTest, NightCount
from appliance.watch.metrics import Snapshot, registry

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NAMES = ("민원실 1", "민원봉사과", "0313701234", "01JD0000000000000000000001")
LINE = LineStatus(
    1, NAMES[0], NAMES[1], "full", "in_call", True, None, -20.0, 8.0, NAMES[3], NAMES[2],
    "2026-11-23T02:00:00.000Z", LineTest("2026-11-22T17:10:00.000Z", ""),
)  # fmt: skip
BOX = BoxStatus(
    now="2026-11-23T03:00:00.000Z",
    started="2026-11-23T00:00:00.000Z",
    board="streaming",
    lamp="attention",
    button_line=None,
    clock="ntp",
    lines=[LINE],
    counts={"seen": 12, "recorded": 10, "proved": 9, "failed": 1, "pending": 0},
    disk=DiskStatus(41_000_000_000, 1, 143, 90),
    night=NightCount("2026-11-22T17:50:00.000Z", 120, 100, 99, 1, 33),
    counters={
        "gaps": 2,
        "lost_samples": 800,
        "lost_pieces": 0,
        "slowest_flush_ms": 412,
        "queue": 3,
    },
)
DOWN = [Alarm("line_down", f"line {n}", "", NAMES[0]) for n in (3, 4)]


def figures(box=BOX, alarms=DOWN):
    seen = Snapshot(NOW, box, tuple(alarms), 41_000_000_000, 5_000_000, 1, 7, 2)
    text = generate_latest(registry(lambda: seen)).decode()
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation and family.type in ("gauge", "counter")
        for sample in family.samples:
            labels = ",".join(sample.labels[key] for key in sorted(sample.labels))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found, text


@pytest.mark.parametrize(
    "name, value",
    [
        ("kirok_up", 1),
        ("kirok_alarm{line_down}", 2),
        ("kirok_alarm{board_lost}", 0),
        ("kirok_disk_free_bytes", 41e9),
        ("kirok_disk_holds_days", 143),
        ("kirok_ledger_bytes", 5e6),
        ("kirok_recorder_restarts_total", 1),
        ("kirok_recorder_start_time_seconds", NOW.timestamp() - 3 * 3600),
        ("kirok_board_streaming", 1),
        ("kirok_clock{ntp}", 1),
        ("kirok_clock{unsynced}", 0),
        ("kirok_calls_today{seen}", 12),
        ("kirok_calls_today{pending}", 0),
        ("kirok_gaps_total", 2),
        ("kirok_lost_samples_total", 800),
        ("kirok_slowest_flush_seconds", 0.412),
        ("kirok_writer_queue", 3),
        ("kirok_line_state{1,in_call}", 1),
        ("kirok_line_state{1,idle}", 0),
        ("kirok_line_proof_age_seconds{1}", 3600),
        ("kirok_line_test_passed{1}", 1),
        ("kirok_night_wrong_calls", 1),
        ("kirok_night_reread_recordings", 33),
        ("kirok_mails_total", 7),
        ("kirok_mails_failed_total", 2),
    ],
)
def test_each_figure_is_read_by_prometheuss_own_parser(name, value):
    assert figures()[0][name] == value


def test_every_alarm_there_is_has_a_figure():
    found, _ = figures(alarms=[Alarm("something_new", "", "")])
    assert {name for name in found if name.startswith("kirok_alarm{")} == {
        f"kirok_alarm{{{name}}}" for name in (*ALARMS, "something_new")
    }


def test_no_name_no_number_and_no_call_is_in_it():
    _, text = figures()
    assert not [name for name in NAMES if name in text]


def test_while_the_recorder_is_away_that_is_all_that_is_known():
    found, _ = figures(box=None)
    assert found["kirok_up"] == 0
    assert not [name for name in found if "line_state" in name]
    assert found["kirok_disk_free_bytes"] == 41e9

from appliance import alarm_file
from appliance.api import Alarm
from appliance.service_check import disk, flushes, kept_alarms, watch


def test_what_was_wrong_at_the_stop_is_said_with_its_remedy(trial):
    down, failed = Alarm("line_down", "line 3", "then"), Alarm("proof_failed", "01JD", "then")
    alarm_file.write(trial.alarms, [down, failed])
    ((level, what, remedy),) = kept_alarms(trial)
    assert (level, "could not be proved (01JD)" in what) == ("wrong", True)
    assert remedy.startswith("Open the call")
    trial.alarms.write_bytes(b"")
    assert [level for level, _, _ in kept_alarms(trial)] == ["wrong"]


def test_a_disk_that_was_slow_is_told():
    assert list(flushes({"slowest_flush_ms": 500})) == list(flushes({})) == []
    ((level, what, remedy),) = flushes({"slowest_flush_ms": 912})
    assert (level, "took 0.9 s" in what) == ("note", True)
    assert remedy


def test_the_disks_answer_and_the_watch_are_looked_at(trial, here):
    said = [what for _, what, _ in (*disk(trial), *watch(trial, here))]
    assert any("a flush takes" in what for what in said)
    assert any("neither by mail" in what for what in said)

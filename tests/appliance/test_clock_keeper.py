from dataclasses import replace

import pytest

from appliance.clock_anchor import anchored
from appliance.clock_keeper import KEEP_EVERY_S, ClockKeeper, NotTheHostsClock
from appliance.clock_watch import DAY_S, Anchor
from firmware_bridge.host_clock import ClockReading

BASE = ClockReading(1_795_000_000.0, 1000.0, "b1", 1_795_000_000.0)
ANCHOR = anchored(BASE, "ntp")


class Host:
    """The clocks of a host that runs on, and is set."""

    def __init__(self):
        self.reading = BASE

    def run(self, seconds, *, by_s=0.0, **said):
        """Let time go on, and set the clock by so much."""
        now = self.reading
        utc_s = now.utc_s + seconds + by_s
        self.reading = replace(
            now, utc_s=utc_s, kernel_utc_s=utc_s, uptime_s=now.uptime_s + seconds, **said
        )

    def __call__(self):
        return self.reading


@pytest.fixture
def host():
    return Host()


def acts(entries):
    return [entry.act for entry in entries]


def test_the_first_look_is_written_down_and_no_second_that_finds_the_same(host):
    keeper = ClockKeeper(ANCHOR, look=host)
    (entry,) = keeper.push([])
    assert (entry.act, entry.facts["quality"], entry.facts["trusted"]) == (
        "clock",
        "unsynced",
        True,
    )
    host.run(60)
    assert keeper.push([]) == []


@pytest.mark.parametrize("by_s", [DAY_S, -DAY_S, 3652 * DAY_S, -3652 * DAY_S])
def test_a_step_is_written_down_with_both_times_and_the_clock_no_longer_believed(host, by_s):
    keeper = ClockKeeper(ANCHOR, look=host)
    keeper.push([])
    host.run(10, by_s=by_s)
    step, judged = keeper.push([by_s])
    assert (step.act, step.facts["by_s"], step.facts["seen"]) == ("clock_step", by_s, "running")
    assert step.facts["from"] == "2026-11-18T11:06:50.000Z"
    assert step.stepped_s == abs(by_s)
    assert (judged.facts["quality"], judged.facts["trusted"]) == ("stepped", False)
    assert keeper.alarms()["clock_untrusted"]
    assert keeper.state.since_s == host.reading.utc_s
    host.run(10)
    assert keeper.push([]) == []
    host.run(10, by_s=-by_s)
    assert acts(keeper.push([-by_s])) == ["clock_step", "clock"]
    assert keeper.state.trusted


def test_a_clock_that_was_set_while_no_recorder_ran_is_seen_at_the_start(host):
    host.run(600, by_s=-3600.0)
    step, judged = ClockKeeper(ANCHOR, look=host).push([])
    assert (step.facts["by_s"], step.facts["seen"]) == (-3600.0, "start")
    assert not judged.facts["trusted"]
    host.run(0, boot="b2")
    assert acts(ClockKeeper(ANCHOR, look=host).push([])) == ["clock_step", "clock"]
    host.run(7200)
    assert acts(ClockKeeper(ANCHOR, look=host).push([])) == ["clock"]


def test_the_anchor_follows_who_vouches_and_goes_to_the_disk_now_and_then(host):
    keeper = ClockKeeper(ANCHOR, look=host)
    keeper.push([])
    assert keeper.to_keep() is None
    host.run(60, ntp=True)
    keeper.push([])
    assert keeper.to_keep() is None
    host.run(KEEP_EVERY_S)
    keeper.push([])
    assert keeper.to_keep() == anchored(host.reading, "ntp")
    assert keeper.to_keep() is None
    host.run(60, boot="b2", rtc_s=host.reading.utc_s + 60, ntp=False)
    keeper.push([])
    kept = keeper.to_keep()
    assert (kept.by, kept.boot, kept.ntp_utc_s) == ("rtc", "b2", host.reading.utc_s - 60)


def test_a_clock_that_runs_free_stays_where_it_was_last_vouched_for(host):
    keeper = ClockKeeper(ANCHOR, look=host)
    for _ in range(30):
        host.run(DAY_S)
        keeper.push([])
    assert keeper.to_keep() is None
    assert not keeper.state.trusted


def test_a_trial_folder_begins_with_the_clock_as_it_is(host):
    keeper = ClockKeeper(None, trial=True, look=host)
    assert keeper.push([])[0].facts["trusted"]
    assert keeper.to_keep() == Anchor(BASE.utc_s, BASE.uptime_s, "b1", "trial")
    host.run(1, by_s=DAY_S)
    keeper.push([DAY_S])
    assert not keeper.state.trusted


def test_a_person_confirms_a_clock_that_nothing_vouches_for(host):
    keeper = ClockKeeper(None, look=host)
    keeper.push([])
    assert not keeper.state.trusted
    entry = keeper.confirm("김관리")
    assert (entry.act, entry.facts["person"]) == ("clock_confirmed", "김관리")
    assert entry.facts["utc"] == "2026-11-18T11:06:40.000Z"
    assert keeper.to_keep().by == "김관리"
    host.run(DAY_S)
    assert keeper.push([])[0].facts["trusted"]
    host.run(1, by_s=3652 * DAY_S)
    keeper.push([])
    assert not keeper.state.trusted


def test_nobody_can_confirm_a_clock_that_is_not_the_hosts(host):
    host.reading = replace(BASE, kernel_utc_s=BASE.utc_s - DAY_S)
    keeper = ClockKeeper(ANCHOR, look=host)
    with pytest.raises(NotTheHostsClock, match=r"1\.0 days ahead of the kernel's"):
        keeper.confirm("김관리")
    assert (keeper.state.quality, keeper.to_keep()) == ("stepped", None)


def test_the_ledgers_clock_has_the_quality_that_the_clock_was_judged_to_have(host):
    keeper = ClockKeeper(ANCHOR, look=host)
    host.run(1, by_s=DAY_S)
    keeper.look()
    assert keeper.utc()[1] == "stepped"
    assert keeper.last == (host.reading, keeper.state)

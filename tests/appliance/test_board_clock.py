from datetime import UTC, datetime, timedelta

from appliance.board_clock import BoardClock
from appliance.call import HostCount
from appliance.clock_keeper import ClockKeeper
from appliance.clock_watch import DAY_S
from firmware_bridge.clock import SampleClock
from tests.appliance.test_clock_keeper import ANCHOR, BASE, Host

NOW = datetime.fromtimestamp(BASE.utc_s, UTC)


def a_clock(host):
    samples = SampleClock()
    samples.set_host(50.0, BASE.utc_s, "ntp")
    samples.push(8000, 50.0)
    return BoardClock(samples, ClockKeeper(ANCHOR, look=host))


def test_a_moment_told_by_a_clock_that_is_believed_is_sure():
    clock = a_clock(Host())
    assert clock.utc_s(8000) == BASE.utc_s
    assert clock.drift_ppm is None
    assert clock.unsure(NOW - timedelta(seconds=12), 12.0) is None
    assert clock.quality(8000) == "ntp"


def test_after_a_step_the_hosts_own_count_says_when_it_was():
    host = Host()
    clock = a_clock(host)
    host.run(10, by_s=DAY_S)
    # The samples still have the UTC of before, for a second or two.
    assert clock.unsure(NOW, 10.0) == HostCount("b1", 1000.0)
    assert clock.quality(8000) == "stepped"


def test_a_time_told_before_the_clock_was_put_right_is_not_sure_though_the_clock_is():
    host = Host()
    clock = a_clock(host)
    assert clock.unsure(NOW - timedelta(days=1), 0.0) == HostCount("b1", 1000.0)
    assert clock.quality(8000) == "ntp"

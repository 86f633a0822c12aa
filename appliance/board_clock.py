"""The clock by which a running recorder stamps its calls: the board's samples, the host's UTC."""

from datetime import datetime

from appliance.call import HostCount
from appliance.clock_keeper import ClockKeeper
from appliance.clock_watch import SLACK_S
from firmware_bridge.clock import SampleClock


class BoardClock:
    """See `appliance.call_row.StreamClock`."""

    def __init__(self, samples: SampleClock, keeper: ClockKeeper) -> None:
        self._samples = samples
        self._keeper = keeper

    @property
    def drift_ppm(self) -> float | None:
        return self._samples.drift_ppm

    def utc_s(self, sample: int) -> float:
        return self._samples.utc_s(sample)

    def quality(self, since: int) -> str:
        state = self._keeper.state
        return self._samples.quality(since) if state.trusted else state.quality

    def unsure(self, told: datetime, ago_s: float) -> HostCount | None:
        now, state = self._keeper.look()
        # The samples' UTC is a second or two old: it may be that of before a step, or of after.
        if state.trusted and abs(now.utc_s - ago_s - told.timestamp()) <= SLACK_S:
            return None
        return HostCount(now.boot, now.uptime_s - ago_s)

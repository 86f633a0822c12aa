"""On the hook, off the hook, no battery: one line's loop, from its voltage.

```
              off the hook for 80 ms                       under 3 V for 0.5 s
   ON_HOOK ───────────────────────────► OFF_HOOK ─────────────────────────────► DOWN
      ▲ │ ▲                                │ │                                  ▲ │
      │ │ └── loop open for flash_max_s ───┘ └─ open for less: flash or pulse   │ │
      │ └───────────────── under 3 V for 0.5 s ─────────────────────────────────┘ │
      └─────────────────── battery steady for 0.1 s (or OFF_HOOK) ────────────────┘
```

Ringing needs no filter. Its swing is at least 35 V either way, so once a cycle the line is back at
or beyond its idle voltage: the longest absence of a 15 Hz ring is a half cycle, 33 ms. Off the hook
the idle voltage is not seen at all for 80 ms. For the same reason a loop that closes for less than
60 ms after a long break is the trough of a ring, not a flash.

Sources: Japan, Ordinance 30 of 1985 on terminal facilities (open circuit 42..53 V, off-hook loop
at most 300 ohm); Eventide manuals (no voltage is a broken wire, not a call). The rest are bench
values.
"""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsp.breaks import TROUGH, Breaks
from dsp.events import Event, Flash, LineDown, LineUp, OffHook, OnHook, PolarityReversal
from dsp.sine import step_under_sine
from dsp.trace import FRAME, HUM_FREE, Trace, Volts, step_at
from dsp.units import AUDIO_PER_VOLT


class Loop(Enum):
    UNKNOWN = "unknown"
    ON_HOOK = "on_hook"
    OFF_HOOK = "off_hook"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class HookPlan:
    """What a line of this country or exchange does. Volts are magnitudes.

    Attributes:
        dead_v: under this there is no battery.
        unknown_on_v: a line never seen before is on the hook from here: between the 15 V of a
            typical call and a 24 V extension with 10 % sag.
        least_idle_v: the idle voltage to expect of a line first met off the hook.
        off_ratio: off the hook is below this share of the idle voltage.
        on_ratio: a line seen at this share of its idle voltage is on the hook at that moment.
        flash_min_s: a shorter break is a dial pulse: 70 % of a 9 pps period, and 7 ms of hum.
        flash_max_s: a longer break is a hang-up. Bench value.
        down_s: no battery for this long is a line down; exchanges break it for less.
    """

    dead_v: float = 3.0
    unknown_on_v: float = 20.0
    least_idle_v: float = 24.0
    off_ratio: float = 0.6
    on_ratio: float = 0.75
    flash_min_s: float = 0.085
    flash_max_s: float = 1.0
    down_s: float = 0.5


#: Absence from the idle voltage that ringing cannot cause, in samples. A half cycle at 15 Hz is 33.
ABSENT = 80
#: How far back from the last idle sample a ring may have been tripped.
TRIP = 300
#: What is judged at the end of an absence, in samples: long enough to see past hum.
TAIL = 60
#: A line further than this from its mean is moving: hum of 8 V and noise stay inside.
STEADY_V = 12.0
#: Weight of a new second in the learnt levels: drift is followed within some four seconds.
LEARN = 0.25


class Calm(NamedTuple):
    """Where every sample of a frame must lie, and its mean, for nothing to have happened. Volts."""

    low: float
    high: float
    mean_low: float
    mean_high: float


NEVER_CALM = Calm(1.0, -1.0, 0.0, 0.0)
ANY = 1e6


@dataclass(frozen=True, slots=True)
class Burst:
    """Ringing in progress."""

    begin: int
    freq_hz: float


class HookLine:
    """One line's loop. Give it each frame in which something moves.

    Attributes:
        state: what the loop is doing.
        sign: polarity, 1 or -1.
        idle_v, talk_v: the learnt levels, magnitudes; idle_v is None until seen.
    """

    def __init__(self, line: int, plan: HookPlan, idle_v: float | None = None) -> None:
        self.line = line
        self.plan = plan
        self.state = Loop.UNKNOWN
        self.sign = 1
        self.idle_v = idle_v
        self.talk_v = 0.0
        self.short: list[tuple[int, int]] = []  # short breaks, for the digits
        self._breaks = Breaks(plan.flash_min_s * 1000)  # OFF_HOOK
        self._ring: Burst | None = None  # the one in progress
        self._judged = 0  # end of the last frame given
        self._since = 0  # of the state, or the last disturbance of it
        self._own = 0  # ON_HOOK: last sample at the idle voltage
        self._dead: int | None = None  # OFF_HOOK: since when there is no battery

    # ------------------------------------------------------------- what others ask
    @property
    def open_at(self) -> int | None:
        """Since when the loop of a line off the hook has been open, not known yet why."""
        return self._dead if self._breaks.open_at is None else self._breaks.open_at

    @property
    def busy(self) -> bool:
        """It waits for time to pass, and must be given calm frames too."""
        return self.open_at is not None

    @property
    def closed_at(self) -> int | None:
        """Since when a loop is closed again after a break too long for a pulse, or None.

        A ring's trough, which looks the same at first, is over by TROUGH.
        """
        closed = self._breaks.closed_at
        return closed if closed is not None and self._judged - closed > TROUGH else None

    @property
    def idle_now(self) -> float | None:
        """The signed idle voltage where the line may ring: on the hook, or long open."""
        may_ring = self.state is Loop.ON_HOOK or self._breaks.is_long(self._judged)
        return self.sign * self.idle_v if may_ring and self.idle_v is not None else None

    def calm(self) -> Calm:
        """Return the band in which a frame changes nothing."""
        idle, sign = self.idle_v or self.plan.least_idle_v, self.sign
        if self.state is Loop.ON_HOOK:
            near, far = sign * self.plan.off_ratio * idle, sign * (idle + STEADY_V)
            return Calm(min(near, far), max(near, far), -ANY, ANY)
        if self.state is Loop.OFF_HOOK:
            near, far = sign * (self.plan.dead_v + 0.5), sign * ANY
            return Calm(-self._break_v, self._break_v, min(near, far), max(near, far))
        if self.state is Loop.DOWN:
            limit = self.plan.dead_v
            return Calm(-self.plan.unknown_on_v, self.plan.unknown_on_v, -limit, limit)
        return NEVER_CALM

    @property
    def learnt_v(self) -> float | None:
        """The level, a magnitude, that `learn` makes follow the line; None where there is none."""
        if self.state is Loop.ON_HOOK:
            return self.idle_v
        return self.talk_v if self.state is Loop.OFF_HOOK else None

    def learn(self, now: int, mean_v: float) -> None:
        """Follow slow drift: take the mean of the second that ends now, if it was undisturbed."""
        if now - self._since < 1000 or self.busy:
            return
        if self.state is Loop.ON_HOOK and self.idle_v is not None:
            self.idle_v += LEARN * (abs(mean_v) - self.idle_v)
        elif self.state is Loop.OFF_HOOK:
            self.talk_v += LEARN * (abs(mean_v) - self.talk_v)

    def disturb(self, now: int) -> None:
        """Say that this second is no example of the line's level (it rings)."""
        self._since = now

    # ------------------------------------------------------------------ the machine
    def advance(self, trace: Trace, ring: Burst | None = None) -> list[Event]:
        """Judge one frame; frames not given were calm.

        Args:
            ring: the burst in progress, if there is one.
        """
        self._ring = ring
        start = trace.now - FRAME
        if self._judged < start:  # calm ones lie between
            self._own = start - 1
            self._breaks.skip(start)
        self._judged = trace.now
        self.short = []
        return {
            Loop.UNKNOWN: self._first_sight,
            Loop.ON_HOOK: self._on_hook,
            Loop.OFF_HOOK: self._off_hook,
            Loop.DOWN: self._down,
        }[self.state](trace)

    def _first_sight(self, trace: Trace) -> list[Event]:
        if trace.now < HUM_FREE:
            return []
        level = _steady_level(trace.volts(trace.now - HUM_FREE))
        if level is None:
            return []
        if abs(level) < self.plan.dead_v:
            return self._lose(trace, 0) if trace.now >= self._down_after else []
        return self._meet(trace, level, 0)

    def begin_on_hook(self, idle_v: float, now: int) -> None:
        """Take the line as on the hook: it rings, and so has shown its idle voltage (signed)."""
        self.sign, self.idle_v = (1 if idle_v > 0 else -1), abs(idle_v)
        self._enter(Loop.ON_HOOK, now)

    def hang_up(self, trace: Trace) -> list[Event]:
        """Believe at once that a loop open for longer than a pulse is a hang-up.

        It rings, or the stream is at its end. It may even have been lifted again by now.
        """
        opened = self._breaks.open_at
        if opened is None or not self._breaks.is_long(trace.now):
            return []
        self.idle_v = self.idle_v or self.plan.least_idle_v
        self._put_back(trace, opened)
        return [self._event(OnHook, opened, trace.now, volts=self.sign * self.idle_v)]

    def _put_back(self, trace: Trace, opened: int) -> None:
        """Be on the hook, and remember when that was last seen: it may be over by now."""
        self._enter(Loop.ON_HOOK, trace.now)
        since = max(opened, trace.first)
        own = self._idle_samples(trace.volts(since))
        self._own = since + int(own[-1]) if len(own) else trace.now

    def _idle_samples(self, volts: Volts) -> NDArray[np.intp]:
        """Return which samples could only be seen on the hook."""
        limit = self.plan.on_ratio * (self.idle_v or self.plan.least_idle_v)
        return np.flatnonzero(volts * self.sign >= limit)

    def _on_hook(self, trace: Trace) -> list[Event]:
        idle = self.idle_v or self.plan.least_idle_v
        own = self._idle_samples(trace.frame())
        if len(own):
            self._own = trace.now - FRAME + int(own[-1])
        if trace.now - self._own <= ABSENT:
            return []
        self._since = trace.now
        away = trace.volts(self._own + 1) * self.sign
        level = _steady_level(away[-TAIL:])
        if level is None:
            return []
        if abs(level) < self.plan.dead_v:
            lost = trace.now - self._own >= self._down_after
            return self._lose(trace, self._own + 1) if lost else []
        if abs(level) < self.plan.off_ratio * idle:
            return self._lift(trace, self._lifted_at(trace, level), level * self.sign)
        if level < 0:
            return self._reverse(trace, self._own + 1)
        self._sag(trace, level)
        return []

    def _lifted_at(self, trace: Trace, level: float) -> int:
        """Return when the line was lifted that by now is steady at `level` (in its polarity).

        The last idle sample tells, but for a ring's trough after it; and a ring that the exchange
        has not cut at once (it may take 0.2 s) shows idle samples after the lift as well.
        """
        slack = float(np.abs(trace.volts(trace.now - TAIL) * self.sign - level).max()) + 2.0
        tripped = self._tripped_at(trace, level, slack)
        if tripped is not None:
            return tripped
        away = trace.volts(self._own + 1) * self.sign
        low = away < level - slack
        low = low[:-2] & low[1:-1] & low[2:]  # what is shorter is a click of the line
        trough = np.flatnonzero(low)
        return self._own + 1 + (int(trough[-1]) + 3 if len(trough) else 0)

    def _tripped_at(self, trace: Trace, level: float, slack: float) -> int | None:
        if self._ring is None:
            return None
        begin = max(self._own - TRIP, self._ring.begin, trace.first)
        rung = trace.volts(begin, trace.now - TAIL) * self.sign
        moving = np.flatnonzero(np.abs(rung - level) > slack)
        rung = rung[: int(moving[-1]) + 1]
        idle = self.idle_v or self.plan.least_idle_v
        step = step_under_sine(rung, self._ring.freq_hz, idle, level)
        return None if step is None else begin + step

    def _sag(self, trace: Trace, level: float) -> None:
        """Take a level between on and off the hook as the new idle one, if it stays."""
        if trace.now - self._own >= 1000:
            self.idle_v, self._own = level, trace.now

    def _off_hook(self, trace: Trace) -> list[Event]:
        self.short = self._breaks.push(trace, self._break_v)
        if self.short:
            self._since = self.short[-1][1]
        if self._breaks.open_at is None:
            return self._watch_level(trace)
        self._dead = None
        if self.idle_v is None and trace.now - self._breaks.open_at >= FRAME:
            self.idle_v = abs(float(np.median(trace.volts(self._breaks.open_at))))
        return self._while_open(trace, self._breaks.open_at)

    def _while_open(self, trace: Trace, opened: int) -> list[Event]:
        closed = self._breaks.closed_at
        if closed is not None:
            if not self._breaks.is_over(trace.now):
                return []
            self._since = closed
            self._breaks.start(trace.now)
            return [self._event(Flash, opened, trace.now, duration_s=(closed - opened) / 1000)]
        turned = self._turned_at(trace, opened)
        if turned is None and trace.now - opened < self.plan.flash_max_s * 1000:
            return []
        before = trace.volts(opened, turned)
        # A ring at its end does not move the median.
        level = float(np.median(before)) if len(before) else self.sign * (self.idle_v or 0.0)
        events = [self._event(OnHook, opened, trace.now, volts=level)]
        self._put_back(trace, opened)
        return events if turned is None else [*events, *self._reverse(trace, turned)]

    def _turned_at(self, trace: Trace, opened: int) -> int | None:
        """Return when an open loop's polarity turned, or None.

        So an exchange ends a call that it has answered with a reversal, some 0.1 s after the
        telephone has hung up: nothing else turns a loop that is open.
        """
        if not self._breaks.is_long(trace.now):
            return None
        level = _steady_level(trace.volts(trace.now - TAIL) * self.sign)
        if level is None or level > -self.plan.on_ratio * (self.idle_v or self.plan.least_idle_v):
            return None
        begin = max(opened, trace.now - 2 * HUM_FREE, trace.first)
        return begin + step_at(trace.volts(begin) * self.sign, -level, level)

    def _watch_level(self, trace: Trace) -> list[Event]:
        """Look for a reversal, or for no battery, once a break's edges are out of the mean."""
        if trace.now - self._since < HUM_FREE + FRAME:
            return []
        level = float(trace.volts(trace.now - HUM_FREE).mean()) * self.sign
        if abs(level) < self.plan.dead_v:
            if self._dead is None:
                self._dead = self._level_step(trace, level)
            return (
                self._lose(trace, self._dead) if trace.now - self._dead >= self._down_after else []
            )
        at, self._dead = self._dead, None
        if level > 0:
            return []
        return self._reverse(trace, self._level_step(trace, level) if at is None else at)

    def _level_step(self, trace: Trace, level: float) -> int:
        begin = max(self._since + FRAME, trace.now - 3 * HUM_FREE, trace.first)
        return begin + step_at(trace.volts(begin) * self.sign, self.talk_v, level)

    def _down(self, trace: Trace) -> list[Event]:
        level = _steady_level(trace.volts(max(trace.now - HUM_FREE, self._since)))
        if level is None or abs(level) < self.plan.dead_v + 1:
            return []
        begin = max(trace.now - 5 * HUM_FREE, self._since, trace.first)
        at = begin + step_at(trace.volts(begin), 0.0, level)
        up = self._event(LineUp, at, trace.now, volts=level)
        return [up, *self._meet(trace, level, at)]

    # ------------------------------------------------------------------ its changes
    def _meet(self, trace: Trace, level: float, at: int) -> list[Event]:
        """Take up a line of unknown state at a steady level."""
        limit = self.plan.unknown_on_v
        if self.idle_v is not None:
            limit = min(limit, self.plan.off_ratio * self.idle_v)
        self.sign = 1 if level > 0 else -1
        if abs(level) < limit:
            return self._lift(trace, at, level)
        self.idle_v = abs(level)
        self._enter(Loop.ON_HOOK, trace.now)
        return []

    def _lift(self, trace: Trace, at: int, level: float) -> list[Event]:
        events = [self._event(OffHook, at, trace.now, volts=level)]
        if level * self.sign < 0:
            self.sign = -self.sign
            events.append(self._event(PolarityReversal, at, trace.now))
        self.talk_v = abs(level)
        self._enter(Loop.OFF_HOOK, trace.now)
        return events

    def _reverse(self, trace: Trace, at: int) -> list[Event]:
        self.sign = -self.sign
        self._since, self._own = trace.now, trace.now - 1
        return [self._event(PolarityReversal, at, trace.now)]

    def _lose(self, trace: Trace, at: int) -> list[Event]:
        self._enter(Loop.DOWN, trace.now)
        volts = float(trace.volts(trace.now - HUM_FREE).mean())
        return [self._event(LineDown, at, trace.now, volts=volts)]

    def _enter(self, state: Loop, now: int) -> None:
        self.state = state
        self._since, self._own = now, now - 1
        self._dead = None
        self._breaks.start(now)

    def _event(self, kind: type[Event], at: int, now: int, **own: float) -> Event:
        return kind(
            line=self.line, sample=at * AUDIO_PER_VOLT, believed=now * AUDIO_PER_VOLT, **own
        )

    # --------------------------------------------------------------------- its figures
    @property
    def _break_v(self) -> float:
        """Half way between talking and idle: an edge's lag and hum shift make and break alike."""
        return ((self.idle_v or self.plan.least_idle_v) + self.talk_v) / 2

    @property
    def _down_after(self) -> float:
        return self.plan.down_s * 1000


def _steady_level(volts: Volts) -> float | None:
    """Return the mean of a stretch that only hums, or None if it moves."""
    level = float(volts.mean())
    half = len(volts) // 2
    allowed = max(STEADY_V, 0.3 * abs(level))
    drift = abs(float(volts[:half].mean()) - float(volts[half:].mean()))
    moves = float(np.abs(volts - level).max()) > allowed or drift > 3.0 + 0.1 * abs(level)
    return None if moves else level

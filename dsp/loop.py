"""The voltage of all lines: hook, ringing and pulse dialling.

Nearly always nothing happens. So all lines are screened at once: a line whose samples, and their
means, lie in the band its state expects is calm and costs nothing more. The few that are not calm
are looked at frame by frame; frames that are not calm go to the line's own hook, ring and pulse
detectors.

Frames lie on a grid of the stream's own, so that the events do not depend on how it was cut.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dsp.events import Event, LineDown, OffHook, PolarityReversal
from dsp.hook import HookLine, HookPlan, Loop
from dsp.pulse import PulseLine, PulsePlan
from dsp.ring import LOOK, RingLine, RingPlan, is_ring
from dsp.sine import fit_sine
from dsp.trace import FRAME, Trace
from dsp.units import AUDIO_PER_VOLT, VOLTS_PER_STEP

Steps = NDArray[np.int16]
Sums = NDArray[np.float32]

#: Samples kept behind the present, all that any detector looks back.
KEPT = 2048
#: Samples taken at a time.
PIECE = 2048
#: Frames to one look at the learnt levels.
SECOND = 1000 // FRAME
NEVER = np.iinfo(np.int64).max
#: Two steps: a level that is off by less is not worth following.
LEAST_DRIFT_V = 0.02
_ONES = np.ones(FRAME, np.float32)


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """What the lines of a country or exchange do."""

    hook: HookPlan = field(default_factory=HookPlan)
    ring: RingPlan = field(default_factory=RingPlan)
    pulse: PulsePlan = field(default_factory=PulsePlan)


@dataclass(frozen=True, slots=True)
class LoopNow:
    """One line's loop as it is now."""

    off_hook: bool
    down: bool
    ringing: bool
    volts: float


class _Memory:
    """The latest voltage of every line, in a buffer that is slid when it is full."""

    def __init__(self, lines: int) -> None:
        self._buffer = np.zeros((lines, 2 * (KEPT + PIECE)), np.int16)
        self._first = 0  # sample index of column 0
        self._fill = 0

    @property
    def end(self) -> int:
        return self._first + self._fill

    def add(self, piece: Steps) -> None:
        n = piece.shape[1]
        if self._fill + n > self._buffer.shape[1]:
            old = self._fill - KEPT
            self._buffer[:, :KEPT] = self._buffer[:, old : self._fill].copy()
            self._first += old
            self._fill = KEPT
        self._buffer[:, self._fill : self._fill + n] = piece
        self._fill += n

    def frames(self, begin: int) -> Steps:
        """Return int16[lines, frames, FRAME], all whole frames from sample `begin` on."""
        count = (self.end - begin) // FRAME
        at = begin - self._first
        whole = self._buffer[:, at : at + count * FRAME]
        return whole.reshape(len(whole), count, FRAME)

    def trace(self, line: int, now: int) -> Trace:
        """Return one line's voltage as far as any detector may look back."""
        begin = max(now - KEPT + PIECE // 2, self._first)
        at = begin - self._first
        return Trace(self._buffer[line, at : self._fill], begin, now)


class LoopBank:
    """Hears the voltage of all lines.

    Args:
        lines: how many; the first is line 1.
        plan: what they do.
        idle_v: the idle voltage learnt before, a magnitude for each line, None where not known.

    Raises:
        ValueError: idle_v is not one for each line.
    """

    def __init__(
        self, lines: int, plan: LoopPlan | None = None, idle_v: list[float | None] | None = None
    ) -> None:
        plan = plan or LoopPlan()
        learnt = [None] * lines if idle_v is None else idle_v
        if len(learnt) != lines:
            raise ValueError(f"idle voltages for {len(learnt)} lines, want {lines}")
        numbers = range(1, lines + 1)
        self._hooks = [HookLine(n, plan.hook, v) for n, v in zip(numbers, learnt, strict=True)]
        self._rings = [RingLine(n, plan.ring) for n in numbers]
        self._pulses = [PulseLine(n, plan.pulse) for n in numbers]
        self._memory = _Memory(lines)
        self._now = 0  # end of the last frame judged
        self._least = np.zeros((2, lines), np.float32)  # of a calm line's steps, and of their sums
        self._most = np.zeros((2, lines), np.float32)
        self._learnt_v = np.full(lines, np.nan)
        self._due = np.full(lines, NEVER)
        self._last_sum = np.zeros(lines, np.float32)
        self._second = np.zeros(lines)  # the sum of it
        self._expect(list(range(lines)))

    # ------------------------------------------------------------------ the doors
    def push(self, volts: Steps, *, may_wait: bool = False) -> list[Event]:
        """Add voltage and return what is believed by its end, in the order of belief.

        Args:
            volts: int16[lines, m], any m, 10 mV a step, tip minus ring.
            may_wait: judge it only if a sample is not where its line's state expects it, or a line
                is busy; what a mean alone would tell waits for the next push without this. No more
                than PIECE samples may wait.

        Raises:
            ValueError: it is of another number of lines.
        """
        if volts.ndim != 2 or len(volts) != len(self._hooks):
            raise ValueError(f"voltage of shape {volts.shape}, want ({len(self._hooks)}, m)")
        events: list[Event] = []
        for at in range(0, volts.shape[1], PIECE):
            self._memory.add(volts[:, at : at + PIECE])
            if not (may_wait and self._is_calm(volts)):
                events += self._judge()
        return events

    def close(self) -> list[Event]:
        """End the stream: return what was waiting for more of it, oldest line first."""
        return [event for i in range(len(self._hooks)) for event in self._close(i)]

    def loop_open_at(self, line: int) -> int | None:
        """Return since which audio sample an off-hook line's loop has been open.

        None when it is closed, or when it is known why it is open. It is a pulse, a flash, a
        hang-up or a cut: which, only time will tell.
        """
        at = self._hooks[line - 1].open_at
        return None if at is None else at * AUDIO_PER_VOLT

    def now(self, line: int) -> LoopNow:
        """Return the line as of its last frame."""
        state = self._hooks[line - 1].state
        return LoopNow(
            off_hook=state is Loop.OFF_HOOK,
            down=state is Loop.DOWN,
            ringing=self._rings[line - 1].burst is not None,
            volts=float(self._last_sum[line - 1]) / FRAME * VOLTS_PER_STEP,
        )

    def idle_v(self) -> list[float | None]:
        """Return each line's learnt idle voltage, to be kept and given to the next bank."""
        return [hook.idle_v for hook in self._hooks]

    # ------------------------------------------------------------------ the screen
    def _is_calm(self, volts: Steps) -> bool:
        """Say whether no sample is out of its line's band, and no line asks to be judged."""
        if self._due.min() <= self._memory.end:
            return False
        least, most = volts.min(axis=1), volts.max(axis=1)
        return bool(((least >= self._least[0]) & (most <= self._most[0])).all())

    def _judge(self) -> list[Event]:
        frames = self._memory.frames(self._now)
        whole = frames.astype(np.float32).reshape(-1, FRAME) @ _ONES  # below 2**24: exact
        sums = whole.reshape(frames.shape[:2])
        events: list[Event] = []
        at = 0
        while at < frames.shape[1]:
            end = min(at + SECOND - self._now // FRAME % SECOND, frames.shape[1])
            events += self._judge_within_second(frames[:, at:end], sums[:, at:end])
            if self._now % (SECOND * FRAME) == 0:
                self._learn()
            at = end
        return events

    def _judge_within_second(self, frames: Steps, sums: Sums) -> list[Event]:
        """Judge frames of one second, in which the bands of calm lines stay as they are.

        Args:
            frames: int16[lines, frames, FRAME].
            sums: float[lines, frames], of each frame.
        """
        lines, count, _ = frames.shape
        self._last_sum = sums[:, -1]
        self._second += sums.sum(axis=1)  # below 2**24 too
        least, most = np.empty((2, 2, lines), np.float32)
        steps = frames.reshape(lines, -1)
        least[0], most[0] = steps.min(axis=1), steps.max(axis=1)
        least[1], most[1] = sums.min(axis=1), sums.max(axis=1)
        now = self._now + count * FRAME
        calm = (least >= self._least) & (most <= self._most)
        events: list[Event] = []
        if calm.all() and self._due.min() > now:
            self._now = now
        else:
            moving = np.flatnonzero(~(calm[0] & calm[1] & (self._due > now)))
            for k in range(count):
                self._now += FRAME
                events += self._judge_frame(moving, frames[moving, k], sums[moving, k])
        return events

    def _judge_frame(self, lines: NDArray[np.intp], steps: Steps, sums: Sums) -> list[Event]:
        least, most = self._least[:, lines], self._most[:, lines]
        calm = (steps.min(axis=1) >= least[0]) & (steps.max(axis=1) <= most[0])
        calm &= (sums >= least[1]) & (sums <= most[1])
        calm &= self._due[lines] > self._now
        return [event for i in lines[~calm].tolist() for event in self._advance(i)]

    def _learn(self) -> None:
        """Let the lines whose mean has moved follow it."""
        means = self._second * (VOLTS_PER_STEP / (SECOND * FRAME))
        moved = np.flatnonzero(np.abs(np.abs(means) - self._learnt_v) > LEAST_DRIFT_V).tolist()
        for i in moved:
            self._hooks[i].learn(self._now, float(means[i]))
        if moved:
            self._expect(moved)
        self._second[:] = 0

    def _expect(self, lines: list[int]) -> None:
        """Set the bands in which lines are calm."""
        steps = np.array([self._hooks[i].calm() for i in lines]).T / VOLTS_PER_STEP
        bands = np.concatenate((np.clip(steps[:2], -32768, 32767), steps[2:] * FRAME))
        self._least[:, lines], self._most[:, lines] = np.rint(bands[::2]), np.rint(bands[1::2])
        learnt = [self._hooks[i].learnt_v for i in lines]
        self._learnt_v[lines] = [np.nan if v is None else v for v in learnt]

    def _set_due(self, i: int) -> None:
        """Set when line i wants to be asked even if it is calm."""
        ring_due = self._rings[i].due
        busy = self._hooks[i].busy or self._pulses[i].busy
        self._due[i] = 0 if busy else NEVER if ring_due is None else ring_due

    # ------------------------------------------------------------------ one line, one frame
    def _advance(self, i: int) -> list[Event]:
        hook, ring = self._hooks[i], self._rings[i]
        trace = self._memory.trace(i, self._now)
        idle_before = hook.idle_now
        events = hook.advance(trace, ring.burst)
        for event in events[:]:
            if isinstance(event, OffHook | LineDown):
                ended = ring.finish(trace, event.sample // AUDIO_PER_VOLT, idle_before)
                events = [*ended, *events]  # the ringing ends before the lift that ended it
            elif isinstance(event, PolarityReversal):
                ring.forget_swing()
        events += self._hear_ring(i, trace)
        events += self._hear_pulses(i)
        self._expect([i])
        self._set_due(i)
        return sorted(events, key=lambda e: e.sample)

    def _close(self, i: int) -> list[Event]:
        trace = self._memory.trace(i, self._now)
        digits = self._pulses[i].close(self._now)
        hung_up = self._hooks[i].hang_up(trace)
        idle_v = self._hooks[i].idle_now
        return [*digits, *hung_up, *self._rings[i].finish(trace, self._now, idle_v)]

    def _hear_ring(self, i: int, trace: Trace) -> list[Event]:
        hook, ring = self._hooks[i], self._rings[i]
        if hook.state is Loop.UNKNOWN and trace.now >= LOOK:
            sine = fit_sine(trace.volts(trace.now - LOOK))
            if is_ring(sine) and abs(sine.mean_v) >= hook.plan.dead_v:
                hook.begin_on_hook(sine.mean_v, trace.now)
                ring.begin_at(0)
        idle_v = hook.idle_now
        if idle_v is None:
            ring.forget_swing()
            return []
        events = ring.advance(trace, idle_v)
        if hook.closed_at is not None:
            events += ring.judge_until(trace, hook.closed_at, idle_v)
        if ring.swings:
            hook.disturb(trace.now)
        return [*(hook.hang_up(trace) if events else []), *events]

    def _hear_pulses(self, i: int) -> list[Event]:
        hook, pulse = self._hooks[i], self._pulses[i]
        for begin, end in hook.short:
            pulse.add_break(begin, end)
        if hook.state is not Loop.OFF_HOOK or hook.idle_now is not None:
            pulse.drop()
        return list(pulse.advance(self._now))

"""The self-test of idle lines: a tone goes the whole way that a call goes.

The board plays a known tone into a line's input; the recorder takes it as a call of its own kind
(`why` is "self_test"), encodes, seals and stores it; the proof reads it back, opens and decodes it,
and finds the tone in it (`appliance.known_tone`). What the tone did not pass is an alarm while the
line is quiet, not on the day on which its recording is asked for.

One line at a time, and only one that has been idle for a while. Whatever begins on it wins at
once: the board ends the tone by itself within 1 ms of the line's voltage moving, the test is given
up, and the line has its turn again later in the round.

It runs on the recorder's thread, between blocks; time is the stream's, in samples.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Protocol

from appliance.call import Call, Stretch
from appliance.dialled import Dialled
from appliance.index_row import SELF_TEST
from appliance.known_tone import FREQ_HZ, LASTS_S, LEVEL_DBM0
from appliance.proof import Proof
from appliance.site import Line
from appliance.words import N_
from dsp import events as heard
from dsp.units import AUDIO_HZ
from firmware_bridge.commands import Command, SelfTest
from firmware_bridge.messages import Ack
from firmware_bridge.session import Backlog

log = logging.getLogger(__name__)

#: How a test ended that nothing can be said from; and one that the board would not play.
GAVE_WAY: Final = "gave_way"
REFUSED: Final = "board_refused"
#: A line on which something has just happened may be used at once: the ringing comes up to 10 s
#: after its caller was shown (`line_desk.SHOWN_S`), or after the line was reversed.
QUIET_S: Final = 12.0
#: The command may need three tries of 0.2 s, and the recording ends after the tone does.
LENGTH_S: Final = LASTS_S + 0.8
#: A round waits so long for lines that are in use.
ROUND_S: Final = 1800.0
#: What may be heard of the tone itself, or be crosstalk; all else is a call that begins.
_HARMLESS: Final = (
    heard.Tone.kind, heard.Speech.kind, heard.Dtmf.kind, heard.RecordBeep.kind, heard.Notice.kind,
)  # fmt: skip

Send = Callable[[Command], "Future[Ack]"]


class Desk(Protocol):
    """A line, as far as a test needs it."""

    @property
    def line(self) -> Line: ...

    def idle_for(self, now: int) -> int:
        """Return for how many samples nothing has been going on, 0 while something is."""


class Owner(Protocol):
    """What a test tells the recorder: what a call does."""

    def new_id(self, sample: int) -> str: ...

    def call_began(self, call: Call) -> None: ...

    def keep_from(self, call: Call, sample: int) -> int: ...

    def keep_until(self, call: Call, sample: int) -> None: ...

    def call_ended(self, call: Call) -> None: ...


def verdict(ended_by: str, proof: Proof) -> str | None:
    """Return what is wrong with a line after its test, "" if nothing, None if it is not known."""
    if ended_by == REFUSED:
        return N_("the board did not play the tone")
    if ended_by:
        return None
    return "" if proof.verified else proof.note


@dataclass
class _Running:
    """The test of one line."""

    call: Call
    ack: "Future[Ack] | None"


class Tester:
    """The round of self-tests.

    Attributes:
        send: takes a command to the board; None where there is none, as in a replay.
    """

    def __init__(self, owner: Owner) -> None:
        self.send: Send | None = None
        self._owner = owner
        self._waiting: deque[int] = deque()
        self._running: _Running | None = None
        self._ended: dict[str, Call] = {}
        self._stirred: dict[int, int] = {}
        self._until = 0

    @property
    def line(self) -> int | None:
        """The line that is being tested, or None."""
        return self._running.call.line.number if self._running else None

    @property
    def busy(self) -> bool:
        """Whether a round is going on."""
        return self._running is not None or bool(self._waiting)

    def begin(self, lines: Iterable[int], now: int) -> None:
        """Begin a round, or add lines to the one that is going on."""
        if self.send is None:
            return
        wanted = [line for line in lines if line not in (*self._waiting, self.line)]
        self._waiting.extend(wanted)
        self._until = now + round(ROUND_S * AUDIO_HZ)

    def hear(self, event: heard.Event, now: int) -> None:
        """Take what was heard on a line: a call that begins there wins."""
        if event.kind in _HARMLESS:
            return
        self._stirred[event.line] = now
        if event.line == self.line:
            self._give_way(now)

    def take(self, call_id: str) -> Call | None:
        """Return the call of a test whose proof has come, once; None if it is no test's."""
        return self._ended.pop(call_id, None)

    def tick(self, desks: Iterable[Desk], now: int) -> None:
        """Go on with the round."""
        by_line = {desk.line.number: desk for desk in desks}
        if self._running is not None:
            self._watch(self._running, by_line, now)
        elif self._waiting:
            self._next(by_line, now)

    def stop(self, now: int, ended_by: str) -> None:
        """End the round: there is no data any more."""
        self._waiting.clear()
        if self._running is not None:
            self._end(now, ended_by)

    # ------------------------------------------------------------ one line

    def _next(self, desks: dict[int, Desk], now: int) -> None:
        if now >= self._until:
            log.warning("in use throughout the self-test: lines %s", list(self._waiting))
            self._waiting.clear()
            return
        for line in list(self._waiting):
            desk = desks.get(line)
            if desk is None:
                self._waiting.remove(line)
            elif self._quiet(desk, now):
                self._waiting.remove(line)
                self._begin(desk.line, now)
                return

    def _quiet(self, desk: Desk, now: int) -> bool:
        least = round(QUIET_S * AUDIO_HZ)
        stirred = self._stirred.get(desk.line.number, -least)
        return desk.idle_for(now) > 0 and now - stirred >= least

    def _begin(self, line: Line, now: int) -> None:
        ack = self._ask(line.number, LASTS_S)
        if ack is None:
            self._waiting.append(line.number)
            return
        call = Call(self._owner.new_id(now), line, "unknown", now, Dialled(False, ""), SELF_TEST)
        self._owner.call_began(call)
        call.stretches.append(Stretch(now, self._owner.keep_from(call, now)))
        self._running = _Running(call, ack)

    def _watch(self, test: _Running, desks: dict[int, Desk], now: int) -> None:
        if test.ack is not None and test.ack.done():
            error, test.ack = test.ack.exception(), None
            if error is not None:
                log.error("line %d: the self-test was not played: %s", self.line, error)
                self._end(now, REFUSED)
                return
        if not desks[test.call.line.number].idle_for(now):
            self._give_way(now)
        elif now - test.call.started >= LENGTH_S * AUDIO_HZ:
            self._end(now, "")

    def _give_way(self, now: int) -> None:
        assert self._running is not None
        line = self._running.call.line.number
        log.info("line %d: the self-test gives way to a call", line)
        self._end(now, GAVE_WAY)
        self._ask(line, 0.0)  # the board has ended it by itself; one that did not is told
        self._waiting.append(line)

    def _end(self, now: int, ended_by: str) -> None:
        assert self._running is not None
        call, self._running = self._running.call, None
        call.ended, call.ended_by = now, ended_by
        call.stretches[-1].stop = now
        self._ended[call.id] = call
        self._owner.keep_until(call, now)
        self._owner.call_ended(call)

    def _ask(self, line: int, seconds: float) -> "Future[Ack] | None":
        if self.send is None:
            return None
        tone = SelfTest(line, FREQ_HZ, round(1000 * seconds), round(10 * LEVEL_DBM0))
        try:
            return self.send(tone)
        except Backlog as error:
            log.warning("line %d: no self-test now: %s", line, error)
            return None

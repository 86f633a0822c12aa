"""The recorder: blocks in; calls, rows and packets out to the keeper.

Everything here happens on the thread that reads the board, and nothing here touches a disk: the
keeper takes what it is given and never makes it wait. The same blocks give the same calls, live
or replayed.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

import numpy as np

from appliance.api import BoxStatus, LineStatus
from appliance.call import Call
from appliance.call_machine import Mode, State
from appliance.call_row import Now, StreamClock, row_of
from appliance.index_row import SELF_TEST, CallRow, iso
from appliance.kept_audio import TICK_S, Heard, KeptAudio, Piece
from appliance.line_desk import LineDesk
from appliance.line_modes import applied
from appliance.policy import Policy
from appliance.raised import Raised
from appliance.room import Room
from appliance.selftest import Tester
from appliance.site import Site
from appliance.tape import Tape
from appliance.ulid import Ulids
from dsp.bank import LineBank
from dsp.events import Event, Notice, RecordBeep
from dsp.opus import FRAME
from dsp.units import AUDIO_HZ, SILENCE_DBM0
from firmware_bridge.block import Block, Epoch, Gap, Item, Samples

log = logging.getLogger(__name__)

#: Blocks are taken this long at a time: the cost of the detectors is by the call, not by the
#: sample.
BATCH_S: Final = 0.04
#: An open loop is noticed up to 24 ms late, and heard in steps of 80 ms; audio waits for so many
#: samples, lest it be from after a hang-up.
HOLD_BACK: Final = round(0.12 * AUDIO_HZ)
#: Audio that has waited longer than for the next tick goes at once: a flash is over, or a call is
#: kept from a while ago.
OVERDUE: Final = round((TICK_S + BATCH_S) * AUDIO_HZ) + HOLD_BACK + FRAME
#: Reaches back over the longest doubt and a filler block.
TAPE_S: Final = 12.0

_STATES: Final = {
    State.IDLE: "idle",
    State.RINGING: "ringing",
    State.RUNG: "ringing",
    State.WOKEN: "ringing",
    State.SHOWN: "ringing",
    State.TALKING: "in_call",
    State.OPEN_LINE: "open_line",
    State.DOWN: "line_down",
    State.LOST: "board_lost",
}


class Keeper(Protocol):
    """What takes the calls to the disk. None of this waits."""

    def begin(self, row: CallRow) -> None:
        """A call has begun: make its key and its row."""

    def change(self, row: CallRow) -> None:
        """More is known of a call."""

    def audio(self, pieces: list[tuple[str, Piece]]) -> None:
        """Audio of calls in progress, none if there is none; all told so far goes to the disk."""

    def keep_apart(self, row: CallRow) -> None:
        """What follows of a call's audio may have to be taken back."""

    def take_back(self, row: CallRow) -> None:
        """The audio of a call so far was none of it."""

    def end(self, row: CallRow, heard: Heard) -> None:
        """A call is over: seal its facts, and prove it."""

    def note(self, act: str, facts: dict[str, object]) -> None:
        """Enter something in the ledger."""


@dataclass
class _Keeping:
    """A call whose audio is kept.

    Attributes:
        at: the next sample of the stream for the encoder.
        handed: the stream up to it has gone to the keeper.
    """

    call: Call
    audio: KeptAudio
    at: int | None
    handed: int
    over: int = 0  # samples given that turned out to be from after the end


class Recorder:
    """Not for two threads. `push` what the link gives; `stop` before leaving.

    Attributes:
        alarms: kept in memory alone, but for where others are put in their place before the first
            push.
        lost: gaps, and samples lost in them, since the start.
        tester: tests idle lines, once it has a board to send to.
    """

    def __init__(
        self,
        site: Site,
        policy: Policy,
        keeper: Keeper,
        clock: StreamClock,
        announcements: Sequence[Samples] = (),
    ) -> None:
        self.board = "connecting"
        self.alarms = Raised(lambda act, facts, _: keeper.note(act, facts))
        self._site = site
        self._tones = site.exchange.tones(policy.profile.city.country)
        self._policy = policy
        self._keeper = keeper
        self._clock = clock
        self._announcements = announcements
        self._ids = Ulids()
        self._started = datetime.now(UTC)
        self._base = 0  # the board's sample at which the stream began
        self._time = Now(0, self._started)
        self._tape: Tape | None = None
        self._bank: LineBank | None = None
        self._desks: list[LineDesk] = []
        self._keepings: dict[str, _Keeping] = {}
        self._new_modes: set[int] = set()  # lines that wait for the end of a call
        self.tester = Tester(self)
        self.lost = {"gaps": 0, "lost_samples": 0}
        self._next_tick = 0
        self._room = Room.AMPLE
        self._has_volts = True
        self._learnt_v: list[float | None] = []  # each line's idle voltage, over a lost board

    # ------------------------------------------------------------ the stream

    def push(self, items: Iterable[Item]) -> None:
        """Take what the link, or a capture, gives."""
        for item in _batches(items):
            if isinstance(item, Block):
                self._block(item)
            elif isinstance(item, Gap):
                self._gap(item)
            else:
                self._epoch(item)

    def listen_only(self) -> None:
        """The stream has no line voltage: each line is taken as off-hook throughout."""
        self._has_volts = False

    def board_gone(self, ended_by: str = "board_lost") -> None:
        """No data: end every call where the data ends."""
        self.board = "lost"
        self.set_alarm("board_lost", "", ended_by == "board_lost")
        if self._bank is not None:
            # What both parties were told is known a while later than it was said.
            self._hear(e for e in self._bank.close() if isinstance(e, Notice | RecordBeep))
        self.tester.stop(self._now, ended_by)
        for desk in self._desks:
            desk.board_gone(self._now, ended_by)
        self._flush()
        if self._bank is not None:
            self._learnt_v = self._bank.idle_v()
        self._bank = None

    def stop(self, ended_by: str = "stopped") -> None:
        """End every call where the data ends."""
        if self._bank is not None:
            self._hear(self._bank.close())
            self._encode()
        self.tester.stop(self._now, ended_by)
        for desk in self._desks:
            desk.stop(self._now, ended_by)
        self._flush()

    def set_mode(self, line: int, mode: Mode) -> None:
        """Record a line so from its next call on."""
        self._site = applied(self._site, {line: mode})
        self._new_modes.add(line)
        self._take_modes()

    def _take_modes(self) -> None:
        """A line in a call goes on as it began."""
        for desk in self._desks:
            if desk.line.number in self._new_modes and desk.call is None:
                self._new_modes.discard(desk.line.number)
                desk.line = self._site.line(desk.line.number)

    def press_button(self) -> None:
        """The front button is pressed."""
        line = self._site.button_line
        if self._bank is not None and line is not None and line <= len(self._desks):
            self._desks[line - 1].press_button(self._now)
            self._flush()

    def begin_tests(self) -> None:
        """Test every line that may be recorded, each once it is idle."""
        lines = [d.line.number for d in self._desks if d.line.mode is not Mode.NONE]
        self.tester.begin(lines, self._now)

    def set_room(self, room: Room) -> None:
        """Say whether the disk has room for more."""
        self._room = room
        for desk in self._desks:
            desk.may_keep = room is Room.AMPLE
            if room is Room.NONE and self._bank is not None:
                desk.out_of_room(self._now)

    @property
    def _now(self) -> int:
        return self._tape.end if self._tape else 0

    def _epoch(self, epoch: Epoch) -> None:
        if self._bank is not None:
            self.board_gone("board_restarted")
        if len(self._desks) != epoch.lines:
            self._desks = [
                LineDesk(self._site.line(n), self, self.new_id, self._site.record_key, self._tones)
                for n in range(1, epoch.lines + 1)
            ]
            self.set_room(self._room)

    def _gap(self, gap: Gap) -> None:
        log.warning("%d samples lost (%s)", gap.lost, gap.reason)
        facts: dict[str, object] = {"lost_s": gap.lost / AUDIO_HZ, "reason": gap.reason}
        self._keeper.note("gap", facts)
        self.lost["gaps"] += 1
        self.lost["lost_samples"] += gap.lost
        if not gap.filled:
            self.board_gone()
            return
        for desk in self._desks:
            if desk.call is not None:
                desk.call.mark("gap", gap.sample - self._base, **facts)

    def _block(self, block: Block) -> None:
        if self._bank is None:
            if block.filler:
                return  # the calls it belonged to have been ended
            self._begin_stream(block)
        assert self._bank is not None and self._tape is not None
        self._tape.push(block.audio)
        self._tell_time(self._tape.end)
        self._hear(self._bank.push(block.audio, block.volts))
        for desk in self._desks:
            desk.tick(self._tape.end)
        if self._new_modes:
            self._take_modes()
        self.tester.tick(self._desks, self._tape.end)
        self._encode()
        if self._tape.end >= self._next_tick or self._overdue():
            self._flush()
        self._faults(block.fault_mask)

    def _hear(self, events: Iterable[Event]) -> None:
        for event in events:
            self._desks[event.line - 1].push(event)
            self.tester.hear(event, self._now)

    def _begin_stream(self, block: Block) -> None:
        lines = len(block.audio)
        self._base = block.sample
        self._tape = Tape(lines, TAPE_S)
        self._bank = LineBank(
            lines,
            has_volts=self._has_volts,
            plan=self._site.exchange.loop_plan(),
            idle_v=self._idle_v(lines),
            plans=self._tones,
            announcements=self._announcements,
        )
        self._next_tick = round(TICK_S * AUDIO_HZ)
        self.board = "streaming"
        self.set_alarm("board_lost", "", False)
        if len(self._desks) != lines:
            self._epoch(Epoch(0, lines, block.sample))
        for desk in self._desks:
            desk.board_back()
        if not self._has_volts:
            for desk in self._desks:
                desk.lifted_throughout()

    def _idle_v(self, lines: int) -> list[float | None] | None:
        return self._learnt_v if len(self._learnt_v) == lines else None

    def _faults(self, mask: int) -> None:
        for desk in self._desks:
            faulty = bool(mask >> (desk.line.number - 1) & 1)
            self.set_alarm("board_fault", desk.line.number, faulty)

    # ------------------------------------------------------------ the audio

    def _encode(self) -> None:
        assert self._bank is not None and self._tape is not None
        for keeping in self._keepings.values():
            open_at = self._bank.loop_open_at(keeping.call.line.number)
            sure = self._tape.end - HOLD_BACK
            self._give(keeping, sure if open_at is None else open_at)

    def _give(self, keeping: _Keeping, until: int) -> None:
        """Give the encoder the stream up to a sample."""
        if keeping.at is not None and until > keeping.at:
            assert self._tape is not None
            audio = self._tape.read(keeping.call.line.number, keeping.at, until)
            before = keeping.audio.data
            keeping.audio.push(audio)
            keeping.at = until
            if (data := keeping.audio.data) is not before and data is not None:
                sample = until - keeping.audio.samples + data.sample
                keeping.call.mark("data_tone", sample, name=data.name)

    def _flush(self) -> None:
        """Hand over the packets that are complete."""
        taken = [(id_, keeping.audio.take()) for id_, keeping in self._keepings.items()]
        self._keeper.audio([(id_, piece) for id_, pieces in taken for piece in pieces])
        self._next_tick = self._now + round(TICK_S * AUDIO_HZ)
        for keeping in self._keepings.values():
            keeping.handed = self._now if keeping.at is None else keeping.at

    def _overdue(self) -> bool:
        due = self._now - OVERDUE
        return any(k.handed < due and k.audio.waiting for k in self._keepings.values())

    def keep_from(self, call: Call, sample: int) -> int:
        """Keep a call's audio from a sample on: what a desk asks for."""
        keeping = self._keepings.get(call.id)
        if keeping is None:
            keeping = _Keeping(call, KeptAudio(complexity(len(self._desks))), sample, sample)
            self._keepings[call.id] = keeping
        keeping.at = keeping.handed = sample
        return keeping.audio.samples

    def keep_until(self, call: Call, sample: int) -> None:
        """Keep no more of a call's audio than up to a sample."""
        keeping = self._keepings[call.id]
        assert keeping.at is not None
        self._give(keeping, sample)
        keeping.over = max(0, keeping.at - sample)
        keeping.at = None

    def keep_apart(self, call: Call) -> None:
        self._keeper.keep_apart(self._row(call))

    def take_back(self, call: Call) -> None:
        self._keepings.pop(call.id).audio.close()
        self._keeper.take_back(self._row(call))

    # ------------------------------------------------------------ the calls

    def call_began(self, call: Call) -> None:
        self._keeper.begin(self._row(call))

    def call_changed(self, call: Call) -> None:
        self._keeper.change(self._row(call))

    def call_ended(self, call: Call) -> None:
        keeping = self._keepings.get(call.id)
        row, heard = self._row(call), Heard()
        if keeping is not None:
            heard = keeping.audio.close()
            self._flush()
            del self._keepings[call.id]
            row = replace(row, audio_samples=keeping.audio.samples - keeping.over)
        self._keeper.end(row, heard)

    def _row(self, call: Call) -> CallRow:
        self._time.fix(call, self._clock)
        keeping = self._keepings.get(call.id)
        kept = keeping.audio.samples if keeping else 0
        quality = self._clock.quality(self._base + call.started)
        return row_of(call, self._policy, quality, self._clock.drift_ppm or 0.0, kept)

    def new_id(self, sample: int) -> str:
        """Return the id of a call that began at a sample."""
        return self._ids.new(max(0, round(self._time.utc_of(sample).timestamp() * 1000)))

    def _tell_time(self, end: int) -> None:
        """Note the UTC of the stream's end while the clock knows it: an epoch later it does not."""
        with suppress(LookupError):
            utc_s = self._clock.utc_s(self._base + end)
            self._time = Now(end, datetime.fromtimestamp(utc_s, UTC))

    # ------------------------------------------------------------ what it shows

    def set_alarm(self, what: str, where: int | str, raised: bool) -> None:
        """Raise or end an alarm; where is a line's number, a call's id, or "". From any thread."""
        self.alarms.set(what, f"line {where}" if isinstance(where, int) else where, raised)

    @property
    def lamp(self) -> str:
        """The lamp's pattern: the first of these that holds."""
        if self.alarms.unseen:
            return "attention"
        if any(k.at is not None and k.call.why != SELF_TEST for k in self._keepings.values()):
            return "recording"
        if any(desk.state in (State.TALKING, State.OPEN_LINE) for desk in self._desks):
            return "off_hook"
        return "idle"

    def status(self) -> BoxStatus:
        """Return the box as it is now."""
        return BoxStatus(
            now=str(iso(datetime.now(UTC))),
            started=str(iso(self._started)),
            board=self.board,
            lamp=self.lamp,
            button_line=self._site.button_line,
            clock=self._clock.quality(self._base + self._now),
            lines=self._lines_status(),
            alarms=self.alarms.all(),
            testing=self.tester.line,
        )

    def _lines_status(self) -> list[LineStatus]:
        if self._bank is None:
            return [self._line_status(desk, SILENCE_DBM0, 0.0) for desk in self._desks]
        heard = zip(self._desks, self._bank.lines_now(), strict=True)
        return [self._line_status(desk, now.level_dbm0, now.volts) for desk, now in heard]

    def _line_status(self, desk: LineDesk, level: float, volts: float) -> LineStatus:
        call, line = desk.call, desk.line
        keeping = self._keepings.get(call.id) if call else None
        return LineStatus(
            line=line.number,
            name=line.name,
            department=line.department,
            mode=line.mode.value,
            state=_STATES[desk.state] if self._tape else "unknown",
            recording=keeping is not None and keeping.at is not None,
            since=iso(self._time.utc_of(desk.since)) if self._tape else None,
            level_dbm0=round(level, 1),
            volts=round(volts, 1),
            call_id=call.id if call else None,
            number=call.number if call else None,
        )


def complexity(lines: int) -> int:
    """Return the Opus complexity for so many lines.

    Measured: 64 lines at 5 take 24 % of a core of the build machine, at 0 11 %; on a Pi 4 the
    encoder alone is put at 65 % and 34 %.
    """
    if lines <= 8:
        return 10
    return 5 if lines <= 32 else 0


def _batches(items: Iterable[Item]) -> Iterator[Item]:
    """Join blocks that follow each other, up to BATCH_S."""
    joined: list[Block] = []
    length = 0
    for item in items:
        follows = isinstance(item, Block) and not item.filler
        if joined and (not follows or length >= BATCH_S * AUDIO_HZ):
            yield _join(joined)
            joined, length = [], 0
        if isinstance(item, Block) and follows:
            joined.append(item)
            length += item.audio.shape[1]
        else:
            yield item
    if joined:
        yield _join(joined)


def _join(blocks: list[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    fault = 0
    for block in blocks:
        fault |= block.fault_mask
    return Block(
        sample=blocks[0].sample,
        audio=np.concatenate([b.audio for b in blocks], axis=1),
        volts=np.concatenate([b.volts for b in blocks], axis=1),
        fault_mask=fault,
    )

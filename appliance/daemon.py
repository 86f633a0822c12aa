"""`kirok record`: the process that owns board, panel, vault and index.

One thread reads the board and does everything up to the packets; the writer and the prover stand
behind it, the control socket beside it. Signals only set a flag. When the disk or the key store
fails the process ends with an error, and systemd, or the demo, starts it again: recovery is the
way every start begins.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from appliance import box, disk_failure, line_modes, owners, site
from appliance.board_clock import BoardClock
from appliance.box import Box
from appliance.box_clock import last_believed
from appliance.call_machine import Mode
from appliance.clock_duty import ClockDuty
from appliance.clock_keeper import ClockKeeper
from appliance.control import ControlServer
from appliance.engine import Engine
from appliance.index import CallIndex
from appliance.ledger_duty import LedgerDuty
from appliance.mode_duty import ModeDuty
from appliance.proof_duty import ProofDuty, utc_now
from appliance.raised import SETTLE_S
from appliance.retention import Moment
from appliance.retention_duty import RetentionDuty
from appliance.room_duty import RoomDuty
from appliance.service import Duties, Service
from appliance.stopping import nap, told_to_stop
from appliance.systemd import notify
from appliance.witness import Stick
from appliance.writer import WriterFailed
from firmware_bridge.link import NAP_S, Link
from firmware_bridge.panel import Lamp, Panel, PanelPins, open_panel

log = logging.getLogger(__name__)

#: The page asks once a second; the lamp follows within this.
STATUS_EVERY_S: Final = 0.25
#: The board stops by itself after 5 s without us; no data for as long means that it is gone.
BOARD_GONE_S: Final = 5.0


def record(config: Path) -> int:
    """Record until told to stop; return the exit code.

    Raises:
        SiteError, BoxMissing, BoxInUse, IndexBroken, OSError: it cannot start.
        WriterFailed: the disk failed; every call up to the last flush is safe.
    """
    here = site.load(config)
    opened = box.open_box(here.data)
    try:
        return _record(here, opened)
    except (OSError, sqlite3.Error, WriterFailed) as error:
        disk_failure.leave_note(opened.run, error)
        raise


def _record(here: site.Site, opened: Box) -> int:
    here = line_modes.applied(here, _modes(opened.data))
    with ExitStack() as undo:
        stop = undo.enter_context(told_to_stop())
        link = Link(here.board_port)
        undo.callback(link.close)
        # Before the engine enters its start: the newest entry is what the clock is judged by.
        keeper = ClockKeeper(last_believed(opened), trial=opened.trial)
        clock = BoardClock(link.clock, keeper)
        engine = Engine(opened, here, clock, utc=keeper.utc)
        engine.recorder.tester.send = link.send
        undo.callback(engine.close)
        panel = open_panel(_pins(here.panel))
        undo.callback(panel.close)
        if panel.trouble:
            log.warning("no front panel: %s", panel.trouble)
        index = undo.enter_context(CallIndex.open_readonly(opened.index))
        clock_duty = ClockDuty(keeper, engine.writer, engine.alarms, opened.data, opened.policy)
        erasing = RetentionDuty(engine.writer, engine.alarms, lambda: _now(keeper), opened)
        room = RoomDuty(engine.writer, engine.alarms, lambda: _now(keeper), opened)
        proving = ProofDuty(opened, here, engine.writer, engine.alarms, utc_now)
        stick = Stick(here.witness, opened.data, opened.id) if here.witness else None
        doubting = LedgerDuty(opened, stick, engine.writer, engine.alarms)
        modes = ModeDuty(opened.data, engine.writer)
        duties = Duties(clock_duty, erasing, proving, room, doubting, modes)
        service = Service(engine.writer, index, opened.policy, engine.alarms, duties)
        loop = Loop(engine, link, panel, service, duties)
        loop.publish(monotonic())
        undo.enter_context(ControlServer(opened.socket, service, owners.reach(opened.data)))
        notify("READY=1")
        while not stop.is_set():
            loop.turn(monotonic())
            nap(NAP_S)
        notify("STOPPING=1")
    return 0


class Loop:
    """What the recorder's thread does, turn after turn."""

    def __init__(
        self, engine: Engine, link: Link, panel: Panel, service: Service, duties: Duties
    ) -> None:
        self._engine = engine
        self._link = link
        self._panel = panel
        self._service = service
        self._clock = duties.clock
        self._retention = duties.retention
        self._proof = duties.proof
        self._room = duties.room
        self._ledger = duties.ledger
        self._modes = duties.modes
        self._heard_s = monotonic()
        self._settle_s = self._heard_s + SETTLE_S
        self._publish_s = 0.0

    def turn(self, now_s: float) -> None:
        """Read the board once, and do what is due."""
        recorder = self._engine.recorder
        items = self._link.poll()
        if items:
            self._heard_s = now_s
            recorder.push(items)
        elif now_s - self._heard_s >= BOARD_GONE_S and recorder.board == "streaming":
            log.error("no data from the board: %s", self._link.trouble)
            recorder.board_gone()
        if self._panel.poll(now_s) or self._service.button.is_set():
            self._service.button.clear()
            recorder.press_button()
        if self._service.tests.is_set():
            self._service.tests.clear()
            recorder.begin_tests()
        while self._modes.set_modes:
            recorder.set_mode(*self._modes.set_modes.popleft())
        if now_s >= self._publish_s:
            self.publish(now_s)

    def publish(self, now_s: float) -> None:
        """Show the page, the lamp and systemd how things stand."""
        self._publish_s = now_s + STATUS_EVERY_S
        recorder = self._engine.recorder
        self._engine.show_troubles()
        if now_s >= self._settle_s:
            self._engine.alarms.settle()
        if recorder.board != "streaming":
            gone = now_s - self._heard_s >= BOARD_GONE_S
            recorder.set_alarm("board_lost", "", gone)
        self._clock.turn(now_s, self._take_steps())
        self._retention.turn(now_s)
        self._proof.turn(now_s, recorder.begin_tests)
        recorder.set_room(self._room.turn(now_s))
        self._ledger.turn(now_s)
        self._panel.show(Lamp(recorder.lamp))
        state = self._clock.keeper.state
        status = replace(
            recorder.status(),
            clock_trusted=state.trusted,
            clock_why=state.why,
            disk=self._room.disk,
            night=self._proof.night,
            counters={**recorder.lost, **self._engine.writer.counters()},
        )
        self._service.publish(status)
        notify("WATCHDOG=1")

    def _take_steps(self) -> Iterator[float]:
        while self._link.clock.steps:
            yield self._link.clock.steps.popleft().by_s


def _modes(data: Path) -> dict[int, Mode]:
    """Return what the page has set; a damaged file must not stop recording."""
    try:
        return line_modes.read(data)
    except ValueError as error:
        log.error("lines are as site.toml says: %s", error)
        return {}


def _now(keeper: ClockKeeper) -> Moment:
    reading, state = keeper.look()
    return Moment(datetime.fromtimestamp(reading.utc_s, UTC), state.trusted)


def _pins(fitted: site.Panel) -> PanelPins | None:
    if fitted.lamp_pin is None or fitted.button_pin is None:
        return None
    return PanelPins(lamp=fitted.lamp_pin, button=fitted.button_pin)

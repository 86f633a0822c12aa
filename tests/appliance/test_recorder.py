"""Blocks in, calls out; the keeper here only writes down what it is told."""

import numpy as np
import pytest

from appliance.call_machine import Mode
from appliance.call_row import FixedClock
from appliance.kept_audio import TICK_S
from appliance.policy import load
from appliance.recorder import BATCH_S, HOLD_BACK, OVERDUE, Recorder, complexity
from appliance.room import Room
from appliance.site import Line, Site
from dsp.bank import AUDIO_STEP
from dsp.opus import FRAME, decode
from firmware_bridge.block import Block, Epoch, Gap
from firmware_bridge.line_player import LinePlayer
from firmware_bridge.script import Idle, LineScript, Notice, OffHook, Plant, RecordBeep
from firmware_bridge.voices import sentence
from tests.appliance.scene import START

IDLE_V, TALK_V = 4800, 800  # 10 mV a step
MS = 8  # audio samples


class Notes:
    def __init__(self):
        self.rows = {}
        self.ended = {}
        self.packets = {}
        self.notes = []
        self.ticks = 0

    def begin(self, row):
        assert row.id not in self.rows
        self.rows[row.id] = row
        self.packets[row.id] = []

    def change(self, row):
        assert row.id in self.rows
        self.rows[row.id] = row

    def audio(self, pieces):
        self.ticks += 1
        for call_id, piece in pieces:
            assert piece.first_sample == len(self.packets[call_id]) * FRAME
            self.packets[call_id] += piece.packets

    def keep_apart(self, row):
        self.apart = row.id

    def take_back(self, row):
        self.rows[row.id] = row
        self.packets[row.id] = []

    def end(self, row, heard):
        self.rows[row.id] = row
        self.ended[row.id] = heard

    def note(self, act, facts):
        self.notes.append((act, facts))

    def audio_of(self, call_id):
        heard = self.ended[call_id]
        return decode(self.packets[call_id], heard.lookahead, heard.samples)

    @property
    def calls(self):
        return list(self.rows.values())


@pytest.fixture
def notes():
    return Notes()


def recorder_of(notes, *modes):
    lines = tuple(Line(n, f"line {n}", "민원과", mode=mode) for n, mode in enumerate(modes, 1))
    site = Site(data=None, board_port="", lines=lines)
    return Recorder(site, load("osan"), notes, FixedClock(START))


class Board:
    """Feeds a recorder 10 ms blocks of the same on every line but where told."""

    def __init__(self, recorder, lines=1, boot_id=1, sample=0):
        self.recorder = recorder
        self.lines = lines
        self.sample = sample
        self.rng = np.random.default_rng(1)
        self.volts = np.full(lines, IDLE_V)
        recorder.push([Epoch(boot_id, lines, sample)])

    def run(self, seconds, filler=False):
        blocks = []
        for _ in range(round(seconds * 100)):
            t = (self.sample + np.arange(80)) / 8000
            tone = 3000 * np.sin(2 * np.pi * 500 * t) + self.rng.normal(0, 300, 80)
            loud = (np.abs(self.volts) < 2000) & (np.abs(self.volts) > 300)
            audio = (np.outer(loud, tone) * (not filler)).astype(np.int16)
            volts = np.repeat(self.volts[:, None], 10, axis=1).astype(np.int16)
            blocks.append(Block(self.sample, audio, volts, filler=filler))
            self.sample += 80
        self.recorder.push(blocks)

    def lift(self, line=1):
        self.volts[line - 1] = TALK_V

    def hang_up(self, line=1):
        self.volts[line - 1] = IDLE_V

    def pull(self, line=1):
        self.volts[line - 1] = 0


def seconds_after(start, at):
    return (at - start).total_seconds()


def test_a_call_is_kept_from_lift_to_hang_up_and_not_a_sample_longer(notes):
    board = Board(recorder_of(notes, Mode.FULL))
    board.run(1)
    board.lift()
    board.run(3.5)
    board.hang_up()
    board.run(3)
    (call,) = notes.calls
    assert (call.direction, call.reason, call.clock) == ("out", "full", "ntp")
    assert seconds_after(START, call.start) == pytest.approx(1.0, abs=0.01)
    assert seconds_after(START, call.end) == pytest.approx(4.5, abs=0.01)
    assert call.audio_s == pytest.approx(3.5, abs=0.02)
    assert len(notes.audio_of(call.id)) == call.audio_samples
    assert len(notes.packets[call.id]) * FRAME < call.audio_samples + 3 * FRAME


def test_packets_go_out_every_tick_for_all_calls_at_once(notes):
    board = Board(recorder_of(notes, Mode.FULL, Mode.FULL), lines=2)
    board.run(0.5)
    board.lift(1)
    board.lift(2)
    board.run(10)
    assert notes.ticks == pytest.approx(10.5 / TICK_S, abs=2)
    kept = [len(notes.packets[call.id]) * FRAME / 8000 for call in notes.calls]
    assert kept == pytest.approx([10, 10], abs=TICK_S + 0.1)
    assert min(kept) > 10 - TICK_S - 0.1


def longest_wait_s(notes, board, seconds):
    """Return how much of the only call, running since the stream's first second, a cut costs."""
    waits = []
    for _ in range(round(seconds / BATCH_S)):
        board.run(BATCH_S)
        (packets,) = notes.packets.values()
        waits.append(board.sample / 8000 - 1 - len(packets) * FRAME / 8000)
    return max(waits)


@pytest.mark.parametrize("flash_s", [0.2, 0.48, 0.8])
@pytest.mark.parametrize("talk_s", [2.0, 2.12, 2.28, 2.4])
def test_a_flash_keeps_nothing_waiting_longer_than_it_lasts(notes, flash_s, talk_s):
    board = Board(recorder_of(notes, Mode.FULL))
    board.run(1)
    board.lift()
    board.run(0.4)
    assert longest_wait_s(notes, board, talk_s) < 0.65
    board.hang_up()
    board.run(flash_s)
    board.lift()
    assert longest_wait_s(notes, board, 2) < max(OVERDUE / 8000 + 0.04, flash_s + 0.2)


def test_a_pulled_cable_ends_the_call(notes):
    recorder = recorder_of(notes, Mode.FULL)
    board = Board(recorder)
    board.run(1)
    board.lift()
    board.run(2)
    board.pull()
    board.run(3)
    (call,) = notes.calls
    assert (call.reason, call.ended_by) == ("line_down", "line_down")
    assert seconds_after(START, call.end) == pytest.approx(3.0, abs=0.03)
    assert call.audio_s == pytest.approx(2.0, abs=0.03)
    assert [(a.what, a.where) for a in recorder.status().alarms] == [("line_down", "line 1")]
    assert recorder.lamp == "attention"
    board.hang_up()
    board.run(2)
    assert recorder.status().alarms == []


def test_a_gap_is_silence_of_its_exact_length_and_is_told(notes):
    recorder = recorder_of(notes, Mode.FULL)
    board = Board(recorder)
    board.run(1)
    board.lift()
    board.run(2)
    recorder.push([Gap(board.sample, 300 * MS, "link", filled=True)])
    board.run(0.3, filler=True)
    board.run(2)
    board.hang_up()
    board.run(3)
    (call,) = notes.calls
    assert [(gap["lost_s"], gap["reason"]) for gap in call.gaps] == [(0.3, "link")]
    assert call.gaps[0]["at_s"] == pytest.approx(2.0, abs=0.01)
    assert call.audio_s == pytest.approx(4.3, abs=0.02)
    audio = notes.audio_of(call.id)
    assert np.abs(audio[17_000:17_800]).max() < 300 < np.abs(audio[20_000:21_000]).max()


def test_a_gap_too_long_to_fill_ends_the_call(notes):
    recorder = recorder_of(notes, Mode.FULL)
    board = Board(recorder)
    board.run(1)
    board.lift()
    board.run(2)
    recorder.push([Gap(board.sample, 8000 * 60, "link", filled=False)])
    board.sample += 8000 * 60
    board.run(2)
    board.hang_up()
    board.run(3)
    first, second = notes.calls
    assert (first.reason, second.direction) == ("board_lost", "unknown")
    assert seconds_after(START, first.end) == pytest.approx(3, abs=0.05)
    assert seconds_after(START, second.start) == pytest.approx(63, abs=0.05)


def test_a_board_that_starts_again_ends_the_call(notes):
    recorder = recorder_of(notes, Mode.FULL)
    board = Board(recorder)
    board.run(1)
    board.lift()
    board.run(2)
    again = Board(recorder, boot_id=2)
    again.lift()
    again.run(2)
    again.hang_up()
    again.run(3)
    first, second = notes.calls
    assert (first.reason, first.audio_s) == ("board_restarted", pytest.approx(2, abs=0.05))
    assert seconds_after(START, first.end) == pytest.approx(3, abs=0.05)
    assert (second.direction, second.reason) == ("unknown", "full")


def test_a_board_that_falls_silent_ends_the_call_and_comes_back(notes):
    recorder = recorder_of(notes, Mode.FULL)
    board = Board(recorder)
    board.run(1)
    board.lift()
    board.run(2)
    recorder.board_gone()
    assert [a.what for a in recorder.status().alarms] == ["board_lost"]
    assert recorder.status().lines[0].state == "board_lost"
    board.run(0.5, filler=True)
    board.run(1)
    assert recorder.status().alarms == []
    assert [call.direction for call in notes.calls] == ["out", "unknown"]
    assert notes.calls[0].ended_by == "board_lost"


@pytest.mark.parametrize("leave", ["board_gone", "stop"])
def test_what_was_said_last_is_known_though_the_board_is_lost(notes, leave):
    acts = (Idle(1), OffHook(), RecordBeep(), Idle(0.2), Notice("ko"), Idle(0.3))
    player = LinePlayer(LineScript(Plant(), acts), 1)
    site = Site(data=None, board_port="", lines=(Line(1, "one"),))
    announcements = [sentence("ko_notice", "near")]
    recorder = Recorder(site, load("osan"), notes, FixedClock(START), announcements)
    recorder.push([Epoch(1, 1, 0)])
    for at in range(0, round(7.2 * 8000), 80):
        audio, volts = player.render(10)
        recorder.push([Block(at, audio[None], volts[None])])
    getattr(recorder, leave)()
    (call,) = notes.calls
    assert (call.notice, call.notice_s) == ("announcement", pytest.approx(0.7, abs=0.02))


def test_stopping_ends_every_call(notes):
    recorder = recorder_of(notes, Mode.FULL)
    board = Board(recorder)
    board.run(1)
    board.lift()
    board.run(2)
    recorder.stop()
    (call,) = notes.calls
    assert (call.reason, call.audio_s) == ("stopped", pytest.approx(2, abs=0.05))


def test_the_button_keeps_what_follows_it(notes):
    recorder = recorder_of(notes, Mode.FULL, Mode.SELECTIVE)
    board = Board(recorder, lines=2)
    board.run(1)
    board.lift(2)
    board.run(3)
    assert (recorder.lamp, notes.ticks > 0) == ("off_hook", True)
    recorder.press_button()
    assert recorder.lamp == "recording"
    assert recorder.status().button_line == 2
    board.run(2)
    board.hang_up(2)
    board.run(2)
    (call,) = notes.calls
    assert (call.why, call.audio_s) == ("button", pytest.approx(2, abs=0.05))
    assert call.stretches[0]["at_s"] == pytest.approx(3, abs=0.05)


def test_a_line_that_is_not_recorded_still_has_its_calls(notes):
    board = Board(recorder_of(notes, Mode.NONE))
    board.run(1)
    board.lift()
    board.run(2)
    board.hang_up()
    board.run(2)
    assert [(c.reason, c.recorded) for c in notes.calls] == [("mode_none", False)]


def test_the_status_tells_each_line(notes):
    recorder = recorder_of(notes, Mode.FULL, Mode.FULL)
    board = Board(recorder, lines=2)
    board.run(1)
    board.lift(1)
    board.run(2)
    one, two = recorder.status().lines
    assert (one.state, one.recording, one.department) == ("in_call", True, "민원과")
    assert (two.state, two.recording, two.call_id) == ("idle", False, None)
    assert one.volts == pytest.approx(8.0, abs=0.2)
    assert one.level_dbm0 == pytest.approx(3.14 + 20 * np.log10(3000 / 32768), abs=0.5)
    assert one.since.startswith("2026-11-23T00:00:01.")


def test_many_lines_cost_less_each():
    assert [complexity(n) for n in (1, 8, 9, 32, 33, 64)] == [10, 10, 5, 5, 0, 0]


def test_what_waits_is_longer_than_a_doubt_and_shorter_than_a_cut_may_cost():
    noticed_late = 0.024 * 8000  # dsp.hook: an open loop
    assert noticed_late + AUDIO_STEP <= HOLD_BACK
    before_the_flush_s = BATCH_S + (AUDIO_STEP + HOLD_BACK + FRAME) / 8000
    assert TICK_S + before_the_flush_s <= 0.74


def test_on_a_full_disk_nothing_new_is_kept_and_then_nothing_at_all(notes):
    recorder = recorder_of(notes, Mode.FULL, Mode.FULL)
    board = Board(recorder, lines=2)
    board.run(1)
    board.lift(1)
    board.run(3)
    recorder.set_room(Room.SHORT)
    board.lift(2)
    board.run(3)
    recorder.set_room(Room.NONE)
    board.run(3)
    board.hang_up(1)
    board.hang_up(2)
    board.run(3)
    first, second = notes.calls
    assert 5.5 < first.audio_s < 6.5 and first.reason == "full"
    assert (second.audio_s, second.reason) == (0.0, "disk_full")
    recorder.set_room(Room.AMPLE)
    board.lift(2)
    board.run(2)
    board.hang_up(2)
    board.run(3)
    assert notes.calls[2].audio_s > 1

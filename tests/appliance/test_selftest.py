"""The recorder and the simulated board, joined without a wire: commands in, blocks out."""

import shutil
from concurrent.futures import Future
from datetime import UTC, datetime

import numpy as np
import pytest

from appliance import box as folder
from appliance import policy
from appliance.box import Admin, Plan
from appliance.call_row import FixedClock
from appliance.engine import Engine, open_parts
from appliance.index import CallIndex
from appliance.index_query import CallQuery
from appliance.proof import Proof
from appliance.retention import Moment
from appliance.selftest import GAVE_WAY, REFUSED, verdict
from appliance.store import Store
from firmware_bridge import commands
from firmware_bridge.block import Block, Epoch
from firmware_bridge.board_device import BoardDevice, Identity
from firmware_bridge.exchange import Refused
from firmware_bridge.line_player import ScriptSource
from firmware_bridge.messages import Ack
from firmware_bridge.script import (
    Answer,
    CallerId,
    Dial,
    Idle,
    LineScript,
    OffHook,
    OnHook,
    Plant,
    Reverse,
    Ring,
    Talk,
    Tone,
)  # fmt: skip
from tests.appliance.scene import PASSPHRASE, START


def create(data):
    plan = Plan(policy.profile_text("osan"), Admin("김관리", PASSPHRASE), trial=True)
    folder.create(data, plan, START)
    return folder.open_box(data)


QUIET = LineScript(Plant(idle_v=48), (Idle(60),))


class Board:
    """Attributes: deaf, plays no tone though it says so; refuses, says that it cannot."""

    def __init__(self, engine, *scripts):
        self.engine = engine
        self.device = BoardDevice(ScriptSource(scripts, seed=3), 1, Identity())
        self.device.do(commands.Start())
        self.deaf = self.refuses = False
        self.asked = []
        self.scripts = scripts
        self.hear = lambda audio: None
        engine.recorder.tester.send = self.send
        engine.recorder.push([Epoch(1, len(scripts), 0)])

    def send(self, command):
        self.asked.append(command)
        answer = Future()
        if self.refuses:
            answer.set_exception(Refused(command, 4))
            return answer
        if not self.deaf:
            self.device.do(command)
        answer.set_result(Ack(command.TYPE, 0, 0, 0, b""))
        return answer

    def run(self, seconds):
        for _ in range(round(seconds * 25)):
            self.engine.recorder.push([self._block() for _ in range(4)])

    def _block(self):
        at = self.device.sample
        audio, volts = self.device.listen()
        self.hear(audio[0])
        return Block(at, audio, volts)

    def test(self, *lines):
        self.engine.recorder.tester.begin(lines, self.device.sample)


class Box:
    """A recorder on a trial folder, until it is closed."""

    def __init__(self, trial, here):
        self.trial = trial
        self.engine = Engine(trial, here, FixedClock(START), wait=True)
        self.open = True

    def close(self):
        """Prove all that was recorded; return every row, tests too, oldest first."""
        if self.open:
            self.open = False
            self.engine.close()
            self.engine.show_troubles()
        with CallIndex.open_readonly(self.trial.index) as index:
            return index.search(CallQuery(limit=None, self_tests=True))[::-1]

    def tests(self):
        with CallIndex.open_readonly(self.trial.index) as index:
            return {line: wrong for line, (_, wrong) in index.line_tests().items()}

    def alarms(self):
        return [(alarm.what, alarm.where) for alarm in self.engine.alarms.all()]


def sweep(trial):
    """Erase what is to be erased, as the next start does."""
    with open_parts(trial) as parts:
        store = Store(parts, lambda call: None)
        moment = Moment(datetime.now(UTC), True)
        assert list(store.eraser.sweep(lambda: moment)) is not None
        store.close()


@pytest.fixture
def box(trial, here):
    box = Box(trial, here)
    yield box
    box.close()


def test_idle_lines_are_tested_one_after_the_other_through_the_whole_path(box):
    board = Board(box.engine, QUIET, QUIET, QUIET)
    board.run(1)
    board.test(1, 3)
    board.run(12)
    assert not box.engine.recorder.tester.busy
    rows = box.close()
    assert [(row.line, row.why, row.direction) for row in rows] == [
        (1, "self_test", "unknown"),
        (3, "self_test", "unknown"),
    ]
    assert [row.proof for row in rows] == ["verified", "verified"]
    assert rows[0].end <= rows[1].start
    assert box.tests() == {1: "", 3: ""}
    assert not box.alarms()


def test_a_test_is_no_call(box, trial):
    board = Board(box.engine, QUIET)
    board.run(1)
    board.test(1)
    board.run(2)
    assert box.engine.recorder.lamp == "idle"
    assert box.engine.recorder.status().testing == 1
    assert not box.engine.recorder.status().lines[0].recording
    board.run(4)
    box.close()
    with CallIndex.open_readonly(trial.index) as index:
        assert not index.search(CallQuery())
        assert index.count() == 0
        assert set(index.counts_since(START).values()) == {0}
        assert list(index.last_proved([1, 2])) == [1]


def test_the_recording_of_a_test_is_erased_with_a_certificate(box, trial):
    board = Board(box.engine, QUIET)
    board.run(1)
    board.test(1)
    board.run(5)
    rows = box.close()
    with CallIndex.open_readonly(trial.index) as index:
        assert index.being_erased() == {rows[0].day: {rows[0].id}}
    sweep(trial)
    (row,) = box.close()
    assert row.erased is not None
    assert list(trial.vault.iterdir()) == []
    assert '"why":"self_test"' in (trial.ledger / "entries.log").read_text()
    assert box.tests() == {1: ""}


def test_a_test_that_was_cut_off_is_erased_and_says_nothing(box, trial, here, tmp_path):
    board = Board(box.engine, QUIET)
    board.run(1)
    board.test(1)
    board.run(2)
    box.engine.writer.ask(lambda store: store.tick(), 10)
    shutil.copytree(trial.data, tmp_path / "cut")  # what a power cut leaves
    cut = folder.open_box(tmp_path / "cut")
    again = Box(cut, here)
    (row,) = again.close()
    assert row.ended_by == "interrupted"
    sweep(cut)
    assert again.close()[0].erased is not None
    assert again.tests() == {}
    assert not again.alarms()


def test_a_tone_that_does_not_come_back_is_an_alarm_until_it_does(box):
    board = Board(box.engine, QUIET)
    board.deaf = True
    board.run(1)
    board.test(1)
    board.run(5)
    board.deaf = False
    (row,) = box.close()
    assert row.proof == "failed"
    assert "0.00 s of the tone came back of 3 s" in box.tests()[1]
    assert box.alarms() == [("selftest_failed", "line 1")]


def test_a_board_that_refuses_has_failed(box):
    board = Board(box.engine, QUIET)
    board.refuses = True
    board.run(1)
    board.test(1)
    board.run(5)
    box.close()
    assert "did not play" in box.tests()[1]
    assert box.alarms() == [("selftest_failed", "line 1")]


def test_a_line_in_use_waits_for_its_turn_and_the_others_do_not(box):
    talking = LineScript(Plant(), (Idle(1), OffHook(), Talk("ko", 12, seed=1), OnHook(), Idle(40)))
    board = Board(box.engine, talking, QUIET)
    board.run(2)
    board.test(1, 2)
    board.run(30)
    rows = box.close()
    assert [(row.line, row.why) for row in rows] == [
        (1, "full"),
        (2, "self_test"),
        (1, "self_test"),
    ]
    assert box.tests() == {1: "", 2: ""}


CALL_OUT = (
    OffHook(), Tone("kr", "dial", 0.5), Dial("0318036"), Idle(1), Answer(), Talk("ja", 3, seed=2),
    OnHook(), Idle(30),
)  # fmt: skip
CALL_IN = (
    Ring(answered_after_s=4.3, caller_id=CallerId("0313708114", "KIM")), OffHook(),
    Talk("ko", 4, seed=3), OnHook(), Idle(30),
)  # fmt: skip
SHOWN_FIRST = (Reverse(), CallerId("0313708114", "KIM"), *CALL_IN)
FACTS = ("direction", "number", "digits", "start", "answer", "end", "rings", "audio_samples")


def calls_of(box, acts, tested):
    board = Board(box.engine, LineScript(Plant(), (Idle(8), *acts)))
    board.run(6.5)
    if tested:
        board.test(1)
    board.run(28)
    rows = box.close()
    calls = [row for row in rows if row.why != "self_test"]
    return [tuple(getattr(row, name) for name in FACTS) for row in calls], rows, board


@pytest.mark.parametrize("acts", [CALL_OUT, CALL_IN, SHOWN_FIRST], ids=["out", "in", "shown"])
def test_a_call_that_begins_during_a_test_loses_nothing(box, trial, here, tmp_path, acts):
    calls, rows, board = calls_of(box, acts, tested=True)
    assert calls
    # What is known of the call is the same as when nothing was tested.
    other = Box(create(tmp_path / "other"), here)
    assert calls == calls_of(other, acts, tested=False)[0]
    given_up, again = [row for row in rows if row.why == "self_test"]
    assert given_up.ended_by == GAVE_WAY
    assert given_up.audio_s < 2
    assert (again.ended_by, again.proof) == ("", "verified")
    assert box.tests() == {1: ""}
    assert not box.alarms()
    assert [one.duration_ms for one in board.asked] == [3000, 0, 3000]


def test_the_sound_of_a_call_that_begins_during_a_test_is_its_own(box):
    board = Board(box.engine, LineScript(Plant(), (Idle(8), *CALL_OUT)))
    heard = []
    board.hear = heard.append
    plain = BoardDevice(ScriptSource(board.scripts, seed=3), 1, Identity())
    plain.do(commands.Start())
    board.run(6.5)
    board.test(1)
    board.run(5)
    want = np.hstack([plain.listen()[0][0] for _ in range(1150)])
    got = np.hstack(heard)
    tested = np.flatnonzero(got != want[: len(got)])
    assert tested[0] == pytest.approx(6.5 * 8000, abs=400)
    assert tested[-1] <= 8.0 * 8000 + 16  # within 2 ms of the lift


def test_a_board_that_goes_during_a_test_says_nothing_of_the_line(box):
    board = Board(box.engine, QUIET, QUIET)
    board.run(1)
    board.test(1, 2)
    board.run(1)
    box.engine.recorder.board_gone()
    assert not box.engine.recorder.tester.busy
    (row,) = box.close()
    assert row.ended_by == "board_lost"
    assert box.tests() == {}


def test_without_a_board_nothing_is_tested(box):
    board = Board(box.engine, QUIET)
    box.engine.recorder.tester.send = None
    board.run(1)
    board.test(1)
    board.run(5)
    assert box.close() == []


def test_a_line_that_the_board_does_not_have_is_left_out(box):
    board = Board(box.engine, QUIET)
    board.run(1)
    board.test(7, 1)
    board.run(6)
    assert [row.line for row in box.close()] == [1]


@pytest.mark.parametrize(
    "ended_by, proof, wrong",
    [
        ("", Proof(True), ""),
        ("", Proof(False, "second 2: quiet"), "second 2: quiet"),
        (GAVE_WAY, Proof(False, "short"), None),
        ("board_lost", Proof(True), None),
        (REFUSED, Proof(True), "the board did not play the tone"),
    ],
)
def test_the_verdict(ended_by, proof, wrong):
    assert verdict(ended_by, proof) == wrong

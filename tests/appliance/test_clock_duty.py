from datetime import UTC, datetime

import pytest

from appliance.clock_anchor import read_anchor
from appliance.clock_duty import EVERY_S, ClockDuty
from appliance.clock_keeper import ClockKeeper, NotTheHostsClock
from appliance.clock_watch import DAY_S
from appliance.policy import load
from appliance.raised import Raised
from tests.appliance.test_clock_keeper import ANCHOR, BASE, Host

OSAN = load("osan")
NOW = datetime.fromtimestamp(BASE.utc_s, UTC)


class Store:
    """What the writer does at once: notes, dates, and the disk."""

    def __init__(self):
        self.notes, self.dates = [], []

    def note(self, act, facts):
        self.notes.append(act)

    def do(self, job):
        job(self)

    def date_known(self, known, policy):
        self.dates.append(known and (known.utc_s, known.quality))


class Scene:
    def __init__(self, data, anchor=ANCHOR, **kinds):
        self.data = data
        self.host, self.store = Host(), Store()
        self.alarms = Raised(lambda act, facts, alarms: None)
        keeper = ClockKeeper(anchor, look=self.host, **kinds)
        self.duty = ClockDuty(keeper, self.store, self.alarms, data, OSAN)

    def run(self, seconds, by_s=0.0, **said):
        self.host.run(seconds, by_s=by_s, **said)
        self.duty.turn(self.host.reading.uptime_s, [by_s] if by_s else [])

    @property
    def raised(self):
        return {alarm.what for alarm in self.alarms.all()}


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


def test_a_known_date_is_told_once_and_the_anchor_kept(scene):
    scene.run(1, ntp=True)
    scene.run(1)
    assert scene.store.dates == [(BASE.utc_s + 1, "ntp")]
    assert scene.store.notes == ["clock"]
    assert scene.raised == set()
    scene.run(3600)
    assert read_anchor(scene.data).utc_s == BASE.utc_s + 3602


def test_it_looks_once_a_second_and_at_once_after_a_step(scene):
    scene.run(1)
    scene.run(EVERY_S / 2, ntp=True)
    assert scene.store.notes == ["clock"]
    scene.run(0.1, by_s=DAY_S)
    assert scene.store.notes[1:] == ["clock_step", "clock"]


@pytest.mark.parametrize("by_s", [DAY_S, -DAY_S, 3652 * DAY_S, -3652 * DAY_S])
def test_a_step_is_an_alarm_and_the_date_is_not_known_until_it_is_put_right(scene, by_s):
    scene.run(1)
    scene.run(1, by_s=by_s)
    assert scene.raised == {"clock_untrusted", "clock_stepped"}
    assert scene.store.dates[1:] == [None]
    scene.run(1, by_s=-by_s)
    assert scene.raised == {"clock_stepped"}
    assert scene.store.dates[2:] == [(BASE.utc_s + 3, "unsynced")]


def test_a_second_of_ntps_is_no_alarm(scene):
    scene.run(1)
    scene.run(1, by_s=-0.9)
    assert scene.raised == set()
    assert scene.store.notes == ["clock", "clock_step"]


def test_a_person_ends_the_doubt(tmp_path):
    scene = Scene(tmp_path, anchor=None)
    scene.run(1)
    assert (scene.raised, scene.store.dates) == ({"clock_untrusted"}, [])
    scene.duty.confirm("김관리")
    assert read_anchor(tmp_path).by == "김관리"
    scene.run(1)
    assert scene.raised == set()
    assert scene.store.dates == [(BASE.utc_s + 2, "unsynced")]
    assert "clock_confirmed" in scene.store.notes


def test_a_confirmation_that_is_refused_changes_nothing(tmp_path):
    scene = Scene(tmp_path, anchor=None)
    scene.host.run(1)
    scene.host.reading = scene.host.reading.__class__(BASE.utc_s + DAY_S, 1001.0, "b1", BASE.utc_s)
    with pytest.raises(NotTheHostsClock):
        scene.duty.confirm("김관리")
    assert (scene.store.notes, read_anchor(tmp_path)) == ([], None)

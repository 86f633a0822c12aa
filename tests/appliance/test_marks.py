from dataclasses import dataclass
from typing import ClassVar

import pytest

from appliance.marks import LANES, Mark, fits_inside, marks_of, pack
from dsp.events import (
    Dtmf,
    Event,
    Flash,
    Gap,
    LineDown,
    LineUp,
    OffHook,
    OnHook,
    RingEnd,
    RingStart,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller(Event):
    kind: ClassVar[str] = "caller_id"
    number: str | None = None
    absence: str | None = None
    name: str | None = None
    valid: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Strange(Event):
    kind: ClassVar[str] = "strange"


def at(kind, seconds, **own):
    sample = round(seconds * 8000)
    return kind(line=1, sample=sample, believed=sample, **own)


def key(digit, seconds):
    return at(Dtmf, seconds, digit=digit, duration_s=0.05, level_dbm0=-10.0, twist_db=0.0)


def test_what_begins_and_ends_is_one_bar():
    events = [
        at(RingStart, 1, freq_hz=20.01),
        at(RingEnd, 5, freq_hz=20.01, bursts=2),
        at(OffHook, 5.5, volts=8.04),
        at(OnHook, 9, volts=48.0),
    ]
    assert marks_of(events, 12) == [
        Mark("ring", 1, 5, "ring 20 Hz"),
        Mark("hook", 5.5, 9, "off hook 8.0 V", fits=True),
    ]


def test_what_has_not_ended_goes_on_to_the_end():
    assert marks_of([at(OffHook, 2, volts=8.0)], 12)[0].end_s == 12


def test_an_end_without_a_beginning_is_a_mark_of_its_own():
    assert marks_of([at(OnHook, 2, volts=48.0)], 12) == [Mark("hook", 2, 2, "on hook")]


def test_a_cut_line_is_a_bar_until_its_battery_is_back():
    events = [at(LineDown, 3, volts=0.1), at(LineUp, 7, volts=48.2), at(LineUp, 0.5, volts=48.0)]
    assert marks_of(events, 12) == [
        Mark("line", 0.5, 0.5, "up 48 V"),
        Mark("line", 3, 7, "no battery"),
    ]


def test_what_lasts_is_as_long_as_it_lasted():
    marks = marks_of([at(Flash, 1, duration_s=0.5), at(Gap, 2, lost_s=0.25)], 12)
    assert [(m.start_s, m.end_s, m.label) for m in marks] == [
        (1, 1.5, "flash 0.50 s"),
        (2, 2.25, "gap 0.25 s"),
    ]


@pytest.mark.parametrize(
    "facts, label",
    [
        ({"number": "0311234567"}, "0311234567"),
        ({"number": "0311234567", "name": "KIM", "valid": False}, "0311234567 KIM (not valid)"),
        ({"absence": "private"}, "private"),
        ({}, "?"),
        ({"number": "02", "name": "김"}, "02 ?"),
    ],
)
def test_a_caller_is_named_as_far_as_known(facts, label):
    assert marks_of([at(Caller, 1, **facts)], 12)[0].label == label


def test_an_event_that_nobody_knows_is_named_by_its_kind():
    (mark,) = marks_of([at(Strange, 1)], 12)
    assert (mark.lane, mark.label) == ("other", "strange")
    assert mark.lane in LANES


def test_keys_close_to_each_other_become_one_string():
    marks = marks_of([key("0", 1.0), key("3", 1.1), key("1", 1.2), key("#", 9.0)], 12)
    (row,) = pack(marks, s_per_char=0.2)
    assert [(mark.start_s, mark.label) for mark in row] == [(1.0, "031"), (9.0, "#")]


def test_labels_do_not_stand_on_each_other():
    flashes = [at(Flash, k, duration_s=0.1) for k in (1, 2, 3, 9)]
    rows = pack(marks_of(flashes, 12), s_per_char=0.1)
    assert [[mark.start_s for mark in row] for row in rows] == [[1, 3, 9], [2]]


def test_a_label_that_shows_only_inside_its_bar_takes_no_room_behind_it():
    marks = [Mark("speech", k, k + 0.5, "-15 dBm0", fits=True) for k in range(3)]
    assert pack(marks, s_per_char=1.0) == [marks]
    assert not fits_inside(marks[0], 1.0)
    assert fits_inside(marks[0], 0.05)


def test_nothing_makes_no_rows():
    assert pack([], 1.0) == []

from dataclasses import MISSING, FrozenInstanceError, fields, is_dataclass
from typing import get_args

import pytest

from firmware_bridge import script
from firmware_bridge.script import Act, Idle, LineScript, Plant, Ring


def test_every_act_can_be_shared_by_lines_since_none_can_change():
    for kind in get_args(Act):
        assert is_dataclass(kind)
        act = kind(*[_example(field) for field in fields(kind)])
        assert hash(act) == hash(kind(*[_example(field) for field in fields(kind)]))
    with pytest.raises(FrozenInstanceError):
        Idle(2).s = 3


def _example(field):
    return "ko" if field.default is MISSING else field.default


def test_a_line_is_a_public_one_of_48_volts_unless_told():
    plant = Plant()
    assert (plant.idle_v, plant.talk_v, plant.ring_v) == (48.0, 8.0, 75.0)


def test_ringing_is_one_second_in_three_unless_told():
    assert (Ring().freq_hz, Ring().on_s, Ring().off_s) == (20.0, 1.0, 2.0)


def test_a_script_is_played_once_unless_told():
    assert LineScript(Plant(), ()).repeat is False


def test_pulse_dialling_is_within_the_ordinance():
    dial = script.PulseDial("0")
    assert 9.0 <= dial.pps <= 11.0
    assert 0.58 <= dial.break_ratio <= 0.70
    assert dial.pause_ms >= 600

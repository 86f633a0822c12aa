from itertools import islice, pairwise

import pytest

from firmware_bridge.demo_script import Life, demo_script
from firmware_bridge.line_player import ScriptSource
from firmware_bridge.script import Idle, Ring, Unplug

SECOND = 1000


@pytest.fixture(scope="module")
def first_minute():
    source = ScriptSource(demo_script(8, seed=0))
    source.read(60 * SECOND)
    return source.calls


def ended(calls, **want):
    return [c for c in calls if all(getattr(c, name) == value for name, value in want.items())]


def test_every_line_has_a_call_in_the_first_minute(first_minute):
    assert {call.line for call in first_minute} == set(range(1, 9))


def test_calls_begin_within_ten_seconds_and_several_end_within_forty_five(first_minute):
    assert min(call.start_s for call in first_minute) == 2.0
    assert len([c for c in first_minute if c.answer_s and c.end_s < 45]) >= 6
    assert len([c for c in first_minute if c.line <= 3 and c.end_s < 35]) == 3


def test_calls_of_every_kind_are_among_them(first_minute):
    assert ended(first_minute, direction="in", number="0313708114")
    assert ended(first_minute, direction="in", answer_s=None, ended_by="ring_end")
    assert ended(first_minute, direction="out", digits="01023456789")
    assert ended(first_minute, direction="out", digits="0313701234", answer_s=None)  # busy
    assert ended(first_minute, flashes=1)
    assert ended(first_minute, line=6, keys="*1")
    assert ended(first_minute, line=8, number=None, direction="in")


def test_the_first_calls_are_short_and_the_buttons_line_is_long_enough_to_press_it(first_minute):
    talks = {c.line: c.end_s - c.answer_s for c in first_minute if c.answer_s}
    assert all(8 <= talk_s <= 35 for talk_s in talks.values())
    assert talks[7] > 25


def test_lines_of_48_and_24_volts_ring_at_16_20_and_25_hertz():
    scripts = demo_script(8)
    assert {script.plant.idle_v for script in scripts} == {48.0, 24.0}
    openings = [list(islice(script.acts, 40)) for script in scripts]
    rings = {act.freq_hz for acts in openings for act in acts if isinstance(act, Ring)}
    assert rings == {16.0, 20.0, 25.0}
    assert any(isinstance(act, Unplug) for act in openings[7])


def test_life_goes_on_with_pauses_of_15_to_60_seconds():
    source = ScriptSource(demo_script(8, seed=4))
    for _ in range(4):
        source.read(60 * SECOND)
    for player in source.players:
        calls = list(player.calls)
        assert 2 <= len(calls) <= 10
        pauses = [b.start_s - a.end_s for a, b in pairwise(calls) if a.start_s > 60]
        assert all(15 <= pause <= 61 for pause in pauses)
        for call in calls:
            assert call.number is None or 10 <= len(call.number) <= 11


def test_on_line_6_the_key_is_pressed_in_later_calls_too():
    source = ScriptSource(demo_script(6, seed=4)[5:])
    source.read(300 * SECOND)
    talks = [call for call in source.calls if call.answer_s is not None]
    assert len(talks) > 3
    assert {call.keys for call in talks} == {"*1"}


def test_a_seed_decides_what_happens_after_the_first_minute():
    def acts(seed):
        return [list(islice(script.acts, 60)) for script in demo_script(8, seed)]

    assert acts(1) == acts(1)
    assert all(one != other for one, other in zip(acts(1), acts(2), strict=True))


def test_a_script_can_be_played_again_from_its_beginning():
    script = demo_script(1)[0]
    assert isinstance(script.acts, Life)
    assert next(iter(script.acts)) == next(iter(script.acts)) == Idle(2.0)


@pytest.mark.parametrize("lines", [1, 3, 8])
def test_there_are_as_many_lines_as_asked_for(lines):
    assert len(demo_script(lines)) == lines

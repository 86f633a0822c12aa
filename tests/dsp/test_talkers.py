import numpy as np
import pytest

from dsp.bank import LineBank
from dsp.events import OffHook, OnHook, Speech
from dsp.talkers import Heaps, heaps_of, told, with_sides
from tests.signals import pcm, speech_like, white


def stretch(at_s, level, *, seconds=2.0, least=-1.5, most=1.5, line=1):
    at = round(at_s * 8000)
    return Speech(
        line=line,
        sample=at,
        believed=at + 8000,
        duration_s=seconds,
        level_dbm0=level,
        least_dbm0=level + least,
        most_dbm0=level + most,
    )


def talk(levels, **own):
    return [stretch(3.0 * k, level, **own) for k, level in enumerate(levels)]


def sides(call):
    return [one.side for one in with_sides(call)]


TURNS = [-15.0, -25.0] * 8


def test_two_talkers_by_turns_are_near_and_far():
    assert heaps_of(talk(TURNS)) == Heaps(far_dbm0=-25.0, near_dbm0=-15.0)
    assert sides(talk(TURNS)) == ["near", "far"] * 8


def test_levels_that_vary_within_a_talker_are_still_two():
    rng = np.random.default_rng(2)
    call = talk([level + rng.normal(0, 1.2) for level in TURNS * 3])
    told_of = sides(call)
    assert set(told_of[::2]) <= {"near", None} and set(told_of[1::2]) <= {"far", None}
    assert told_of.count(None) < 5


@pytest.mark.parametrize(
    "levels",
    [
        [-15.0, -20.0] * 8,  # too close
        [-15.0] * 8 + [-25.0] * 8,  # a handset that was moved
        [-15.0, -25.0] * 3,  # too little
        [-15.0] * 16,
        np.linspace(-12, -28, 24),  # one heap, flat
        [-12.0, -20.0, -28.0] * 6,  # three people
        [-15.0, -20.0, -25.0, -15.0, -25.0] * 4,  # something between
        [],
    ],
)
def test_where_it_cannot_be_told_nothing_is(levels):
    assert set(sides(talk(levels))) <= {None}


def test_one_bell_of_levels_is_one_talker():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        levels = rng.normal(-18, rng.uniform(1, 6), int(rng.integers(8, 200)))
        assert heaps_of(talk(levels)) is None


@pytest.mark.parametrize(
    "speech",
    [
        stretch(99, -20.0),  # between
        stretch(99, -16.0, least=-8.0),  # the other one speaks too
        stretch(99, -24.0, most=7.0),
        stretch(99, -25.0, seconds=0.3),  # a word
    ],
)
def test_a_stretch_that_may_be_of_both_is_not_told(speech):
    assert sides([*talk(TURNS), speech])[-1] is None


def test_each_call_of_each_line_is_told_alone():
    first, second = talk(TURNS), talk([-20.0, -32.0] * 8, line=2)
    lift = OffHook(line=1, sample=8000 * 48, believed=8000 * 48, volts=8.0)
    later = [stretch(49.0 + k, -15.0) for k in range(3)]
    hung_up = OnHook(line=1, sample=8000 * 60, believed=8000 * 61, volts=48.0)
    events = told([*first, lift, *later, hung_up, *second])
    assert [e.side for e in events if isinstance(e, Speech)] == [
        *["near", "far"] * 8,
        *[None] * 3,
        *["near", "far"] * 8,
    ]
    assert events[16] == lift


def test_it_is_the_same_however_the_stream_is_cut():
    rng = np.random.default_rng(4)
    quiet = np.zeros(5000)
    parts = [x for k in range(20) for x in (speech_like(rng, 2.0, (-14, -26)[k % 2]), quiet)]
    wave = np.concatenate(parts)
    audio = pcm(wave + white(rng, len(wave) / 8000, -60)[: len(wave)])[None]

    def heard(size):
        bank, events = LineBank(1, has_volts=False), []
        for at in range(0, audio.shape[1], size):
            events += bank.push(audio[:, at : at + size], np.zeros((1, 0), np.int16))
        return [e for e in told([*events, *bank.close()]) if isinstance(e, Speech)]

    whole = heard(audio.shape[1])
    assert {"near", "far"} <= {one.side for one in whole}
    assert heard(777) == heard(8000) == whole

import math

import pytest

from dsp.cadence import LONGEST_S, Burst, Cadence, fits, names_of
from dsp.tone_plans import PLANS

S = 8000
#: Sound 0 is 480 + 620 Hz, 1 is 440 + 480, 2 is 400, 3 is 425.
SOUNDS = ((480, 620), (440, 480), (400,), (425,))
NAMES = [
    names_of([t for t in PLANS if t.freqs_hz == freqs and not any(t.am_hz)]) for freqs in SOUNDS
]


def bursts(*lengths_s, sound=0, start_s=1.0, power=1.0):
    """Bursts and pauses in turn."""
    made, at = [], start_s
    for k, length_s in enumerate(lengths_s):
        if k % 2 == 0:
            made.append(Burst(round(at * S), round((at + length_s) * S), sound, power))
        at += length_s
    return made


def hear(*heard, end_s=90.0):
    """Bursts pushed when each is over, then silence."""
    cadence = Cadence(7, NAMES)
    events = [event for burst in heard for event in cadence.push(burst, burst.end)]
    return events + cadence.advance(round(end_s * S))


def named(*heard):
    return [(event.plan, event.name) for event in hear(*heard)]


def test_a_tone_is_from_its_first_burst_to_its_last_ones_end():
    (busy,) = hear(*bursts(*[0.5] * 9))
    assert (busy.line, busy.plan, busy.name) == (7, "kr", "busy")
    assert (busy.sample, busy.duration_s, busy.cut) == (1 * S, 4.5, False)
    assert busy.believed == 3.5 * S  # the third burst's end


@pytest.mark.parametrize("by", [0.9, 1.0, 1.1])
@pytest.mark.parametrize(
    "sound, cadence_s, name",
    [
        (0, (0.5, 0.5), "busy"),
        (0, (0.3, 0.2), "reorder"),
        (1, (1.0, 2.0), "ringback"),
        (2, (0.25, 0.25), "second_dial"),
        (2, (0.125, 0.125), "second_dial"),
        (2, (0.5, 0.5), "busy"),
        (2, (1.0, 4.0), "recall"),
        (3, (0.2, 0.6, 0.2, 3.0), "waiting"),
    ],
)
def test_a_cadence_may_be_off_by_a_tenth(sound, cadence_s, name, by):
    lengths = [length * by for length in cadence_s * 12]
    assert [n for _, n in named(*bursts(*lengths, sound=sound))] == [name]


@pytest.mark.parametrize("lengths", [(0.5, 0.5, 0.5), (0.75, 0.75) * 6, (0.5, 0.2) * 6, (0.3,)])
def test_what_is_too_little_or_of_no_cadence_has_no_name(lengths):
    assert named(*bursts(*lengths)) == []


def test_two_seconds_of_a_fast_cadence_are_needed():
    assert named(*bursts(*[0.125] * 13, sound=2)) == []
    assert named(*bursts(*[0.125] * 17, sound=2)) == [("jp", "second_dial")]


@pytest.mark.parametrize("length_s, name", [(0.99, ["ringback"]), (0.7, []), (1.3, [])])
def test_one_burst_is_enough_for_a_sound_of_one_tone_alone(length_s, name):
    assert [n for _, n in named(*bursts(length_s, sound=1))] == name


def test_one_burst_that_swells_is_music():
    (burst,) = bursts(1.0, sound=1)
    swelling = Burst(burst.start, burst.end, 1, 1.0, steady=False)
    assert named(swelling) == []


def test_a_burst_cut_off_is_told():
    (ringing,) = hear(*bursts(1.0, 2.0, 1.0, 2.0, 0.4, sound=1))
    assert (ringing.duration_s, ringing.cut) == (6.4, True)


def test_a_burst_with_a_voice_over_it_does_not_end_the_tone():
    (busy,) = hear(*bursts(*[0.5] * 5, 0.5, 0.8, 0.2, *[0.5] * 5))
    assert busy.duration_s == pytest.approx(6.5)


def test_a_weaker_sound_in_the_pauses_is_none_of_the_tone():
    pauses = bursts(0.15, 0.85, 0.15, 0.85, 0.3, 0.7, 0.3, start_s=1.6, power=0.1)
    mixed = sorted([*bursts(*[0.5] * 7), *pauses], key=lambda burst: burst.start)
    (busy,) = hear(*mixed)
    assert (busy.name, busy.sample, busy.duration_s) == ("busy", 1 * S, 3.5)


def test_a_tone_that_changes_is_two():
    busy, reorder = bursts(*[0.5] * 8), bursts(*(0.3, 0.2) * 8, start_s=5.0)
    assert named(*busy, *reorder) == [("kr", "busy"), ("kr", "reorder")]


def test_a_tone_without_pause_is_named_when_no_burst_could_be_so_long():
    cadence = Cadence(1, NAMES)
    assert cadence.sounding(Burst(0, round(1.2 * S), 2, 1.0), 2 * S) == []
    assert cadence.sounding(Burst(0, round(1.3 * S), 2, 1.0), 2 * S) == []
    cadence.push(Burst(0, 3 * S, 2, 1.0), 3 * S)
    cadence.push(Burst(round(3.2 * S), 4 * S, 2, 1.0), 4 * S)  # a dropout of 0.2 s
    (dial,) = cadence.advance(5 * S)
    assert (dial.name, dial.sample, dial.duration_s, dial.believed) == ("dial", 0, 4.0, 2 * S)


def test_a_tone_that_does_not_end_is_given_once_after_three_minutes():
    cadence, events = Cadence(1, NAMES), []
    for second in range(1, 400):
        events += cadence.sounding(Burst(0, second * S, 3, 1.0), second * S)
    assert [event.duration_s for event in events] == [LONGEST_S]
    assert cadence.advance(500 * S) == []
    assert cadence.until == math.inf


def test_a_hang_up_ends_a_tone_at_once():
    cadence = Cadence(1, NAMES)
    for burst in bursts(*[0.5] * 5):
        cadence.push(burst, burst.end)
    assert [event.name for event in cadence.end(4 * S)] == ["busy"]
    assert cadence.until == math.inf and cadence.end(5 * S) == []


def test_a_cadence_may_be_joined_anywhere():
    waiting = (0.25, 0.25, 0.25, 3.25)
    assert fits(bursts(0.25, 3.25, 0.25, 0.25, 0.25), waiting)
    assert not fits(bursts(0.25, 3.25, 0.25, 3.25, 0.25), waiting)

import numpy as np
import pytest

from firmware_bridge.script import (
    Answer,
    CallerId,
    Dial,
    Flash,
    Idle,
    Notice,
    NumberDisplay,
    OffHook,
    OnHook,
    Plant,
    PlugIn,
    PulseDial,
    RecordBeep,
    Reverse,
    Ring,
    Say,
    Talk,
    Tone,
    Unplug,
)
from firmware_bridge.stretches import Performance


def perform(*acts, plant=Plant()):
    performance = Performance(plant, 1)
    stretches = [stretch for act in acts for stretch in performance.perform(act)]
    assert performance.now_ms == sum(stretch.ms for stretch in stretches)
    return performance, stretches


def shape(stretches):
    return [(s.ms, s.loop_v, s.ring_hz) for s in stretches]


def test_a_quiet_line_rests_at_its_battery():
    assert shape(perform(Idle(1.5))[1]) == [(1500, 48.0, 0)]


def test_bursts_of_a_missed_call_have_a_pause_between_but_none_after():
    _, stretches = perform(Ring(freq_hz=16, bursts=2))
    assert shape(stretches) == [(1000, 48.0, 16), (2000, 48.0, 0), (1000, 48.0, 16)]


@pytest.mark.parametrize("after_s, last", [(3.4, (400, 48.0, 20)), (4.5, (500, 48.0, 0))])
def test_an_answer_cuts_a_burst_or_a_pause_short(after_s, last):
    performance, stretches = perform(Ring(answered_after_s=after_s), OffHook(), Idle(1), OnHook())
    assert shape(stretches)[-2:] == [last, (1000, 8.0, 0)]
    assert performance.truth.calls[0].answer_s == after_s


def test_a_caller_is_shown_half_a_second_into_the_first_pause():
    _, stretches = perform(Ring(caller_id=CallerId("0311234567")))
    audio = [s.audio for s in stretches]
    assert [a is not None for a in audio[:4]] == [False, True, False, False]
    assert not audio[1](0, 4000).any()
    assert audio[1](4000, 800).any()
    assert not audio[1](15_000, 1000).any()  # over before the second burst


def test_a_flash_opens_the_loop_for_its_length():
    _, stretches = perform(OffHook(), Idle(1), Flash(450), Idle(1))
    assert shape(stretches) == [(1000, 8.0, 0), (450, 48.0, 0), (1000, 8.0, 0)]


def test_pulses_are_breaks_of_67_milliseconds_in_100():
    performance, stretches = perform(OffHook(), PulseDial("20"), OnHook())
    two = [(67, 48.0, 0), (33, 8.0, 0)] * 2 + [(700, 8.0, 0)]
    ten = [(67, 48.0, 0), (33, 8.0, 0)] * 10 + [(700, 8.0, 0)]
    assert shape(stretches) == two + ten
    assert performance.truth.calls[0].digits == "20"


def test_keys_sound_and_pause():
    _, stretches = perform(OffHook(), Dial("12", on_ms=80, off_ms=60))
    assert [s.ms for s in stretches] == [80, 60, 80, 60]
    assert [s.audio is not None for s in stretches] == [True, False, True, False]


def test_dial_tone_goes_on_for_a_moment_under_the_first_key():
    _, with_tone = perform(OffHook(), Dial("11", dial_tone="kr"))
    _, without = perform(OffHook(), Dial("11"))
    under = with_tone[0].audio(0, 800) - without[0].audio(0, 800)
    assert np.abs(under[:360]).max() > 500
    assert not under[360:].any()
    assert np.array_equal(with_tone[2].audio(0, 800), without[2].audio(0, 800))


def test_a_reversal_turns_the_voltage_round_until_the_call_is_over():
    _, stretches = perform(
        OffHook(), Idle(1), Answer(reverse=True), Idle(1), OnHook(), Idle(1), Reverse(), Idle(1)
    )
    assert [s.loop_v for s in stretches] == [8.0, -8.0, 48.0, -48.0]


def test_a_pulled_cable_has_no_voltage_until_it_is_plugged_in():
    performance, stretches = perform(OffHook(), Idle(1), Unplug(3), Idle(1), PlugIn(), Idle(1))
    assert [(s.loop_v, s.plugged) for s in stretches] == [
        (8.0, True), (0.0, False), (0.0, False), (48.0, True)
    ]  # fmt: skip
    assert performance.truth.calls[0].ended_by == "unplugged"


def test_number_display_is_one_call_whose_answer_is_the_second_off_hook():
    performance, stretches = perform(
        NumberDisplay("0312345678"), Ring(16, answered_after_s=1.5), OffHook(), Idle(2), OnHook()
    )
    (call,) = performance.truth.calls
    total_s = sum(s.ms for s in stretches) / 1000
    assert (call.number, call.start_s) == ("0312345678", 0.3)
    assert call.answer_s == pytest.approx(total_s - 2.0)
    short = [s for s in stretches if s.ring_hz and s.ms == 500]
    assert [s.loop_v for s in short] == [-48.0] * 3
    fsk = next(s for s in stretches if s.audio)
    assert fsk.loop_v == -8.0


@pytest.mark.parametrize(
    "act, seconds",
    [(Tone("jp", "dial", 2.5), 2.5), (Talk("en", 4.0), 4.0), (RecordBeep(), 0.5)],
)
def test_what_sounds_sounds_for_its_time(act, seconds):
    _, (stretch,) = perform(act)
    assert stretch.ms == seconds * 1000
    assert stretch.audio(0, 8000).any()


def test_a_sentence_and_the_notice_are_said_to_their_end():
    _, (said,) = perform(Say("ko_greet"))
    assert 4_000 < said.ms < 5_000
    _, (notice,) = perform(Notice("ja"))
    assert 6_000 < notice.ms < 7_500


def test_what_is_not_an_act_is_refused():
    with pytest.raises(TypeError, match="'ring' is not an act"):
        perform("ring")


def test_a_tone_that_no_exchange_has_is_refused():
    with pytest.raises(KeyError):
        perform(Tone("kr", "howler", 1))

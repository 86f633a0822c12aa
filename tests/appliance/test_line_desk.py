import pytest

from appliance.call_machine import Mode, State, Trigger
from appliance.line_desk import LineDesk
from appliance.site import Line
from dsp.events import (
    CallerId,
    Dtmf,
    Flash,
    LineDown,
    LineUp,
    Notice,
    OffHook,
    OnHook,
    PolarityReversal,
    Pulse,
    RecordBeep,
    RingEnd,
    RingStart,
)
from tests.dsp.test_talkers import TURNS, talk

S = 8000


class Notes:
    """A recorder that only writes down what it is told."""

    def __init__(self):
        self.told = []
        self.calls = []

    def call_began(self, call):
        self.calls.append(call)

    def call_changed(self, call):
        pass

    def keep_from(self, call, sample):
        self.told.append(("from", sample))
        return 0

    def keep_until(self, call, sample):
        self.told.append(("until", sample))

    def keep_apart(self, call):
        self.told.append(("apart",))

    def take_back(self, call):
        assert not call.stretches
        self.told.append(("back",))

    def call_ended(self, call):
        self.told.append(("ended", call.ended, call.ended_by))

    def set_alarm(self, what, line, raised):
        self.told.append((what, raised))


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def desk_of(notes):
    def desk_of(mode):
        return LineDesk(Line(1, "one", mode=mode), notes, lambda sample: f"call@{sample}", "*1")

    return desk_of


def at(kind, second, late_s=0.0, **facts):
    sample = round(second * S)
    return kind(line=1, sample=sample, believed=sample + round(late_s * S), **facts)


def ring(start_s, end_s, bursts=2, late_s=4.5):
    return [
        at(RingStart, start_s, freq_hz=20.0),
        at(RingEnd, end_s, late_s, freq_hz=20.0, bursts=bursts),
    ]


def off(second, late_s=0.05):
    return at(OffHook, second, late_s, volts=8.0)


def on(second, late_s=1.2):
    return at(OnHook, second, late_s, volts=48.0)


def dtmf(digit, second):
    return at(Dtmf, second, 0.04, digit=digit, duration_s=0.1, level_dbm0=-10.0, twist_db=0.0)


def play(desk, events, until_s=100):
    for event in sorted(events, key=lambda e: e.believed):
        desk.push(event)
    desk.tick(round(until_s * S))


def test_an_incoming_call_is_kept_from_the_lift_to_the_hang_up(desk_of, notes):
    play(desk_of(Mode.FULL), [*ring(1, 5), off(5.5), on(20)])
    (call,) = notes.calls
    assert (call.direction, call.rings, call.why) == ("in", 2, "full")
    assert (call.started, call.answered, call.ended) == (1 * S, 5.5 * S, 20 * S)
    assert notes.told == [("from", 5.5 * S), ("until", 20 * S), ("ended", 20 * S, "on_hook")]


def test_a_ringing_ended_by_the_lift_is_no_missed_call(desk_of, notes):
    play(desk_of(Mode.FULL), [*ring(1, 5, late_s=0.5), off(5.45), on(20)])
    (call,) = notes.calls
    assert (call.answered, call.ended_by) == (5.45 * S, "on_hook")


def test_a_missed_call_ends_with_its_last_ring(desk_of, notes):
    play(desk_of(Mode.FULL), ring(1, 8, bursts=3))
    (call,) = notes.calls
    assert (call.ended, call.ended_by, call.why) == (8 * S, "missed", "missed")
    assert (call.rings, call.answered, call.stretches) == (3, None, [])


def test_an_outgoing_call_has_the_number_dialled(desk_of, notes):
    keys = [dtmf(d, 2 + i * 0.3) for i, d in enumerate("0318036")]
    play(desk_of(Mode.FULL), [off(1), *keys, dtmf("9", 30), on(40)])
    (call,) = notes.calls
    assert (call.direction, call.number, call.dialled.keys) == ("out", "0318036", "9")


def test_a_call_that_was_going_on_already_is_of_unknown_direction(desk_of, notes):
    play(desk_of(Mode.FULL), [off(0), on(9)])
    assert [(c.direction, c.started) for c in notes.calls] == [("unknown", 0)]
    assert notes.told[0] == ("from", 0)


def test_a_flash_is_part_of_the_call(desk_of, notes):
    play(desk_of(Mode.FULL), [off(1), at(Flash, 5, 0.5, duration_s=0.5), on(9)])
    (call,) = notes.calls
    assert [m.kind for m in call.marks] == ["lift", "keep_start", "flash"]


def test_the_announcement_and_the_record_tone_are_on_the_time_line(desk_of, notes):
    said = at(Notice, 2, 8, score=0.9)
    beep = at(RecordBeep, 5, 1, freq_hz=1400.0, duration_s=0.5)
    play(desk_of(Mode.FULL), [off(1), said, beep, on(20)])
    (call,) = notes.calls
    assert (call.notice, call.notice_at) == ("announcement", 2 * S)
    marks = [(m.kind, m.sample, m.facts) for m in call.marks if m.kind != "lift"]
    assert marks[1:] == [("record_beep", 5 * S, {}), ("notice", 2 * S, {"score": 0.9})]


def test_what_is_played_before_the_lift_is_no_notice(desk_of, notes):
    beep = at(RecordBeep, 2, 1, freq_hz=1400.0, duration_s=0.5)
    play(desk_of(Mode.FULL), [*ring(1, 5), beep, off(5.5), on(20)])
    assert [call.notice for call in notes.calls] == [None]


def test_a_cut_line_ends_the_call_and_raises_an_alarm(desk_of, notes):
    desk = desk_of(Mode.FULL)
    play(desk, [off(1), at(LineDown, 5, 0.2, volts=0.0), at(LineUp, 30, 0.1, volts=48.0)])
    assert notes.told == [
        ("from", 1 * S),
        ("until", 5 * S),
        ("ended", 5 * S, "line_down"),
        ("line_down", True),
        ("line_down", False),
    ]
    assert desk.state is State.IDLE


def test_selective_keeps_nothing_from_before_the_key(desk_of, notes):
    keys = [dtmf("*", 10), dtmf("1", 10.4), dtmf("*", 20), dtmf("1", 20.4)]
    play(desk_of(Mode.SELECTIVE), [*ring(1, 5), off(5.5), *keys, on(30)])
    (call,) = notes.calls
    assert call.why == "key"
    assert [(part.by, part.start) for part in call.stretches] == [(Trigger.KEY, 10.5 * S)]
    assert notes.told == [
        ("from", 10.5 * S),
        ("until", 20.4 * S),
        ("ended", 30 * S, "on_hook"),
    ]


def test_selective_without_the_key_keeps_nothing(desk_of, notes):
    play(desk_of(Mode.SELECTIVE), [off(1), dtmf("5", 3), on(9)])
    assert (notes.calls[0].why, notes.told) == ("not_asked", [("ended", 9 * S, "on_hook")])


def test_the_button_starts_and_stops_within_a_call(desk_of, notes):
    desk = desk_of(Mode.SELECTIVE)
    desk.press_button(0)
    desk.push(off(1))
    desk.press_button(3 * S)
    desk.press_button(5 * S)
    desk.press_button(6 * S)
    desk.push(on(9))
    assert notes.told == [
        ("from", 3 * S),
        ("until", 5 * S),
        ("from", 6 * S),
        ("until", 9 * S),
        ("ended", 9 * S, "on_hook"),
    ]
    assert notes.calls[0].why == "button"
    assert [part.by for part in notes.calls[0].stretches] == [Trigger.BUTTON, Trigger.BUTTON]


@pytest.mark.parametrize("mode, why", [(Mode.NONE, "mode_none"), (Mode.FULL, "full")])
def test_the_button_means_nothing_on_other_lines(desk_of, notes, mode, why):
    desk = desk_of(mode)
    desk.push(off(1))
    told = len(notes.told)
    desk.press_button(3 * S)
    assert len(notes.told) == told
    assert notes.calls[0].why == why


def test_a_phone_left_off_the_hook_raises_an_alarm_and_goes_on(desk_of, notes):
    desk = desk_of(Mode.FULL)
    desk.push(off(1))
    desk.tick(round(4 * 3600 * S))
    assert ("open_line", True) not in notes.told
    desk.tick(round((4 * 3600 + 2) * S))
    assert notes.told[-1] == ("open_line", True)
    desk.push(on(20_000))
    assert notes.told[-2:] == [("ended", 20_000 * S, "on_hook"), ("open_line", False)]


@pytest.mark.parametrize("reason", ["board_lost", "board_restarted"])
def test_losing_the_board_ends_the_call(desk_of, notes, reason):
    desk = desk_of(Mode.FULL)
    desk.push(off(1))
    desk.board_gone(7 * S, reason)
    desk.board_gone(8 * S, reason)
    assert notes.told[-1] == ("ended", 7 * S, reason)
    desk.board_back()
    desk.push(off(0))
    assert notes.calls[-1].direction == "unknown"


def test_a_missed_call_cut_short_ends_there(desk_of, notes):
    desk = desk_of(Mode.FULL)
    desk.push(at(RingStart, 1, freq_hz=20.0))
    desk.stop(3 * S, "stopped")
    assert notes.told == [("ended", 3 * S, "stopped")]


def test_digits_on_a_line_nobody_lifted_are_nobodys(desk_of, notes):
    desk = desk_of(Mode.FULL)
    desk.push(dtmf("5", 1))
    play(desk, [*ring(2, 5), dtmf("6", 3)])
    assert notes.calls[0].dialled.keys == ""


def test_what_cannot_happen_is_counted_and_changes_nothing(desk_of, notes):
    desk = desk_of(Mode.FULL)
    desk.push(on(1))
    assert (desk.unexpected, desk.state, notes.told) == (1, State.IDLE, [])


@pytest.mark.parametrize(
    "keys, reversals, answered", [("119", [8, 12], 8 * S), ("", [8], None), ("119", [], None)]
)
def test_an_outgoing_call_is_answered_when_the_exchange_reverses_the_loop(
    desk_of, notes, keys, reversals, answered
):
    dialled = [dtmf(digit, 2 + i) for i, digit in enumerate(keys)]
    swaps = [at(PolarityReversal, second, 0.01) for second in reversals]
    play(desk_of(Mode.FULL), [off(1), *dialled, *swaps, on(20)])
    assert (notes.calls[0].lifted, notes.calls[0].answered) == (1 * S, answered)


def caller(second, number="0312345678", late_s=0.8, **facts):
    return at(CallerId, second, late_s, standard="bell202", number=number, **facts)


def wake_up(reversed_s=1.7, ring_s=2.0, lift_s=5.0, burst_s=0.497):
    """A reversal, three half-second bursts, and the set off the hook."""
    facts = {"freq_hz": 16.0, "bursts": 3, "burst_s": burst_s}
    return [
        at(PolarityReversal, reversed_s, 0.08),
        at(RingStart, ring_s, 0.2, freq_hz=16.0),
        at(RingEnd, ring_s + 2.5, lift_s + 0.1 - ring_s - 2.5, **facts),
        off(lift_s, 0.1),
    ]


def normal_ring(start_s, end_s, late_s=4.5):
    facts = {"freq_hz": 16.0, "bursts": 2, "burst_s": 0.997}
    return [
        at(RingStart, start_s, 0.2, freq_hz=16.0),
        at(RingEnd, end_s, late_s, **facts),
    ]


def test_a_number_displays_lift_and_hang_up_are_no_call(desk_of, notes):
    answered = [*normal_ring(7.5, 11.5, late_s=0.6), off(12), on(30)]
    play(desk_of(Mode.FULL), [*wake_up(), caller(5.4), on(6.0, 1.0), *answered])
    (call,) = notes.calls
    assert (call.started, call.answered, call.ended) == (2 * S, 12 * S, 30 * S)
    assert (call.number, call.number_source, call.rings) == ("0312345678", "caller_id", 2)
    display = [("apart",), ("from", 5 * S), ("back",)]
    answered = [("from", 12 * S), ("until", 30 * S), ("ended", 30 * S, "on_hook")]
    assert notes.told == display + answered
    assert [mark.kind for mark in call.marks if mark.kind == "keep_start"] == ["keep_start"]


def test_a_number_display_nobody_answers_is_a_missed_call(desk_of, notes):
    told = caller(5.4, None, absence="public_phone")
    play(desk_of(Mode.FULL), [*wake_up(), told, on(6.0, 1.0), *normal_ring(7.5, 14.5)])
    (call,) = notes.calls
    assert (call.ended, call.ended_by, call.lifted, call.stretches) == (
        14.5 * S,
        "missed",
        None,
        [],
    )
    assert (call.number, call.number_source) == (None, "public_phone")


def test_a_caller_who_gives_up_during_the_display_has_missed_us(desk_of, notes):
    play(desk_of(Mode.FULL), [*wake_up(), on(6.0, 1.0)])
    (call,) = notes.calls
    assert (call.started, call.ended, call.ended_by) == (2 * S, 4.5 * S, "missed")


def test_a_person_who_lifts_during_the_wake_up_ringing_is_kept_from_the_lift(desk_of, notes):
    play(desk_of(Mode.FULL), [*wake_up(), caller(5.4), on(60)])
    (call,) = notes.calls
    assert (call.answered, call.ended, call.why) == (5 * S, 60 * S, "full")
    assert notes.told == [
        ("apart",),
        ("from", 5 * S),
        ("until", 60 * S),
        ("ended", 60 * S, "on_hook"),
    ]
    assert [mark.sample for mark in call.marks if mark.kind == "keep_start"] == [5 * S]


def test_what_a_person_says_in_a_doubtful_lift_is_kept_before_the_doubt_is_over(desk_of, notes):
    desk = desk_of(Mode.FULL)
    play(desk, wake_up(), until_s=5.5)
    assert desk.state is State.WOKEN
    assert notes.told == [("apart",), ("from", 5 * S)]


@pytest.mark.parametrize("mode", [Mode.SELECTIVE, Mode.NONE])
def test_nothing_of_a_doubtful_lift_is_kept_where_calls_are_not(desk_of, notes, mode):
    play(desk_of(mode), [*wake_up(), on(6.0, 1.0)])
    assert notes.told == [("ended", 4.5 * S, "missed")]


def test_a_disk_that_fills_up_in_a_doubtful_lift_keeps_no_more(desk_of, notes):
    desk = desk_of(Mode.FULL)
    play(desk, wake_up(), until_s=5.5)
    desk.may_keep = False
    desk.out_of_room(round(5.5 * S))
    play(desk, [on(6.0, 1.0)])
    assert notes.told == [
        ("apart",),
        ("from", 5 * S),
        ("until", 5.5 * S),
        ("back",),
        ("ended", 4.5 * S, "missed"),
    ]


def test_a_key_shows_that_a_person_lifted(desk_of, notes):
    keys = [dtmf("*", 7.0), dtmf("1", 7.3)]
    desk = desk_of(Mode.SELECTIVE)
    play(desk, [*wake_up(), *keys, on(60)])
    (call,) = notes.calls
    assert (call.answered, call.why) == (5 * S, "key")
    assert notes.told[0][0] == "from" and notes.told[0][1] > 7.3 * S


def test_the_button_shows_that_a_person_lifted(desk_of, notes):
    desk = desk_of(Mode.SELECTIVE)
    play(desk, wake_up(), until_s=6)
    desk.press_button(6 * S)
    assert desk.state is State.TALKING
    assert notes.told == [("from", 6 * S)]


@pytest.mark.parametrize("second", [5.5, 12.0])
def test_losing_the_board_after_a_doubtful_lift_keeps_what_there_is(desk_of, notes, second):
    desk = desk_of(Mode.FULL)
    play(desk, wake_up(), until_s=second)
    desk.board_gone(round(second * S), "board_lost")
    (call,) = notes.calls
    assert (call.answered, call.ended) == (5 * S, second * S)
    assert notes.told[:2] == [("apart",), ("from", 5 * S)]


@pytest.mark.parametrize("how", [{"reversed_s": -2.0}, {"burst_s": 0.997}])
def test_without_a_reversal_or_half_second_bursts_a_lift_is_an_answer(desk_of, notes, how):
    play(desk_of(Mode.FULL), [*wake_up(**how), on(6.0, 1.0)])
    (call,) = notes.calls
    assert (call.answered, call.ended, call.rings) == (5 * S, 6 * S, 3)


def test_a_caller_shown_between_the_rings_is_the_calls(desk_of, notes):
    play(desk_of(Mode.FULL), [*ring(1, 5), caller(2.5), off(5.5), on(20)])
    (call,) = notes.calls
    assert (call.number, call.number_source) == ("0312345678", "caller_id")
    (mark,) = [mark for mark in call.marks if mark.kind == "caller_id"]
    assert (mark.facts["number"], mark.facts["valid"]) == ("0312345678", True)


def test_a_caller_shown_before_the_first_ring_is_the_next_calls(desk_of, notes):
    later = [*ring(32, 36), off(37), on(40)]
    play(desk_of(Mode.FULL), [caller(0.5), *ring(2, 5), off(5.5), on(20), *later])
    first, second = notes.calls
    assert (first.number, second.number) == ("0312345678", None)
    assert second.number_source is None


def test_a_caller_shown_long_before_is_nobodys(desk_of, notes):
    play(desk_of(Mode.FULL), [caller(0.5), *ring(20, 25), off(25.5), on(40)])
    assert notes.calls[0].number is None


def test_a_number_with_a_wrong_check_is_no_number(desk_of, notes):
    play(desk_of(Mode.FULL), [*ring(1, 5), caller(2.5, valid=False), off(5.5), on(20)])
    (call,) = notes.calls
    assert (call.number, call.number_source) == (None, "decode_failed")


def test_a_right_number_takes_the_place_of_a_wrong_one(desk_of, notes):
    told = [caller(2.5, "1", valid=False), caller(3.5), caller(4.0, "2", valid=False)]
    play(desk_of(Mode.FULL), [*ring(1, 5), *told, off(5.5), on(20)])
    assert notes.calls[0].number == "0312345678"


def test_a_caller_shown_in_a_call_is_another_who_waits(desk_of, notes):
    play(desk_of(Mode.FULL), [*ring(1, 5), caller(2.5), off(5.5), caller(9, "029"), on(20)])
    assert notes.calls[0].number == "0312345678"
    play(desk_of(Mode.FULL), [*ring(1, 5), off(5.5), caller(9, "029"), on(20)])
    assert notes.calls[1].number is None


def test_a_caller_is_not_whom_we_dialled(desk_of, notes):
    play(desk_of(Mode.FULL), [off(1), dtmf("5", 2), caller(9, "029"), on(20)])
    assert (notes.calls[0].number, notes.calls[0].number_source) == ("5", "dialled")


def test_a_number_dialled_by_pulses_is_the_number(desk_of, notes):
    pulses = [at(Pulse, 2 + 2 * n, 0.7, digit=digit) for n, digit in enumerate("110")]
    play(desk_of(Mode.FULL), [off(1), *pulses, on(20)])
    assert notes.calls[0].number == "110"


def test_who_spoke_is_on_the_time_line_once_the_call_is_over(desk_of, notes):
    desk = desk_of(Mode.FULL)
    desk.push(OffHook(line=1, sample=0, believed=S, volts=8.0))
    for speech in talk(TURNS):
        desk.push(speech)
    assert not any("speech" in mark.kind for mark in notes.calls[0].marks)
    desk.push(OnHook(line=1, sample=60 * S, believed=61 * S, volts=48.0))
    spoken = [mark for mark in notes.calls[0].marks if "speech" in mark.kind]
    assert [mark.kind for mark in spoken] == ["near_speech", "far_speech"] * 8
    assert (spoken[1].sample, spoken[1].facts) == (3 * S, {"duration_s": 2.0})


def test_on_a_full_disk_a_new_call_is_listed_and_not_kept(desk_of, notes):
    desk = desk_of(Mode.FULL)
    desk.may_keep = False
    play(desk, [*ring(1, 5), off(5.5), on(20)], until_s=30)
    (call,) = notes.calls
    assert (call.why, call.stretches) == ("disk_full", [])
    assert notes.told == [("ended", 20 * S, "on_hook")]
    desk.may_keep = True
    play(desk, [off(40), on(50)])
    assert notes.calls[1].why == "full"


def test_a_disk_that_fills_ends_what_is_kept_and_the_call_goes_on(desk_of, notes):
    desk = desk_of(Mode.FULL)
    play(desk, [off(1)], until_s=10)
    desk.out_of_room(10 * S)
    desk.out_of_room(11 * S)
    play(desk, [on(20)])
    assert notes.told == [("from", 1 * S), ("until", 10 * S), ("ended", 20 * S, "on_hook")]
    (call,) = notes.calls
    assert [m.facts for m in call.marks if m.kind == "keep_stop"] == [{"by": "disk_full"}]

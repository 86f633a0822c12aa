"""The patterns drawn in dsp/dtmf_line.py, one line driven frame by frame."""

import numpy as np
import pytest

from dsp.dtmf_fit import COLUMNS_HZ, KEYS, LOOK, ROWS_HZ, Look, read
from dsp.dtmf_line import HISTORY, DtmfLine, Now
from dsp.frames import FRAME


def tone(digit, duration_ms, phase=0.0, peak=3000.0):
    row, column = divmod(KEYS.index(digit), 4)
    at = np.arange(round(8 * duration_ms))
    return peak * (
        np.sin(2 * np.pi * ROWS_HZ[row] * at / 8000 + phase)
        + np.sin(2 * np.pi * COLUMNS_HZ[column] * at / 8000 + 2 * phase)
    )


def quiet(duration_ms):
    return np.zeros(round(8 * duration_ms))


def powers(frame):
    turns = np.outer(ROWS_HZ + COLUMNS_HZ, np.arange(FRAME)) / 8000
    return (np.abs(np.exp(-2j * np.pi * turns) @ frame) ** 2).tolist()


def drive(*parts):
    """The events, and how many looks were asked for, with an ideal screen in front."""
    tape = np.round(np.concatenate([np.zeros(HISTORY), *parts, np.zeros(800)])).astype(np.int16)
    line, events, looks, last = DtmfLine(3), [], 0, -1
    for end in range(HISTORY + FRAME, len(tape), FRAME):
        frame = tape[end - FRAME : end].astype(float)
        power = powers(frame)
        strong = min(max(power[:4]), max(power[4:])) > 0.1 * (3000 * FRAME / 2) ** 2
        digit = 4 * int(np.argmax(power[:4])) + int(np.argmax(power[4:])) if strong else -1
        now = Now(end - HISTORY, power, digit, digit >= 0 and digit == last)
        last = digit
        audio = tape[end - HISTORY : end]
        for asked in line.questions(now):
            looks += 1
            (windows,) = read(audio[np.newaxis, -LOOK:], [asked])
            events += line.answer(now, Look(windows, 0), audio)
        events += line.settle(now)
    assert line.asleep
    return events, looks


def digits(*parts):
    return "".join(event.digit for event in drive(*parts)[0])


def test_a_digit_is_reported_with_its_line_and_edges():
    (event,), _ = drive(quiet(100), tone("5", 60), quiet(100))
    assert (event.line, event.digit) == (3, "5")
    assert event.sample == pytest.approx(800, abs=8)
    assert event.duration_s == pytest.approx(0.06, abs=0.001)


def test_silence_asks_for_nothing():
    assert drive(quiet(500)) == ([], 0)


def test_a_long_digit_is_looked_at_when_it_begins_and_ends_alone():
    _, looks = drive(quiet(100), tone("5", 1000), quiet(100))
    assert looks <= 5


def test_a_short_gap_with_the_phases_carried_on_is_one_digit():
    whole = tone("9", 120)
    whole[400:480] = 0
    assert digits(quiet(100), whole) == "9"


def test_a_short_gap_with_fresh_phases_is_two():
    assert digits(quiet(100), tone("9", 50), quiet(10), tone("9", 50, phase=2.0)) == "99"


def test_a_longer_gap_is_two_whatever_the_phases():
    whole = tone("9", 140)
    whole[400:560] = 0
    assert digits(quiet(100), whole) == "99"


def test_the_same_digit_at_once_and_far_down_is_its_echo():
    assert digits(quiet(100), tone("6", 60), tone("6", 60, phase=1.0, peak=900)) == "6"


def test_the_same_digit_far_down_but_later_is_a_digit():
    assert digits(quiet(100), tone("6", 60), quiet(60), tone("6", 60, peak=1100)) == "66"


def test_another_digit_at_once_is_two():
    (one, eight), _ = drive(quiet(100), tone("1", 60), tone("8", 60))
    assert (one.digit, eight.digit) == ("1", "8")
    assert one.duration_s == pytest.approx(0.06, abs=0.004)


@pytest.mark.parametrize("lead", range(16))
def test_a_digit_over_before_it_could_be_told_is_still_read(lead):
    assert digits(quiet(100 + lead), tone("1", 30)) == "1"


def test_a_digit_whose_beginning_is_spoilt_is_read_from_its_newest_part():
    spoilt = tone("7", 110) + np.concatenate([tone("3", 70), quiet(40)])
    assert digits(quiet(100), spoilt) == "7"


def test_too_short_a_digit_is_none():
    assert digits(quiet(100), tone("1", 23)) == ""


def test_a_digit_held_is_told_once():
    (event,), _ = drive(quiet(100), tone("D", 2500))
    assert event.duration_s == pytest.approx(2.0, abs=0.03)

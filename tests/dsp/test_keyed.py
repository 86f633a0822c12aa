import pytest

from dsp.events import Dtmf, Speech
from dsp.keyed import Keyed


def digit(at_s, duration_s=0.06, line=1):
    sample = round(at_s * 8000)
    return Dtmf(
        line=line,
        sample=sample,
        believed=sample + 320,
        digit="5",
        duration_s=duration_s,
        level_dbm0=-10.0,
        twist_db=0.0,
    )


def speech(at_s, duration_s, line=1):
    sample = round(at_s * 8000)
    end = sample + round((duration_s + 0.35) * 8000)
    return Speech(line=line, sample=sample, believed=end, duration_s=duration_s, level_dbm0=-12.0)


KEYS = [digit(1 + 0.12 * k) for k in range(8)]  # from 1.00 s to 1.90 s


def test_speech_that_digits_fill_is_none():
    assert Keyed(1).push([*KEYS, speech(1.0, 0.95)]) == KEYS


@pytest.mark.parametrize(
    "said",
    [speech(1.0, 2.0), speech(0.0, 1.9), speech(3.0, 1.0), speech(1.0, 0.95, line=2)],
    ids=["on after the digits", "before them", "later", "on another line"],
)
def test_other_speech_is_left(said):
    assert Keyed(2).push([*KEYS, said]) == [*KEYS, said]


def test_two_digits_far_apart_do_not_fill_what_is_between_them():
    said = speech(1.0, 1.0)
    assert said in Keyed(1).push([digit(1.0), digit(1.9), said])


def test_digits_of_an_earlier_push_count():
    keyed = Keyed(1)
    keyed.push(KEYS)
    assert keyed.push([speech(1.0, 0.95)]) == []


def test_one_key_held_down_is_no_speech():
    assert Keyed(1).push([speech(1.0, 0.5), digit(1.0, 0.5)])[0].kind == "speech"
    assert [e.kind for e in Keyed(1).push([digit(1.0, 0.5), speech(1.0, 0.5)])] == ["dtmf"]

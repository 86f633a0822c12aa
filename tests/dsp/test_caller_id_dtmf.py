import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.caller_id_dtmf import DtmfCallerId
from dsp.events import Dtmf


def keys(text, start_s=1.0, pause_s=0.07):
    for k, digit in enumerate(text):
        at = round((start_s + k * (0.07 + pause_s)) * 8000)
        yield Dtmf(
            line=3,
            sample=at,
            believed=at + 300,
            digit=digit,
            duration_s=0.07,
            level_dbm0=-12.0,
            twist_db=0.0,
        )


def heard(*texts, **how):
    line = DtmfCallerId()
    return [c for text in texts for key in keys(text, **how) if (c := line.push(key))]


@pytest.mark.parametrize("form", ["A{}C", "D{}C", "A{}#", "D{}#"])
def test_a_number_between_its_keys(form):
    (caller,) = heard(form.format("0313708114"))
    assert (caller.standard, caller.number, caller.absence, caller.valid) == (
        "dtmf",
        "0313708114",
        None,
        True,
    )
    assert (caller.line, caller.at_s) == (3, 1.0)
    assert caller.believed == list(keys(form.format("0313708114")))[-1].believed


@pytest.mark.parametrize(
    "sent, absence",
    [("B00C", "unavailable"), ("B10C", "private"), ("D1#", "private"), ("D2#", "unavailable")],
)
def test_why_there_is_no_number(sent, absence):
    (caller,) = heard(sent)
    assert (caller.number, caller.absence) == (None, absence)


@pytest.mark.parametrize("sent", ["0313708114#", "A12C", "AC", "1A2", "A031B12", "*1#", "A03*33C"])
def test_other_keys_are_no_caller(sent):
    assert heard(sent) == []


def test_keys_far_apart_are_no_caller():
    assert heard("A0313708114C", pause_s=0.7) == []


def test_a_start_key_begins_afresh():
    (caller,) = heard("A03137A0313708114C")
    assert caller.number == "0313708114"


def test_a_caller_after_a_caller():
    assert len(heard("A0313708114C", "A0313708115C")) == 2


@given(st.text("0123456789*#ABCD", max_size=200))
def test_no_keys_whatever_break_it(text):
    for caller in heard(text):
        assert caller.number or caller.absence

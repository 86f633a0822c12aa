import pytest

from dsp.callers import FAILURE_TOLD, Callers
from dsp.events import CallerId, Dtmf, OffHook, OnHook


def at(kind, sample, line=1, **facts):
    return kind(line=line, sample=sample, believed=sample, **facts)


def burst(sample, valid):
    return at(
        CallerId, sample, standard="bell202", number="031", name=None, dialled=None, time=None,
        absence=None, valid=valid,
    )  # fmt: skip


@pytest.mark.parametrize(
    "late, valid, told",
    [(0, False, True), (FAILURE_TOLD, False, False), (FAILURE_TOLD, True, True)],
)
def test_what_cannot_be_read_in_mid_call_is_nobodys_number(late, valid, told):
    callers = Callers(1)
    callers.push([at(OffHook, 1000, volts=8.0)])
    event = burst(1000 + late, valid)
    assert (callers.push([event]) == [event]) == told


def test_after_the_hang_up_it_is_told_again():
    callers = Callers(1)
    callers.push([at(OffHook, 0, volts=8.0), at(OnHook, FAILURE_TOLD, volts=48.0)])
    event = burst(2 * FAILURE_TOLD, valid=False)
    assert callers.push([event]) == [event]


def test_keys_of_a_caller_id_become_one_beside_them():
    callers, keys = Callers(2), []
    for n, digit in enumerate("A0312C"):
        keys.append(
            at(Dtmf, n * 960, line=2, digit=digit, duration_s=0.06, level_dbm0=-10.0, twist_db=0.0)
        )
    told = callers.push(keys)
    (caller,) = [event for event in told if isinstance(event, CallerId)]
    assert (caller.standard, caller.number, caller.line) == ("dtmf", "0312", 2)
    assert [event for event in told if isinstance(event, Dtmf)] == keys

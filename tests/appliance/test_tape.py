import numpy as np
import pytest

from appliance.tape import Tape


def ramp(start, stop):
    return np.stack([np.arange(start, stop), -np.arange(start, stop)]).astype(np.int16)


@pytest.mark.parametrize("step", [1, 7, 80, 100, 333])
def test_what_went_in_last_comes_out(step):
    tape = Tape(2, seconds=0.0125)  # 100 samples
    for start in range(0, 330, step):
        tape.push(ramp(start, start + step))
        end = start + step
        have = max(0, end - 100)
        assert tape.end == end
        assert tape.read(1, have, end).tolist() == list(range(have, end))
        assert tape.read(2, end - 1, end).tolist() == [1 - end]


@pytest.mark.parametrize("start, stop", [(199, 250), (250, 301), (260, 250)])
def test_what_is_not_there_is_refused(start, stop):
    tape = Tape(2, seconds=0.0125)
    tape.push(ramp(0, 300))
    assert len(tape.read(1, 200, 300)) == 100
    with pytest.raises(ValueError, match=r"have 200\.\.300"):
        tape.read(1, start, stop)


def test_a_copy_does_not_change_when_the_tape_goes_on():
    tape = Tape(2, seconds=0.0125)
    tape.push(ramp(0, 100))
    before = tape.read(1, 0, 100)
    tape.push(ramp(100, 200))
    assert before.tolist() == list(range(100))

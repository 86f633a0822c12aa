import pytest

from appliance import line_modes
from appliance.call_machine import Mode
from appliance.mode_duty import ModeDuty


class Notes(list):
    def note(self, act, facts):
        self.append((act, dict(facts)))


def test_a_mode_is_noted_kept_and_left_for_the_recorder(tmp_path):
    notes = Notes()
    duty = ModeDuty(tmp_path, notes)
    duty.set(3, "full", "p2", "l3")
    duty.set(5, "none", "p2", "l5")
    assert list(duty.set_modes) == [(3, Mode.FULL), (5, Mode.NONE)]
    assert line_modes.read(tmp_path) == {3: Mode.FULL, 5: Mode.NONE}
    facts = {"line": 3, "mode": "full", "person": "p2", "document": "l3"}
    assert notes[0] == ("line_mode", facts)


@pytest.mark.parametrize("line, mode", [(0, "full"), (65, "full"), (3, "loud")])
def test_what_there_is_not_is_not_set(tmp_path, line, mode):
    notes = Notes()
    duty = ModeDuty(tmp_path, notes)
    with pytest.raises(ValueError, match=r"want 1 to 64|loud"):
        duty.set(line, mode, "p2", "l3")
    assert (list(duty.set_modes), notes, line_modes.read(tmp_path)) == ([], [], {})

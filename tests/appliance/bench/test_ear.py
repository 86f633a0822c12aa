from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from appliance.bench.case import Case, Sent
from appliance.bench.corpus import cases
from appliance.bench.ear import Kirok, as_sent, kinds_given
from appliance.bench.score import scores
from dsp.events import Dtmf, Event, LineUp, OffHook, Pulse, Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId(Event):
    kind: ClassVar[str] = "caller_id"
    number: str | None = None
    absence: str | None = None
    valid: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone(Event):
    kind: ClassVar[str] = "tone"
    name: str
    plan: str


HERE = {"line": 1, "sample": 4000, "believed": 4240}


@pytest.mark.parametrize(
    "event, what",
    [
        (Dtmf(digit="5", duration_s=0.05, level_dbm0=-10.0, twist_db=0.0, **HERE), "5"),
        (Pulse(digit="0", **HERE), "0"),
        (OffHook(volts=8.0, **HERE), ""),
        (CallerId(number="031", **HERE), "number=031"),
        (CallerId(absence="private", **HERE), "absence=private"),
        (Tone(name="busy", plan="kr", **HERE), "kr busy"),
    ],
)
def test_an_event_is_heard_by_its_kind_and_detail(event, what):
    assert as_sent(event) == Sent(event.kind, what, 0.5, 0.53)


@pytest.mark.parametrize(
    "event",
    [
        LineUp(volts=48.0, **HERE),
        Speech(duration_s=1.0, level_dbm0=-15.0, **HERE),
        CallerId(number="031", valid=False, **HERE),
    ],
)
def test_what_no_case_sends_is_not_heard(event):
    assert as_sent(event) is None


def test_every_line_event_is_heard_whatever_cases_are_beside_it():
    line = [case for case in cases("line", 3) if case.condition.endswith("quiet")][:13]
    speech = Case("speech", "", "refuse", "", (), audio=np.zeros(20_000, np.int16))
    heard = Kirok().hear_all([speech, *line])
    for case, own in zip(line, heard[1:], strict=True):
        score = scores(case, own)["line"]
        assert (score.heard, score.extra) == (score.sent, 0), case.condition


def test_a_detector_that_gave_nothing_is_not_there():
    assert kinds_given([[Sent("off_hook", "")], []]) == frozenset()
    assert kinds_given([[Sent("dtmf", "5")], [Sent("tone", "kr dial")]]) == {"dtmf", "tone"}

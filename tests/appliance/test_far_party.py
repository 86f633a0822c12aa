"""When an outgoing call was answered: from events, and from scripts whose truth is known."""

import pytest

from appliance.call_machine import Mode
from appliance.far_party import FarParty
from appliance.line_desk import LineDesk
from appliance.site import Line
from dsp.bank import LineBank
from dsp.events import PolarityReversal, Speech, Tone
from firmware_bridge import script
from firmware_bridge.line_player import ScriptSource
from firmware_bridge.script import Answer, Dial, Idle, LineScript, OffHook, OnHook, Plant, Talk
from tests.appliance.test_line_desk import Notes

S = 8000


def tone(start_s, end_s, name="ringback", cut=False, plan="kr"):
    return Tone(
        line=1,
        sample=round(start_s * S),
        believed=round(end_s * S),
        name=name,
        plan=plan,
        duration_s=end_s - start_s,
        cut=cut,
    )


def speech(start_s, end_s):
    begin, end = round(start_s * S), round(end_s * S)
    return Speech(line=1, sample=begin, believed=end, duration_s=end_s - start_s, level_dbm0=-20.0)


def answered(*events):
    """The first answer that is given, in seconds."""
    party = FarParty()
    given = [at for event in events if (at := party.push(event)) is not None]
    return given[0] / S if given else None


RINGING = tone(5, 12)  # bursts at 5, 8 and 11 s; the next would be heard by 14.2 s


@pytest.mark.parametrize(
    "events, want",
    [
        ((RINGING, speech(13, 16)), 13),
        ((speech(13, 14), RINGING, speech(15, 16)), 13),
        ((speech(11.5, 15), RINGING), 12),
        ((tone(5, 11.4, cut=True), speech(12, 13)), 11.4),
        ((speech(10, 11.5), tone(5, 11.4, cut=True)), None),
        ((speech(5.9, 7), RINGING, speech(20, 21)), 20),
        ((RINGING,), None),
        ((RINGING, speech(12.5, 13.5)), None),
        ((speech(6, 7), RINGING), None),
        ((speech(10, 12.1), RINGING), None),
        ((RINGING, tone(13, 20, "busy"), speech(21, 22)), None),
        ((tone(5, 11.4, cut=True), tone(11.5, 14, "reorder"), speech(15, 16)), None),
        ((speech(6, 8), speech(9, 20)), None),
        ((tone(5, 12, plan="eu"), speech(13, 15.5)), None),
        ((tone(5, 12, plan="site"), speech(13, 18)), 13),
    ],
)
def test_an_answer_is(events, want):
    assert answered(*events) == want


def test_reversals_are_not_its_business():
    party = FarParty()
    assert party.push(PolarityReversal(line=1, sample=S, believed=S)) is None


# --------------------------------------------------------------------------- whole calls


def dialled(plan, *then):
    return LineScript(
        Plant(),
        (
            Idle(1.5),
            OffHook(),
            script.Tone(plan, "dial", 1.6),
            Dial("031"),
            Idle(1),
            *then,
            Idle(3),
        ),
    )


def ringing(plan, seconds):
    return script.Tone(plan, "ringback", seconds)


def heard(*scripts):
    """The calls as desks make them, and their truth, line by line."""
    source, bank = ScriptSource(scripts, seed=3), LineBank(len(scripts))
    notes = [Notes() for _ in scripts]
    desks = [
        LineDesk(Line(n, "", mode=Mode.FULL), note, lambda sample: f"call@{sample}", "*1")
        for n, note in enumerate(notes, 1)
    ]
    while not source.finished:
        for event in bank.push(*source.read(100)):
            desks[event.line - 1].push(event)
    for event in bank.close():
        desks[event.line - 1].push(event)
    calls = [note.calls[0] for note in notes]
    return list(zip(calls, sorted(source.calls, key=lambda call: call.line), strict=True))


def tones(call):
    return [mark.facts["name"] for mark in call.marks if mark.kind == "tone"]


def test_calls_answered_are_told_to_a_third_of_a_second():
    talk = (Answer(), Talk("ko", 5, seed=2), OnHook())
    scripts = [
        dialled(plan, ringing(plan, s), *talk) for plan in ("kr", "jp") for s in (1.5, 3.6, 8)
    ]
    for call, truth in heard(*scripts):
        # Talk begins 0.3 s after the act
        assert call.answered / S == pytest.approx(truth.answer_s, abs=0.4)
        assert tones(call) == ["dial", "ringback"]


def test_calls_never_answered_are_told():
    busy = script.Tone("kr", "busy", 4)
    never = heard(
        dialled("kr", ringing("kr", 7.5), OnHook()),
        dialled("jp", ringing("jp", 4.2), OnHook()),
        dialled("kr", busy, OnHook()),
        dialled("kr", ringing("kr", 5), busy, OnHook()),
    )
    assert [call.answered for call, _ in never] == [None] * 4
    assert [tones(call)[1:] for call, _ in never] == [
        ["ringback"],
        ["ringback"],
        ["busy"],
        ["ringback", "busy"],
    ]
    assert [call.why for call, _ in never] == ["full"] * 4


def test_a_reversal_is_believed_before_anything_heard():
    talk = (Answer(reverse=True), Idle(1.2), Talk("ko", 5), OnHook())
    ((call, truth),) = heard(dialled("kr", ringing("kr", 4.5), *talk))
    assert call.answered / S == pytest.approx(truth.answer_s, abs=0.05)


def test_what_is_heard_in_an_incoming_call_answers_nothing():
    transferred = (ringing("kr", 4), Talk("ko", 5), OnHook(), Idle(3))
    acts = (Idle(1), script.Ring(answered_after_s=2.5), OffHook(), *transferred)
    ((call, truth),) = heard(LineScript(Plant(), acts))
    assert call.answered / S == pytest.approx(truth.answer_s, abs=0.05)

import pytest

from tests.web_min.rig import call
from web_min.timeline import Mark, in_recording, marks

#: As the recorder writes them: where a part begins in the call and in the recording, and its end.
TWO = [
    {"at_s": 12.0, "audio_s": 0.0, "until_s": 40.0},
    {"at_s": 55.0, "audio_s": 28.0, "until_s": 70.0},
]


@pytest.mark.parametrize(
    "at_s, want",
    [
        (0, None),
        (11.9, None),
        (12, 0),
        (30, 18),
        (40, 28),
        (41, None),
        (55, 28),
        (70, 43),
        (71, None),
    ],
)
def test_where_in_the_recording_a_moment_of_the_call_is(at_s, want):
    assert in_recording(at_s, TWO) == want


def test_nothing_is_in_a_recording_of_nothing():
    assert in_recording(3.0, []) is None


def kinds(row):
    return [mark.kind for mark in marks(row)]


def test_events_are_in_order_and_keys_in_one_mark():
    found = marks(call())
    assert [(m.kind, m.at_s, m.text) for m in found] == [
        ("ring", 0.0, ""),
        ("answer", 8.2, ""),
        ("keys", 14.0, "15"),
        ("hang_up", 28.2, ""),
    ]
    assert [m.audio_s for m in found] == pytest.approx([None, 0.0, 5.8, 20.0])


def test_a_moment_rounded_past_the_end_is_still_in_the_recording():
    assert in_recording(70.003, TWO) == 43.0
    assert in_recording(11.997, TWO) == 0.0


def test_what_was_cut_off_has_its_marks_up_to_there():
    on = [{"at_s": 8.2, "audio_s": 0.0, "until_s": None}]
    assert in_recording(20.0, on) == pytest.approx(11.8)
    found = marks(call(stretches=on, audio_samples=8 * 8000))
    assert [m.audio_s for m in found] == pytest.approx([None, 0.0, 5.8, None])


def test_keys_far_apart_are_two_marks():
    events = [{"at_s": at, "kind": "digit", "digit": str(n)} for n, at in enumerate((9, 11, 15))]
    assert [m.text for m in marks(call(events=events)) if m.kind == "keys"] == ["01", "2"]


def test_a_gap_says_how_much_was_lost():
    found = marks(call(gaps=[{"at_s": 10.0, "lost_s": 0.2416}]))
    assert found[2] == Mark("gap", 10.0, pytest.approx(1.8), "0.24")


def test_ring_answer_and_end_are_shown_even_if_no_event_says_them():
    assert kinds(call(events=[])) == ["ring", "answer", "hang_up"]
    assert kinds(call(events=[], answer=None, end=None)) == ["ring"]


def test_a_phone_lifted_to_dial_is_no_answer():
    lift = [{"at_s": 0.0, "kind": "lift"}]
    assert kinds(call(direction="out", answer=None, events=lift)) == ["lift", "hang_up"]
    assert kinds(call(direction="out", events=lift)) == ["lift", "far_answer", "hang_up"]


def test_a_tone_has_its_name():
    events = [{"at_s": 10.0, "kind": "tone", "name": "ringback", "plan": "kr"}]
    assert "tone_ringback" in kinds(call(direction="out", answer=None, events=events))


@pytest.mark.parametrize("name", ["lift", "off_hook", "answer"])
def test_one_thing_under_two_names_is_shown_once(name):
    events = [{"at_s": 0.0, "kind": "ring_start"}, {"at_s": 8.203, "kind": name}]
    assert kinds(call(events=events)) == ["ring", "answer", "hang_up"]


@pytest.mark.parametrize("at_s, shown", [(8.2, False), (8.6, False), (8.8, True), (20.0, True)])
def test_recording_that_begins_with_the_call_is_no_news(at_s, shown):
    events = [{"at_s": at_s, "kind": "keep_start", "by": "key"}]
    assert ("keep_start" in kinds(call(events=events))) == shown


def test_what_the_recorder_will_name_one_day_is_shown_by_its_name():
    assert "modem" in kinds(call(events=[{"at_s": 9.0, "kind": "modem"}]))

import pytest

from tests.web_min.rig import call
from web_min.timeline import Mark, in_recording, marks

TWO = [{"at_s": 12.0, "audio_s": 28.0}, {"at_s": 55.0, "audio_s": 15.0}]


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


def test_events_are_in_order_and_keys_in_one_mark():
    found = marks(call())
    assert [(m.kind, m.at_s, m.text) for m in found] == [
        ("ring_start", 0.0, ""),
        ("answer", 8.2, ""),
        ("keys", 14.0, "15"),
        ("on_hook", 28.2, ""),
    ]
    assert [m.audio_s for m in found] == pytest.approx([None, 0.0, 5.8, 20.0])


def test_keys_far_apart_are_two_marks():
    events = [{"at_s": at, "kind": "digit", "digit": str(n)} for n, at in enumerate((9, 11, 15))]
    assert [m.text for m in marks(call(events=events)) if m.kind == "keys"] == ["01", "2"]


def test_a_gap_says_how_much_was_lost():
    found = marks(call(gaps=[{"at_s": 10.0, "lost_s": 0.2416}]))
    assert found[2] == Mark("gap", 10.0, pytest.approx(1.8), "0.24")


def test_answer_and_end_are_shown_even_if_no_event_says_them():
    assert [m.kind for m in marks(call(events=[]))] == ["answer", "hang_up"]
    assert marks(call(events=[], answer=None, end=None)) == []

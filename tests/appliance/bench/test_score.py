import numpy as np
import pytest

from appliance.bench.case import Case, Sent
from appliance.bench.score import Score, by_first_name, by_time, in_order, latencies_s, scores


def case(group, *truth):
    return Case(group, "", "hear", "", truth, audio=np.zeros(8000, np.int16))


@pytest.mark.parametrize(
    "sent, heard, score",
    [
        ("1234", "1234", Score(4, 4, 0)),
        ("1234", "134", Score(4, 3, 0)),
        ("1234", "12234", Score(4, 4, 1)),
        ("1234", "1934", Score(4, 3, 1)),
        ("1234", "4321", Score(4, 1, 3)),
        ("1234", "", Score(4, 0, 0)),
        ("", "12", Score(0, 0, 2)),
        ("1122", "12", Score(4, 2, 0)),
        ("12", "1122", Score(2, 2, 2)),
    ],
)
def test_keys_are_aligned_and_a_wrong_one_is_a_miss_and_an_extra(sent, heard, score):
    assert in_order(sent, heard) == score


@pytest.mark.parametrize(
    "heard, score",
    [
        (["kr busy"], Score(1, 1, 0)),
        (["kr busy", "kr busy"], Score(1, 1, 0)),
        (["kr busy", "kr reorder"], Score(1, 1, 1)),
        (["kr reorder", "kr busy"], Score(1, 0, 1)),
        ([], Score(1, 0, 0)),
    ],
)
def test_a_tone_must_be_named_rightly_at_first(heard, score):
    assert by_first_name("kr busy", heard) == score


def test_line_events_match_within_30_ms_by_kind_and_detail_and_once():
    sent = [Sent("off_hook", "", 1.0), Sent("pulse", "5", 2.0), Sent("flash", "", 3.0)]
    heard = [
        Sent("off_hook", "", 1.03),
        Sent("off_hook", "", 0.98),
        Sent("pulse", "4", 2.0),
        Sent("flash", "", 3.031),
    ]
    assert by_time(sent, heard) == Score(3, 1, 3)
    assert by_time(sent, sent) == Score(3, 3, 0)


def test_the_nearest_is_the_one_that_matches():
    sent = [Sent("flash", "", 1.0), Sent("flash", "", 1.04)]
    heard = [Sent("flash", "", 1.021), Sent("flash", "", 1.001)]
    assert by_time(sent, heard) == Score(2, 2, 0)


def test_only_the_cases_own_kind_counts():
    dialled = case("dtmf", Sent("dtmf", "5", 0.1))
    heard = [Sent("dtmf", "5"), Sent("tone", "kr dial"), Sent("caller_id", "number=1")]
    assert scores(dialled, heard) == {"dtmf": Score(1, 1, 0)}


def test_in_speech_everything_is_an_extra_of_its_own_detector():
    heard = [Sent("dtmf", "5"), Sent("dtmf", "5"), Sent("tone", "kr dial")]
    assert scores(case("speech"), heard) == {
        "dtmf": Score(0, 0, 2),
        "caller_id": Score(0, 0, 0),
        "tone": Score(0, 0, 1),
    }


def test_sums_and_percent():
    assert Score(4, 3, 1) + Score(6, 6, 0) == Score(10, 9, 1)
    assert Score(10, 9).percent == 90
    assert Score().percent == 100


def test_latency_is_told_only_where_every_key_was_right():
    dialled = case("dtmf", Sent("dtmf", "5", 0.1), Sent("dtmf", "6", 0.3))
    five, six = Sent("dtmf", "5", 0.1, 0.13), Sent("dtmf", "6", 0.3, 0.34)
    assert latencies_s(dialled, [five, six]) == pytest.approx([0.03, 0.04])
    assert latencies_s(dialled, [five]) == []
    assert latencies_s(dialled, [Sent("dtmf", "5"), Sent("dtmf", "6")]) == []

from appliance.turns import MAX_TURNS, Turn, turns
from tests.dsp.test_talkers import TURNS, stretch, talk


def test_turns_are_told_with_their_beginning_and_length():
    found = turns(talk(TURNS))
    assert len(found) == 16
    assert found[:2] == [Turn("near", 0, 2.0), Turn("far", 24000, 2.0)]


def test_stretches_of_one_side_are_one_turn():
    levels = [-15.0, -15.0, -25.0, -25.0, -25.0] * 6
    found = turns(talk(levels))
    assert [turn.side for turn in found] == ["near", "far"] * 6
    assert [turn.duration_s for turn in found[:2]] == [5.0, 8.0]


def test_what_cannot_be_told_parts_two_turns():
    found = turns([*talk(TURNS * 2), stretch(96, -25.0), stretch(99, -20.0), stretch(102, -25.0)])
    assert [(turn.sample // 8000, turn.duration_s) for turn in found[-2:]] == [
        (93, 5.0),
        (102, 2.0),
    ]


def test_a_word_is_no_turn_and_the_list_has_an_end():
    assert turns([*talk(TURNS), stretch(48, -15.0, seconds=0.8)]) == turns(talk(TURNS))
    assert len(turns(talk(TURNS * 20))) == MAX_TURNS


def test_one_talker_has_no_turns():
    assert turns(talk([-15.0] * 40)) == []
    assert turns([]) == []

import numpy as np
import pytest

from firmware_bridge.board_sounds import PLAY_SAMPLES, BoardSounds, NoRoom, OutOfOrder

SILENCE = np.zeros((3, 80), np.int16)


def mix(sounds, audio=SILENCE):
    return sounds.mix(audio, np.full((len(audio), 10), 4800, np.int16))


def hear(sounds, blocks, audio=SILENCE):
    return np.hstack([mix(sounds, audio) for _ in range(blocks)])


def test_a_board_without_sounds_passes_its_lines_on():
    assert mix(BoardSounds(3)) is SILENCE


def test_a_beep_is_added_to_its_line_for_its_time():
    sounds = BoardSounds(3)
    sounds.beep(2, 1400, 4000, -14.0)
    heard = hear(sounds, 60, np.full((3, 80), 100, np.int16))
    assert np.abs(np.fft.rfft(heard[1, :4000] - 100.0)).argmax() == 700  # steps of 2 Hz
    rms = np.std(heard[1, :4000])
    assert 20 * np.log10(rms * np.sqrt(2) / 32768) + 3.14 == pytest.approx(-14.0, abs=0.1)
    assert set(heard[1, 4000:]) == set(heard[0]) == set(heard[2]) == {100}


def test_a_self_test_stands_in_the_place_of_its_line():
    sounds = BoardSounds(3)
    loud = np.random.default_rng(1).integers(-9000, 9000, (3, 80)).astype(np.int16)
    sounds.self_test(3, 1000, 100, -10.0)
    heard = hear(sounds, 2, loud)
    tone = heard[2, :100]
    assert tone[:8].tolist() == [0, 5104, 7219, 5104, 0, -5104, -7219, -5104]
    assert tone[8:].tolist() == tone[:-8].tolist()
    assert np.array_equal(heard[2, 100:], loud[2, 20:])


def test_an_announcement_comes_out_as_it_was_sent_in_pieces():
    sounds = BoardSounds(1)
    words = np.arange(400, dtype=np.int16)
    assert sounds.play(1, 0, words[:150]) == PLAY_SAMPLES - 150
    assert sounds.play(1, 150, words[150:]) == PLAY_SAMPLES - 400
    heard = hear(sounds, 6, SILENCE[:1])
    assert heard[0, :400].tolist() == list(range(400))
    assert not heard[0, 400:].any()


def test_a_late_piece_goes_on_where_the_announcement_stopped():
    sounds = BoardSounds(1)
    sounds.play(1, 0, np.full(80, 5, np.int16))
    hear(sounds, 3, SILENCE[:1])
    sounds.play(1, 80, np.full(80, 6, np.int16))
    assert set(mix(sounds, SILENCE[:1])[0]) == {6}


def test_a_piece_that_does_not_fit_is_refused_whole():
    sounds = BoardSounds(1)
    sounds.play(1, 0, np.zeros(PLAY_SAMPLES - 10, np.int16))
    with pytest.raises(NoRoom):
        sounds.play(1, PLAY_SAMPLES - 10, np.ones(11, np.int16))
    assert sounds.play(1, PLAY_SAMPLES - 10, np.ones(10, np.int16)) == 0


def test_a_piece_behind_a_missing_one_is_refused():
    sounds = BoardSounds(1)
    sounds.play(1, 0, np.zeros(100, np.int16))
    with pytest.raises(OutOfOrder, match="piece at 200, want 100"):
        sounds.play(1, 200, np.zeros(100, np.int16))


def test_an_announcement_begun_again_takes_the_old_ones_place():
    sounds = BoardSounds(1)
    sounds.play(1, 0, np.full(1000, 5, np.int16))
    sounds.play(1, 0, np.full(80, 6, np.int16))
    assert set(mix(sounds, SILENCE[:1])[0]) == {6}
    assert not mix(sounds, SILENCE[:1]).any()


def test_what_is_too_loud_together_clips():
    sounds = BoardSounds(1)
    sounds.beep(1, 1000, 80, 3.0)
    sounds.play(1, 0, np.full(80, 32000, np.int16))
    assert mix(sounds, SILENCE[:1]).max() == 32767


@pytest.mark.parametrize("volts", [1200, -4800, 5400, 0], ids=["lift", "reversal", "ring", "cut"])
def test_a_self_test_ends_at_the_millisecond_at_which_the_line_moves(volts):
    sounds = BoardSounds(1)
    loud = np.full((1, 80), 7, np.int16)
    sounds.self_test(1, 1000, 8000, -10.0)
    assert len(set(hear(sounds, 3, loud)[0])) > 1
    moved = np.full((1, 10), 4800, np.int16)
    moved[0, 4:] = volts
    heard = sounds.mix(loud, moved)
    assert len(set(heard[0, :32])) > 1
    assert set(heard[0, 32:]) == {7}
    assert set(hear(sounds, 3, loud)[0]) == {7}


def test_hum_on_an_idle_line_does_not_end_its_self_test():
    sounds = BoardSounds(1)
    sounds.self_test(1, 1000, 800, -10.0)
    hum = (4800 + 200 * np.sin(2 * np.pi * 60 * np.arange(100) / 1000)).astype(np.int16)
    heard = [sounds.mix(SILENCE[:1], hum[None, n : n + 10])[0] for n in range(0, 100, 10)]
    assert np.abs(np.hstack(heard)).reshape(10, 80).max(axis=1).min() > 7000


def test_a_self_test_of_no_length_ends_the_one_before():
    sounds = BoardSounds(1)
    sounds.self_test(1, 1000, 8000, -10.0)
    mix(sounds, SILENCE[:1])
    sounds.self_test(1, 1000, 0, -10.0)
    assert not mix(sounds, SILENCE[:1]).any()

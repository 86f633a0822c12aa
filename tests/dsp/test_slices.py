from dataclasses import replace

import numpy as np
import pytest

from dsp.events import Dtmf
from dsp.slices import KEPT, SLICE, Ear, Slices, at_latest, check

EVENT = Dtmf(
    line=1, sample=100, believed=300, digit="5", duration_s=0.1, level_dbm0=-10.0, twist_db=0.0
)


def noise(lines, n, seed=1):
    return np.random.default_rng(seed).integers(-9000, 9000, (lines, n)).astype(np.int16)


def filled(audio, size=700):
    """Slices that have heard audio, in pieces."""
    slices, at = Slices(len(audio)), 0
    while at < audio.shape[1]:
        at += slices.fill(audio[:, at : at + size])
        slices.turn()
    return slices


class Listener(Ear[Dtmf]):
    """Gives an event at the end of each slice, and of each that silence fills."""

    def hear(self, slices):
        return [replace(EVENT, sample=slices.now - 1, believed=slices.now)]

    def finish(self):
        return [EVENT]


def test_a_slice_is_filled_to_its_end_and_no_further():
    slices = Slices(2)
    assert slices.fill(noise(2, SLICE - 5)) == SLICE - 5
    assert not slices.turn()
    assert slices.fill(noise(2, 9)) == 5
    assert slices.turn()
    assert (slices.now, slices.end, slices.filled) == (SLICE, SLICE, 0)


def test_the_latest_slice_is_there_as_it_is_and_in_float():
    audio = noise(3, 3 * SLICE + 100)
    slices = filled(audio)
    assert np.array_equal(slices.latest, audio[:, 2 * SLICE : 3 * SLICE])
    assert np.array_equal(slices.rough, slices.latest)


@pytest.mark.parametrize("count", [2, 5, KEPT + 3, 2 * KEPT + 5])
def test_what_went_before_is_there_for_as_long_as_it_is_kept(count):
    audio = noise(3, count * SLICE)
    slices = filled(audio)
    now = slices.now
    first = max(0, now - KEPT * SLICE)
    assert np.array_equal(slices.of(1, first, now), audio[1, first:now])
    assert np.array_equal(slices.of(2, now - 3000, now - 17), audio[2, now - 3000 : now - 17])
    for before in (0, 300, SLICE):
        assert np.array_equal(slices.after(before, [2, 0]), audio[[2, 0], now - SLICE - before :])


def test_while_a_slice_fills_none_that_is_kept_is_lost():
    audio = noise(1, (KEPT + 2) * SLICE - 1)
    slices = filled(audio)
    first = slices.now - KEPT * SLICE
    assert np.array_equal(slices.of(0, first, slices.now), audio[0, first : slices.now])


def test_before_the_stream_there_was_silence():
    slices = filled(noise(2, SLICE))
    assert not slices.after(400, [0, 1])[:, :400].any()


def test_silence_follows_the_end_which_stays_where_it_was():
    slices = filled(noise(1, SLICE + 30))
    assert [slices.now for _ in slices.silence(2)] == [2 * SLICE, 3 * SLICE]
    assert slices.end == SLICE + 30
    assert not slices.of(0, SLICE + 30, 3 * SLICE).any()


@pytest.mark.parametrize("size", [1, 700, SLICE, 5 * SLICE])
def test_an_ear_by_itself_hears_whole_slices_and_ends_with_the_stream(size):
    ear, audio, events = Listener(1), noise(1, 2 * SLICE + 9), []
    for at in range(0, audio.shape[1], size):
        events += ear.push(audio[:, at : at + size])
    assert [event.believed for event in events] == [SLICE, 2 * SLICE]
    end = audio.shape[1]
    assert [(e.sample, e.believed) for e in ear.close()] == [(end, end)] * 2 + [(100, 300)]


def test_an_event_of_the_silence_is_of_the_streams_end():
    assert at_latest(EVENT, 300) is EVENT
    assert at_latest(EVENT, 200) == replace(EVENT, believed=200)
    assert at_latest(EVENT, 50) == replace(EVENT, sample=50, believed=50)


@pytest.mark.parametrize("audio", [np.zeros((1, 80), np.int16), np.zeros(80, np.int16)])
def test_audio_of_another_shape_is_refused(audio):
    with pytest.raises(ValueError, match=r"want int16\[2, n\]"):
        check(audio, 2)


def test_audio_of_another_type_is_refused():
    with pytest.raises(ValueError, match=r"audio is float64\[2, 80\], want int16"):
        check(np.zeros((2, 80)), 2)

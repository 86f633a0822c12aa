from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.io import wavfile

from dsp.level import LevelBank
from dsp.slices import SLICE
from firmware_bridge.signals import CALL_TONES, CallTone, call_tone
from tests.signals import dtmf, in_pieces, pcm, sine, speech_like, white

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")


def silence(seconds):
    return np.zeros(round(seconds * 8000))


def conversation(rng):
    """Noise throughout; speech from 1.0 s to 3.0 s and, fainter, from 4.0 s to 5.5 s."""
    near, far = speech_like(rng, 2.0, -15), speech_like(rng, 1.5, -32)
    talk = np.concatenate((silence(1), near, silence(1), far, silence(1)))
    return pcm(talk + white(rng, 6.5, -60))


def heard(audio):
    bank = LevelBank(1)
    return [*bank.push(audio[None]), *bank.close()]


def test_each_second_has_its_level():
    bank = LevelBank(2)
    bank.push(np.stack([pcm(sine(1000, 2.6, -10)), pcm(silence(2.6))]))
    first, second = bank.seconds
    assert (first.sample, second.sample) == (0, 8000)
    assert first.level_dbm0(1) == pytest.approx(-10.0, abs=0.01)
    assert second.level_dbm0(2) == -96.0


def test_a_second_that_is_not_whole_has_no_level_yet():
    bank = LevelBank(1)
    bank.push(pcm(sine(1000, 0.999))[None])
    assert not bank.seconds


def test_no_more_than_a_minute_of_seconds_is_kept():
    bank = LevelBank(1)
    bank.push(np.zeros((1, 71 * 8000), np.int16))
    assert len(bank.seconds) == 60
    assert bank.seconds[-1].sample == 69 * 8000


def test_samples_at_either_end_of_the_scale_are_counted():
    audio = np.zeros((1, 4 * SLICE), np.int16)
    audio[0, [3, 4, 7000]] = 32767, -32768, 32767
    audio[0, 5] = 32766
    audio[0, 8000] = 32767  # of the next second
    bank = LevelBank(1)
    bank.push(audio)
    assert bank.seconds[0].clipped[0] == 3


def test_both_parties_are_heard_speaking():
    near, far = heard(conversation(np.random.default_rng(2)))
    assert (near.at_s, near.duration_s) == pytest.approx((1.0, 2.0), abs=0.15)
    assert (far.at_s, far.duration_s) == pytest.approx((4.0, 1.5), abs=0.15)
    assert near.level_dbm0 == pytest.approx(-15, abs=1.5)
    assert far.level_dbm0 == pytest.approx(-32, abs=1.5)


def cadence(tone, on, off, times):
    return np.tile(np.concatenate((tone(on), silence(off))), times)


@pytest.mark.parametrize(
    "audio",
    [
        sine(350, 8) + sine(440, 8),
        cadence(lambda s: sine(440, s) + sine(480, s), 1.0, 2.0, 3),
        cadence(lambda s: sine(480, s) + sine(620, s), 0.5, 0.5, 6),
        cadence(lambda s: sine(400, s), 0.5, 0.5, 6),
        cadence(lambda s: sine(400, s) * (1 + 0.85 * sine(16, s, 3.14) / 32768), 1.0, 2.0, 3),
        silence(3),
    ],
    ids=["kr dial", "kr ringback", "kr busy", "jp busy", "jp ringback", "silence"],
)
def test_call_progress_tones_are_not_speech(audio):
    rng = np.random.default_rng(4)
    assert heard(pcm(np.concatenate((silence(1), audio, silence(1))) * 0.9)) == []
    assert heard(pcm(audio + white(rng, len(audio) / 8000, -50))) == []


@pytest.mark.parametrize("begins_s", [1.0, 1.009, 1.017, 1.026, 1.034, 1.042])
@pytest.mark.parametrize(
    "tone",
    [
        *[CallTone((400.0,), (1.0, 2.0), am_hz=hz) for hz in (15.0, 16.0, 16.7, 20.0, 25.0)],
        *[CallTone((384.0, 416.0), (1.0, 2.0)), CallTone((380.0, 420.0), (1.0, 2.0))],
        *[CallTone((400.0,), on_off) for on_off in ((0.125, 0.125), (0.25, 0.25), (0.2, 0.3))],
        *CALL_TONES.values(),
    ],
    ids=str,
)
def test_no_tone_of_an_exchange_is_speech_wherever_it_begins(tone, begins_s):
    line = np.concatenate((silence(begins_s), call_tone(tone, 0, 48_000, -16.0), silence(1)))
    assert heard(pcm(line + white(np.random.default_rng(4), len(line) / 8000, -55))) == []


def test_digits_keyed_by_hand_are_not_speech():
    for begins_s in (0.5, 0.513, 0.526, 0.539):
        line = np.concatenate((silence(begins_s), dtmf("0318036*1", on=0.1, off=0.1), silence(1)))
        assert heard(pcm(line + white(np.random.default_rng(4), len(line) / 8000, -55))) == []


def test_steady_noise_is_not_speech():
    assert heard(pcm(white(np.random.default_rng(5), 20, -40))) == []


def test_the_quietest_and_the_loudest_part_of_a_stretch_are_told():
    rng = np.random.default_rng(6)
    parts = [speech_like(rng, 2.0, level) for level in (-15, -28)]
    (speech,) = heard(pcm(np.concatenate((silence(1), *parts, silence(1))) + white(rng, 6.0, -60)))
    assert speech.least_dbm0 == pytest.approx(-28, abs=3)
    assert speech.most_dbm0 == pytest.approx(-15, abs=3)
    assert speech.least_dbm0 < speech.level_dbm0 < speech.most_dbm0


def test_a_speech_without_pause_is_handed_over_in_lengths():
    events = heard(pcm(speech_like(np.random.default_rng(6), 25)))
    assert [round(e.duration_s) for e in events] == [10, 10, 5]


@pytest.mark.skipif(not PROMPTS.is_dir(), reason="Debian's asterisk-core-sounds-en-wav is absent")
@pytest.mark.parametrize("name", ["vm-intro", "invalid", "conf-onlyperson", "demo-instruct"])
def test_a_human_voice_is_heard_for_as_long_as_it_speaks(name):
    _, voice = wavfile.read(PROMPTS / f"{name}.wav")
    spoken = sum(e.duration_s for e in heard(voice))
    assert spoken > 0.7 * len(voice) / 8000


@pytest.mark.parametrize("size", [1, 7, 80, 399, 8000, 30011])
def test_the_events_are_the_same_however_the_stream_is_cut(size):
    rng = np.random.default_rng(7)
    audio = np.stack([conversation(rng), conversation(rng)])[:, : 3000 if size == 1 else None]
    whole, cut = LevelBank(2), LevelBank(2)
    assert in_pieces(cut.push, audio, size) + cut.close() == whole.push(audio) + whole.close()
    assert [s.power.tolist() for s in cut.seconds] == [s.power.tolist() for s in whole.seconds]


def test_a_line_is_heard_alone_as_among_others():
    rng = np.random.default_rng(8)
    audio = np.stack([conversation(rng) for _ in range(9)])
    alone = [replace(e, line=i + 1) for i in range(9) for e in heard(audio[i])]
    bank = LevelBank(9)
    together = bank.push(audio) + bank.close()
    assert sorted(together, key=lambda e: (e.line, e.sample)) == alone


def test_audio_of_another_number_of_lines_is_refused():
    with pytest.raises(ValueError, match="want"):
        LevelBank(2).push(np.zeros((3, 80), np.int16))


@settings(max_examples=40, deadline=None)
@given(arrays(np.int16, st.tuples(st.just(2), st.integers(0, 900))), st.integers(1, 30))
def test_no_audio_whatever_breaks_it(samples, stretch):
    bank = LevelBank(2)
    audio = np.repeat(samples, stretch, axis=1)
    for event in [*bank.push(audio), *bank.close()]:
        assert 0 <= event.sample < event.believed <= audio.shape[1]
        assert np.isfinite(event.level_dbm0)

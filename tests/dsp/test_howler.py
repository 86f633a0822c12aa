from pathlib import Path

import numpy as np
import pytest

from dsp.bank import LineBank
from dsp.howler import HOWLER, HowlerBank
from dsp.level import LevelBank
from dsp.slices import SLICE
from dsp.tone_plans import tones_of
from firmware_bridge.signals import CALL_TONES, CallTone, call_tone
from tests.signals import dtmf, pcm, speech_like, white

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")


def howl(seconds=4.0, dbm0=-7.0, off=0.0, on=0.1, pause=0.1):
    tone = CallTone(tuple(hz * (1 + off) for hz in HOWLER.freqs_hz), (on, pause))
    return call_tone(tone, 0, round(seconds * 8000), dbm0)


def silence(seconds):
    return np.zeros(round(seconds * 8000))


def heard(wave, size=640):
    audio = pcm(wave)[None]
    level = LevelBank(1)
    bank, events = HowlerBank(1, level.seconds), []
    for at in range(0, audio.shape[1], size):
        level.push(audio[:, at : at + size])
        events += bank.push(audio[:, at : at + size])
    return events + bank.close()


def on_a_line(*parts):
    wave = np.concatenate(parts)
    return wave + white(np.random.default_rng(1), len(wave) / 8000, -60)[: len(wave)]


@pytest.mark.parametrize("off", [-0.015, 0.0, 0.015])
@pytest.mark.parametrize("dbm0", [-2.0, -7.0, -14.0])
@pytest.mark.parametrize("begin_s", [1.0, 1.37, 1.93])
def test_it_is_heard_and_dated(off, dbm0, begin_s):
    (tone,) = heard(on_a_line(silence(begin_s), howl(dbm0=dbm0, off=off), silence(2)))
    assert (tone.plan, tone.name, tone.line) == ("bell", "howler", 1)
    assert tone.at_s == pytest.approx(begin_s, abs=0.03)
    assert tone.duration_s == pytest.approx(3.9, abs=0.05)
    assert tone.sample < tone.believed <= (begin_s + 3.5) * 8000


def test_it_is_heard_in_noise_under_a_voice_and_off_its_cadence():
    rng = np.random.default_rng(3)
    for wave in (
        howl(6.0) + white(rng, 6.0, -15),
        howl(6.0) + speech_like(rng, 6.0, -17),
        howl(6.0, on=0.11, pause=0.09),
    ):
        assert [tone.name for tone in heard(on_a_line(silence(1), wave, silence(2)))] == ["howler"]


def test_a_hang_up_ends_it():
    level, audio = LevelBank(1), pcm(howl(3.84))[None]
    bank = HowlerBank(1, level.seconds)
    for at in range(0, audio.shape[1], SLICE):
        level.push(audio[:, at : at + SLICE])
        assert bank.push(audio[:, at : at + SLICE]) == []
    (tone,) = bank.end(1, audio.shape[1])
    assert tone.duration_s == pytest.approx(3.84, abs=0.02)
    assert bank.close() == []


@pytest.mark.parametrize("size", [1, 7, 80, 8000, 100_000])
def test_what_is_heard_is_the_same_however_the_stream_is_cut(size):
    audio = pcm(on_a_line(silence(0.7), howl(3.0), silence(1), howl(3.0), silence(1)))[None]

    def run(size):
        bank, events = LineBank(1, has_volts=False, plans=tones_of(("pbx",))), []
        for at in range(0, audio.shape[1], size):
            events += bank.push(audio[:, at : at + size], np.zeros((1, 0), np.int16))
        return [*events, *bank.close()]

    whole = run(audio.shape[1])
    assert [e.name for e in whole if e.kind == "tone"] == ["howler"] * 2
    if size > 1:
        assert run(size) == whole


def test_loud_sounds_of_other_kinds_are_no_howler():
    rng = np.random.default_rng(5)
    sounds = [
        speech_like(rng, 20.0, -5),
        white(rng, 5.0, -6),
        dtmf("159D" * 10, 0.1, 0.1, -4),
        howl(4.0, on=0.5, pause=0.5),
        *(call_tone(tone, 0, 40000, -4.0) for tone in CALL_TONES.values()),
    ]
    three = CallTone(HOWLER.freqs_hz[:3], (0.1, 0.1))
    for wave in [*sounds, call_tone(three, 0, 40000, -4.0)]:
        assert heard(on_a_line(silence(1), wave, silence(1))) == []


def test_what_is_no_louder_than_speech_is_not_listened_to():
    assert heard(on_a_line(silence(1), howl(dbm0=-25.0), silence(1))) == []


def test_audio_of_another_number_of_lines_is_refused():
    level = LevelBank(2)
    bank = HowlerBank(2, level.seconds)
    with pytest.raises(ValueError, match="want"):
        bank.push(np.zeros((3, 320), np.int16))

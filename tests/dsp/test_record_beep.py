from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.io import wavfile

from dsp.record_beep import BeepBank
from firmware_bridge.signals import CALL_TONES, a_law, call_tone
from firmware_bridge.voices import sentence
from tests.signals import dtmf, in_pieces, pcm, peak, sine, white

SOUNDS = Path("/usr/share/asterisk")


def silence(seconds):
    return np.zeros(round(seconds * 8000))


def beep(freq_hz=1400.0, seconds=0.5, dbm0=-14.0, at_s=1.0, whole_s=3.0):
    line = silence(whole_s)
    at = round(at_s * 8000)
    tone = sine(freq_hz, seconds, dbm0)
    line[at : at + len(tone)] = tone
    return line


def speech(dbm0, seconds, seed=0):
    said = np.concatenate([sentence(f"ko_far_{k}", "far") for k in range(1, 6)]).astype(float)
    loud = np.sqrt(np.mean(said[np.abs(said) > 100] ** 2))
    return np.roll(said, seed * 4111)[: round(seconds * 8000)] / loud * peak(dbm0) / np.sqrt(2)


def heard(line):
    bank = BeepBank(1)
    return bank.push(pcm(line)[None]) + bank.close()


def test_a_record_tone_is_heard_for_what_it_is():
    (event,) = heard(beep() + white(np.random.default_rng(1), 3, -65))
    assert event.kind == "record_beep"
    assert event.at_s == pytest.approx(1.0, abs=0.001)
    assert event.freq_hz == pytest.approx(1400, abs=0.5)
    assert event.duration_s == pytest.approx(0.5, abs=0.001)
    assert event.believed / 8000 < 1.5 + 0.75


@pytest.mark.parametrize("dbm0", [-40, -20, 0])
@pytest.mark.parametrize("seconds", [0.35, 0.5, 0.65])
@pytest.mark.parametrize("freq_hz", [1379.0, 1400.0, 1421.0])
def test_it_is_heard_within_the_limits(freq_hz, seconds, dbm0):
    noise = white(np.random.default_rng(2), 3, dbm0 - 10)
    (event,) = heard(a_law(pcm(beep(freq_hz, seconds, dbm0, at_s=1.0033) + noise)))
    assert event.freq_hz == pytest.approx(freq_hz, abs=1.0)
    assert event.duration_s == pytest.approx(seconds, abs=0.005)
    assert event.at_s == pytest.approx(1.0033, abs=0.003)


@pytest.mark.parametrize("seed", range(12))
def test_it_is_heard_in_speech_10_db_below_it(seed):
    line = beep(seconds=0.4 + 0.02 * seed, dbm0=-14) + speech(-24, 3, seed)
    (event,) = heard(a_law(pcm(line)))
    assert event.at_s == pytest.approx(1.0, abs=0.005)


@pytest.mark.parametrize(
    "line",
    [
        beep(1400 * 1.02),
        beep(1400 * 0.98),
        beep(seconds=0.3),
        beep(seconds=0.7),
        beep(dbm0=-46),
        beep(freq_hz=1100),
        beep(freq_hz=1300, seconds=0.6),
        beep(freq_hz=2100),
        beep() + beep(freq_hz=1336),
        beep() + beep(freq_hz=2800),
    ],
    ids=["high", "low", "short", "long", "faint", "fax", "modem", "answer", "beat", "harmonic"],
)
def test_what_is_outside_the_limits_is_none(line):
    assert heard(line) == []


@pytest.mark.parametrize("gap_s", [0.0, 0.01, 0.03])
@pytest.mark.parametrize("each_s", [0.33, 0.4])
def test_the_special_information_tone_is_none(each_s, gap_s):
    tones = [np.append(sine(hz, each_s), silence(gap_s)) for hz in (950, 1400, 1800)]
    assert heard(np.concatenate([silence(0.5), *tones, silence(1)])) == []


def test_in_loud_noise_it_is_told_once():
    for seed in range(40):
        noise = white(np.random.default_rng(seed), 3, -30)
        line = beep(1400 + seed / 2, dbm0=-20, at_s=0.8 + seed / 97) + noise
        assert len(heard(line)) == 1


def test_it_is_heard_between_words_as_loud_as_itself():
    for seed in range(8):
        line = speech(-14, 3, seed)
        line[8000:12000] = sine(1400, 0.5, -14)
        assert [e.at_s for e in heard(line)] == pytest.approx([1.0], abs=0.005)


def test_digits_and_call_progress_tones_are_none():
    assert heard(np.concatenate((silence(0.3), dtmf("0123456789*#ABCD", on=0.5, off=0.3)))) == []
    for tone in CALL_TONES.values():
        assert heard(call_tone(tone, 0, 6 * 8000, -10.0)) == []


def note(freq_hz, seconds, fade_s):
    n = np.arange(round(seconds * 8000))
    wave = sum(sine(freq_hz * k, seconds, -12 - 12 * k) for k in (1, 2))
    return wave * np.minimum(n / 400, 1) * np.exp(-n / 8000 / fade_s)


@pytest.mark.parametrize("fade_s", [0.1, 0.3, 0.6])
def test_a_struck_note_of_its_pitch_is_none(fade_s):
    notes = [np.append(note(hz, 0.5, fade_s), silence(0.1)) for hz in (1318.5, 1396.9, 1568)]
    assert heard(np.concatenate([silence(0.3), *notes, silence(1)])) == []


@pytest.mark.parametrize("folder", ["sounds/it_IT_m_Carlo", "sounds/en_US_f_Allison", "moh"])
def test_it_is_not_heard_in_human_speech_nor_in_music(folder):
    files = sorted((SOUNDS / folder).glob("*.wav"))
    if not files:
        pytest.skip(f"{folder} is not installed (apt install asterisk-*)")
    audio = np.concatenate([wavfile.read(path)[1] for path in files])
    lines = np.resize(audio[: len(audio) // 16 * 16], (16, len(audio) // 16))[:, : 8000 * 120]
    bank = BeepBank(16)
    assert bank.push(lines) + bank.close() == []


def test_every_fifteen_seconds_it_is_heard_again():
    line = np.concatenate([beep(whole_s=15.0) for _ in range(4)])
    assert [e.at_s for e in heard(line)] == pytest.approx([1, 16, 31, 46], abs=0.001)


def test_one_with_which_the_stream_begins_or_ends_is_heard():
    (first,) = heard(beep(at_s=0.0, whole_s=1.0))
    assert (first.sample, first.duration_s) == (0, pytest.approx(0.5, abs=0.001))
    (last,) = heard(beep(at_s=1.0, whole_s=1.5))
    assert (last.believed, last.at_s) == (12000, pytest.approx(1.0, abs=0.001))


RNG = np.random.default_rng(5)
LINES = np.stack(
    [
        pcm(beep(1390 + k, 0.4 + k / 50, at_s=0.9 + k / 7) + speech(-26, 3, k) + white(RNG, 3, -50))
        for k in range(9)
    ]
)


def run(audio, size):
    bank = BeepBank(len(audio))
    return in_pieces(bank.push, audio, size) + bank.close()


@pytest.mark.parametrize("size", [1, 7, 80, 8000])
def test_the_events_are_the_same_however_the_stream_is_cut(size):
    whole = run(LINES, 24_000)
    assert [e.line for e in sorted(whole, key=lambda e: e.line)] == list(range(1, 10))
    assert run(LINES, size) == whole


def test_a_line_is_heard_alone_as_among_64():
    together = run(np.resize(LINES, (64, 24_000)), 4000)
    alone = [replace(e, line=i + 1) for i in range(64) for e in run(LINES[i % 9][None], 4000)]
    assert sorted(together, key=lambda e: e.line) == alone


def test_audio_of_another_number_of_lines_is_refused():
    with pytest.raises(ValueError, match="want"):
        BeepBank(2).push(np.zeros((3, 80), np.int16))


@settings(max_examples=30, deadline=None)
@given(arrays(np.int16, st.tuples(st.just(2), st.integers(0, 900))), st.integers(1, 60))
def test_no_audio_whatever_breaks_it(samples, stretch):
    audio = np.repeat(samples, stretch, axis=1)
    for event in run(audio, 5000):
        assert 0 <= event.sample < event.believed <= audio.shape[1]
        assert np.isfinite(event.freq_hz)

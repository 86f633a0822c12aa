"""Tones of fax machines and modems are heard, and no voice is taken for one."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from dsp.data_tone import DataToneEar
from firmware_bridge.signals import a_law
from tests.signals import pcm, sine, white

SOUNDS = Path("/usr/share/asterisk/sounds")


def heard(line):
    ear, audio = DataToneEar(), pcm(line)
    audio = audio[: len(audio) // 160 * 160]
    return next(filter(None, (ear.push(frame) for frame in audio.reshape(-1, 160))), None)


def after(at_s, tone, whole_s=4.0, noise_dbm0=-60):
    line = white(np.random.default_rng(1), whole_s, noise_dbm0)
    at = round(at_s * 8000)
    line[at : at + len(tone)] += tone
    return line


def turned(tone, every_s=0.45):
    """The answer tone as echo cancellers know it."""
    flips = (np.arange(len(tone)) / 8000 // every_s).astype(int) % 2
    return tone * np.where(flips, -1, 1)


@pytest.mark.parametrize("dbm0", [-6, -20, -40])
@pytest.mark.parametrize(
    "name, hz, seconds",
    [
        *(("answer", hz, 2.6) for hz in (2085, 2100, 2115, 2215, 2225, 2235)),
        *(("calling", hz, s) for hz in (1062, 1087, 1100, 1138) for s in (0.425, 0.575)),
        *(("calling", hz, 0.5) for hz in (1285, 1300, 1315)),
    ],
)
def test_a_machine_is_heard_within_the_limits(name, hz, seconds, dbm0):
    for start_s in (1.0, 1.0033, 1.0091):
        line = after(start_s, sine(hz, seconds, dbm0), noise_dbm0=dbm0 - 12)
        found = heard(a_law(pcm(line)))
        assert found and found.name == name
        assert found.sample / 8000 < start_s + 0.8


@pytest.mark.parametrize("every_s", [0.425, 0.45, 0.475])
def test_an_answer_tone_may_be_turned_over_and_swell(every_s):
    tone = sine(2100, 3.0, -12) * (1 + 0.2 * np.sin(2 * np.pi * 15 * np.arange(24_000) / 8000))
    assert heard(after(1.0, turned(tone, every_s))).name == "answer"


@pytest.mark.parametrize(
    "line",
    [
        sine(2100, 0.35, -10),
        sine(2100, 3.0, -46),
        sine(1020, 3.0, -10),
        sine(1400, 3.0, -10),
        sine(1000, 3.0, -10) + sine(2100, 3.0, -10),
        sine(1860, 3.0, -10),
        sine(697, 3.0, -8) + sine(1209, 3.0, -8),
        sine(941, 3.0, -8) + sine(1336, 3.0, -8),
        white(np.random.default_rng(3), 3.0, -15),
    ],
)
def test_what_is_none_is_not_taken_for_one(line):
    assert heard(after(0.5, line)) is None


@pytest.mark.skipif(not SOUNDS.is_dir(), reason="needs asterisk-core-sounds")
def test_no_prompt_is_taken_for_one():
    said = [
        wavfile.read(path)[1].astype(float) for path in sorted(SOUNDS.glob("en_US_f_Allison/*.wav"))
    ]
    assert heard(np.concatenate(said)) is None

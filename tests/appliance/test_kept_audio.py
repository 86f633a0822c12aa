import numpy as np
import pytest

from appliance.kept_audio import KeptAudio, Levels
from dsp.opus import FRAME, decode
from dsp.units import dbm0


def talk(seconds, seed=3):
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * 8000)) / 8000
    voice = np.sin(2 * np.pi * 220 * t) + 0.5 * np.sin(2 * np.pi * 660 * t)
    loud = 1500 * (1 + np.sin(2 * np.pi * 3 * t))
    return (loud * voice + rng.normal(0, 20, len(t))).astype(np.int16)


def keep(audio, step):
    kept, packets = KeptAudio(complexity=5), []
    for start in range(0, len(audio), step):
        kept.push(audio[start : start + step])
        piece = kept.take()
        if piece:
            assert piece.first_sample == len(packets) * FRAME
            packets += piece.packets
    heard = kept.close()
    piece = kept.take()
    packets += piece.packets if piece else []
    assert heard.samples == len(audio)
    return packets, heard, kept.lookahead


@pytest.mark.parametrize("step", [1, 77, 160, 8000, 100_000])
def test_the_packets_are_the_same_however_the_audio_comes(step):
    audio = talk(1.23)
    assert keep(audio, step) == keep(audio, 320)


@pytest.mark.parametrize("count", [1, 107, 108, 159, 160, 161, 8000, 8001])
def test_every_sample_comes_back_in_its_place(count):
    audio = talk(2)[:count]
    packets, _, lookahead = keep(audio, 160)
    back = decode(packets, lookahead, count)
    assert len(back) == count
    if count >= 8000:
        assert np.corrcoef(back, audio)[0, 1] > 0.9


def test_nothing_pushed_makes_nothing():
    packets, heard, _ = keep(np.empty(0, np.int16), 160)
    assert (packets, heard.samples, heard.levels) == ([], 0, ())


@pytest.mark.parametrize("step", [1, 999, 8000, 50_000])
def test_levels_are_of_whole_seconds_and_the_rest(step):
    sine = np.tile([0, 1000, 0, -1000], 5000).astype(np.int16)  # 2.5 s
    sine[8000:16000] = 0  # its difference has the same level and is 1000 at each step
    levels = Levels()
    for start in range(0, len(sine), step):
        levels.push(sine[start : start + step])
    loud, one_step = dbm0(1000**2), dbm0(1000**2 / 8000)
    assert levels.close() == pytest.approx([loud, one_step, loud], abs=0.01)

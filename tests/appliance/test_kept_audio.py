import numpy as np
import pytest

from appliance.decoding import PacketDecoder
from appliance.kept_audio import Levels
from appliance.vault.segment import Codec
from dsp.g711 import encode
from dsp.opus import FRAME, decode
from dsp.units import dbm0
from tests.kept import kept_packets
from tests.signals import pcm, sine, white


def talk(seconds, seed=3):
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * 8000)) / 8000
    voice = np.sin(2 * np.pi * 220 * t) + 0.5 * np.sin(2 * np.pi * 660 * t)
    loud = 1500 * (1 + np.sin(2 * np.pi * 3 * t))
    return (loud * voice + rng.normal(0, 20, len(t))).astype(np.int16)


def keep(audio, step):
    packets, heard, kept = kept_packets(audio, step=step)
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
    back = decode([packet.data for packet in packets], lookahead, count)
    assert len(back) == count
    if count >= 8000:
        assert np.corrcoef(back, audio)[0, 1] > 0.9


def test_nothing_pushed_makes_nothing():
    packets, heard, _ = keep(np.empty(0, np.int16), 160)
    assert (packets, heard.samples, heard.levels) == ([], 0, ())


def fax(seconds=5.0):
    """A voice for two seconds, a machine's answer for one, and what it sends."""
    line = talk(seconds)
    line[16_000:24_000] = pcm(sine(2100, 1.0, -12))
    line[24_000:] = pcm(white(np.random.default_rng(4), seconds - 3, -20))
    return line


@pytest.mark.parametrize("step", [1, 77, 8000, 100_000])
def test_what_follows_a_machines_tone_is_kept_as_it_is(step):
    audio = fax()
    packets, heard, lookahead = keep(audio, step)
    assert packets == keep(audio, 320)[0]
    codecs = [packet.codec for packet in packets]
    opus = codecs.count(Codec.OPUS)
    assert codecs == [Codec.OPUS] * opus + [Codec.ALAW] * (len(codecs) - opus)
    assert 2.4 < opus * FRAME / 8000 < 2.8
    alaw = b"".join(packet.data for packet in packets[opus:])
    kept_from = opus * FRAME - lookahead
    assert alaw[: len(audio) - kept_from] == encode(audio[kept_from:])
    assert heard.samples == len(audio)


def test_the_two_parts_join_without_a_gap():
    audio = pcm(sine(2100, 3.0, -12))
    packets, heard, lookahead = keep(audio, 320)
    with PacketDecoder() as decoder:
        back = np.concatenate([decoder.decode(packet) for packet in packets])
    back = back[lookahead:][: heard.samples].astype(float)
    opus = sum(packet.codec is Codec.OPUS for packet in packets) * FRAME - lookahead
    around = slice(opus - 400, opus + 400)
    assert np.corrcoef(back[around], audio[around])[0, 1] > 0.99


@pytest.mark.parametrize("step", [1, 999, 8000, 50_000])
def test_levels_are_of_whole_seconds_and_the_rest(step):
    sine = np.tile([0, 1000, 0, -1000], 5000).astype(np.int16)  # 2.5 s
    sine[8000:16000] = 0  # its difference has the same level and is 1000 at each step
    levels = Levels()
    for start in range(0, len(sine), step):
        levels.push(sine[start : start + step])
    loud, one_step = dbm0(1000**2), dbm0(1000**2 / 8000)
    assert levels.close() == pytest.approx([loud, one_step, loud], abs=0.01)

import numpy as np
import pytest

from appliance.known_tone import FREQ_HZ, LASTS_S, LEVEL_DBM0, recognise
from dsp.opus import Encoder, decode, encode
from firmware_bridge.signals import sine, to_int16
from firmware_bridge.voices import mix, talk


def tone(freq_hz=FREQ_HZ, dbm0=LEVEL_DBM0, seconds=LASTS_S):
    return to_int16(sine(freq_hz, 0, round(8000 * seconds), dbm0))


def through_opus(audio, complexity):
    with Encoder(complexity) as encoder:
        return decode(encode(audio, encoder), encoder.lookahead, len(audio))


@pytest.mark.parametrize("complexity", [0, 5, 10])
@pytest.mark.parametrize("before", [0, 1, 333, 4800])
def test_the_tone_is_known_through_opus_wherever_it_begins(complexity, before):
    noise = np.random.default_rng(1).normal(0, 30, before + 6000 + len(tone())).astype(np.int16)
    noise[before : before + len(tone())] = tone()
    assert recognise(through_opus(noise, complexity)) == ""


@pytest.mark.parametrize(
    "audio, says",
    [
        (np.zeros(30_000, np.int16), "0.00 s of the tone came back of 3 s; loudest -96"),
        (np.empty(0, np.int16), "0.00 s"),
        (tone(1000), "0.00 s"),
        (tone(seconds=1.5), "1.50 s"),
        (tone(dbm0=-18.0), "came back at -18.0 dBm0, was -10.0 dBm0"),
        (tone(dbm0=-5.0), "came back at -5.0 dBm0"),
        (np.hstack([tone(440), tone(350)]), "0.00 s"),
    ],
    ids=["silence", "nothing", "another", "too short", "too quiet", "too loud", "dial tone"],
)
def test_what_is_not_the_tone_is_told(audio, says):
    assert says in recognise(audio)


@pytest.mark.parametrize("language", ["ko", "ja", "en"])
def test_a_voice_is_not_the_tone(language):
    assert "of the tone came back" in recognise(to_int16(mix(talk(language, 32_000, 1), 0, 32_000)))


def test_the_tone_under_a_voice_is_not_the_tone():
    voice = mix(talk("ko", 24_000, 1), 0, 24_000)
    assert "of the tone" in recognise(to_int16(voice + tone()))

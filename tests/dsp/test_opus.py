import contextlib
import threading
import wave
from pathlib import Path

import numpy as np
import pytest

from dsp.opus import (
    FRAME,
    LOOKAHEAD,
    BadPacket,
    Decoder,
    Encoder,
    OpusMissing,
    _libopus,
    decode,
    encode,
)

#: Debian's asterisk-core-sounds-en-wav and -it-wav: a woman's voice, a man's, 8 kHz.
SOUNDS = Path("/usr/share/asterisk/sounds")
PROMPTS = ("en_US_f_Allison/vm-intro.wav", "it_IT_m_Carlo/vm-intro.wav")


def prompt(name):
    if not (SOUNDS / name).exists():
        pytest.skip(f"{name} is not installed (apt install asterisk-core-sounds-en-wav)")
    with wave.open(str(SOUNDS / name)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def noise(count, seed=1):
    return np.random.default_rng(seed).normal(0, 2000, count).astype(np.int16)


def through_opus(audio, **settings):
    with Encoder(**settings) as encoder:
        return decode(encode(audio, encoder), encoder.lookahead, len(audio))


def lag(a, b, reach=80):
    """By how many samples b comes after a."""
    a, b = a.astype(float), b.astype(float)
    middle = a[reach:-reach]
    score = [middle @ b[reach + k : len(b) - reach + k] for k in range(-reach, reach + 1)]
    return int(np.argmax(score)) - reach


@pytest.mark.parametrize("complexity", [0, 5, 10])
@pytest.mark.parametrize("name", PROMPTS)
def test_speech_comes_back_alike_and_in_its_place(name, complexity):
    audio = prompt(name)[: 8000 * 4]
    back = through_opus(audio, complexity=complexity)
    assert back.dtype == np.int16 and len(back) == len(audio)
    assert abs(lag(audio, back)) <= 1
    assert np.corrcoef(audio, back)[0, 1] > 0.9


@pytest.mark.parametrize("name", PROMPTS)
def test_the_level_of_speech_stays_within_2_db_in_each_fifth_of_a_second(name):
    audio = prompt(name)[: 8000 * 4]
    was, now = (
        (x[: len(x) // 1600 * 1600].reshape(-1, 1600).astype(float) ** 2).mean(axis=1)
        for x in (audio, through_opus(audio))
    )
    active = was > was.max() / 1000
    assert np.abs(10 * np.log10(now[active] / was[active])).max() < 2


@pytest.mark.parametrize("count", [1, 107, 108, 109, 160, 161, 8001])
def test_any_length_comes_back_to_the_sample(count):
    assert len(through_opus(noise(count))) == count


def test_the_last_sample_is_flushed_out_of_the_look_ahead():
    audio = np.zeros(1600, np.int16)
    audio[-60:] = 8000 * np.sin(2 * np.pi * 500 * np.arange(60) / 8000)
    assert np.abs(through_opus(audio)[-60:].astype(float)).max() > 2000


def test_no_samples_are_no_packets():
    with Encoder() as encoder:
        assert encode(np.empty(0, np.int16), encoder) == []
    assert decode([], 52, 0).tolist() == []


def test_a_quiet_line_is_not_replaced_by_invented_noise():
    with Encoder() as encoder:
        packets = encode((noise(16000) // 60).astype(np.int16), encoder)
    assert min(map(len, packets)) > 10  # DTX sends packets of one byte


def test_the_bit_rate_is_what_was_asked_for():
    audio = prompt(PROMPTS[0])
    with Encoder(bitrate=16_000) as encoder:
        packets = encode(audio, encoder)
    assert sum(map(len, packets)) * 8 / (len(packets) * 0.02) == pytest.approx(16_000, rel=0.15)


def test_a_packet_tells_a_decoder_that_it_is_narrowband_and_20_ms():
    with Encoder() as encoder:
        first = encoder.encode(noise(FRAME))[0]
    config = first >> 3  # RFC 6716 table 2: 1 is SILK, narrowband, 20 ms
    assert config == 1 and first & 7 == 0  # mono, one frame


def test_the_look_ahead_is_six_and_a_half_milliseconds():
    with Encoder() as encoder:
        assert encoder.lookahead == LOOKAHEAD == 52


@pytest.mark.parametrize(
    "frame",
    [np.zeros(159, np.int16), np.zeros((1, 160), np.int16), np.zeros(160), np.zeros(0, np.int16)],
)
def test_a_frame_of_another_shape_or_type_is_refused(frame):
    with Encoder() as encoder, pytest.raises(ValueError, match=r"want int16\[160\]"):
        encoder.encode(frame)


def test_a_frame_need_not_lie_in_one_piece():
    every_other = noise(320)[::2]
    with Encoder() as one, Encoder() as other:
        assert one.encode(every_other) == other.encode(every_other.copy())


@pytest.mark.parametrize("settings", [{"complexity": 11}, {"complexity": -1}, {"bitrate": 100}])
def test_a_setting_out_of_range_is_refused(settings):
    with pytest.raises(ValueError, match="want"):
        Encoder(**settings)


def test_bad_packets_are_refused_and_the_decoder_lives_on():
    with Encoder() as encoder, Decoder() as decoder:
        good = encoder.encode(noise(FRAME))
        ten_ms = bytes([good[0] & 0x07, *good[1:]])
        with pytest.raises(BadPacket, match="no bytes"):  # to libopus: lost, invent something
            decoder.decode(b"")
        for bad in (b"\x0b", b"\xff" * 3, ten_ms):
            with pytest.raises(BadPacket):
                decoder.decode(bad)
        assert len(decoder.decode(good)) == FRAME


def test_random_bytes_decode_or_are_refused():
    rng = np.random.default_rng(3)
    with Decoder() as decoder:
        for _ in range(500):
            with contextlib.suppress(BadPacket):
                assert decoder.decode(rng.bytes(int(rng.integers(1, 80)))).shape == (FRAME,)


def test_missing_packets_are_told_from_a_short_stream():
    with Encoder() as encoder:
        packets = encode(noise(1000), encoder)
    with pytest.raises(ValueError, match="want 1000"):
        decode(packets[:-1], 52, 1000)


@pytest.mark.parametrize("make", [Encoder, Decoder])
def test_what_is_closed_stays_closed(make):
    codec = make()
    codec.close()
    codec.close()
    with pytest.raises(ValueError, match="closed"):
        codec.encode(noise(FRAME)) if make is Encoder else codec.decode(b"x")


def test_encoders_in_threads_do_not_disturb_each_other():
    lines = [noise(8000, seed) for seed in range(4)]
    alone = [through_opus(audio) for audio in lines]
    together = [None] * 4

    def run(k):
        together[k] = through_opus(lines[k])

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_a_machine_without_libopus_is_told_the_remedy(monkeypatch):
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    _libopus.cache_clear()
    with pytest.raises(OpusMissing, match="apt install libopus0"):
        Encoder()
    monkeypatch.undo()
    _libopus.cache_clear()
    Encoder().close()

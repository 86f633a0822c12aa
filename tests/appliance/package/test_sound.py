import pytest

from appliance import ogg, ogg_read, wav
from appliance.package import sound
from appliance.package.findings import Report


@pytest.fixture
def call(files):
    return next(name[:-5] for name in files if name.endswith(".opus"))


def judged(files, call, seconds):
    report = Report()
    sound.judge(files, call, {"audio_s": seconds}, report)
    return report, [found.what for found in report.mismatches]


def seconds(files, call):
    return (len(files[f"{call}.wav"]) - 44) / 16_000


def test_a_sound_pair_decodes_bit_by_bit(files, call):
    report, whats = judged(files, call, seconds(files, call))
    assert (whats, report.exact) == ([], True)


@pytest.mark.parametrize("said", [3.0, None, "6", float("nan"), float("inf"), -1, True, 1e300])
def test_another_length_is_named(files, call, said):
    assert judged(files, call, said)[1] == ["length", "length"]


def spoilt_wav(files, call, at, by):
    data = bytearray(files[f"{call}.wav"])
    sample = int.from_bytes(data[at : at + 2], "little", signed=True) + by
    data[at : at + 2] = sample.to_bytes(2, "little", signed=True)
    return {**files, f"{call}.wav": bytes(data)}


def test_a_sample_that_another_decoder_may_give_is_near(files, call):
    report, whats = judged(spoilt_wav(files, call, 9044, 16), call, seconds(files, call))
    assert (whats, report.exact) == ([], False)


def test_another_sound_is_named(files, call):
    assert judged(spoilt_wav(files, call, 9044, 17), call, seconds(files, call))[1] == [
        "wav_differs"
    ]


def test_a_damaged_file_is_named(files, call):
    opus, whole = f"{call}.opus", seconds(files, call)
    assert judged({**files, opus: b"OggS"}, call, whole)[1] == ["opus_damaged"]
    tagged = ogg.write(
        ogg_read.read(files[opus]).packets, ogg.Labels(1, tags={"A": "b"}), round(whole * 8000)
    )
    assert judged({**files, opus: tagged}, call, whole)[1] == ["opus_damaged"]
    for data in (b"", b"RIFF", files[f"{call}.wav"] + b"x", wav.header(5, channels=2) + bytes(10)):
        assert judged({**files, f"{call}.wav": data}, call, whole)[1] == ["malformed"]


def test_packets_that_are_none_are_named(files, call):
    opus = ogg.write([b"\x08\xff\xff"] * 300, ogg.Labels(7), None)
    assert "opus_damaged" in judged({**files, f"{call}.opus": opus}, call, 6.0)[1]

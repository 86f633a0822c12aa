import struct
import wave

import numpy as np
import pytest

from firmware_bridge.wav import NotAWav, WavReader, WavWriter

SAMPLES = np.random.default_rng(1).integers(-32768, 32768, (3, 1000)).astype(np.int16)
FMT = struct.pack("<HHIIHH", 1, 3, 8000, 48000, 6, 16)
EXTENSIBLE = struct.pack("<HHIIHHHHI", 0xFFFE, 3, 8000, 48000, 6, 16, 22, 16, 0) + bytes.fromhex(
    "0100000000001000800000aa00389b71"  # KSDATAFORMAT_SUBTYPE_PCM
)
DATA = SAMPLES.T.astype("<i2").tobytes()


def chunk(name, body, size=None):
    return name + struct.pack("<I", len(body) if size is None else size) + body


def wav(*chunks):
    body = b"WAVE" + b"".join(chunks)
    return chunk(b"RIFF", body)


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "lines.wav"
        path.write_bytes(content)
        return path

    return write


def read_all(path):
    with WavReader(path) as reader:
        assert (reader.rate, reader.channels, reader.frames) == (8000, 3, 1000)
        return reader.read(2000)


def test_what_is_written_is_read_back(tmp_path):
    with WavWriter(tmp_path / "a.wav", 8000, 3) as writer:
        writer.write(SAMPLES[:, :1])
        writer.write(SAMPLES[:, 1:])
    assert np.array_equal(read_all(tmp_path / "a.wav"), SAMPLES)


def test_the_standard_library_reads_what_is_written(tmp_path):
    with WavWriter(tmp_path / "a.wav", 1000, 3) as writer:
        writer.write(SAMPLES)
    with wave.open(str(tmp_path / "a.wav")) as reader:
        assert reader.getparams()[:4] == (3, 2, 1000, 1000)
        assert reader.readframes(1000) == DATA


@pytest.mark.parametrize(
    "content",
    [
        wav(chunk(b"fmt ", FMT), chunk(b"data", DATA)),
        wav(chunk(b"fmt ", EXTENSIBLE), chunk(b"data", DATA)),
        wav(chunk(b"LIST", b"odd\0\0\0"[:5] + b"\0", 5), chunk(b"fmt ", FMT), chunk(b"data", DATA)),
        wav(chunk(b"fmt ", FMT), chunk(b"data", DATA), chunk(b"LIST", b"behind")),
        wav(chunk(b"fmt ", FMT), chunk(b"data", DATA, 0xFFFFFFFF)),
        wav(chunk(b"fmt ", FMT), chunk(b"data", DATA, 0)),
        wav(chunk(b"fmt ", FMT), chunk(b"data", DATA, len(DATA) + 600)),
    ],
    ids=["pcm", "extensible", "chunk before", "chunk behind", "streamed", "unfinished", "cut off"],
)
def test_every_way_of_writing_it_is_read(file, content):
    assert np.array_equal(read_all(file(content)), SAMPLES)


@pytest.mark.parametrize("size", [1, 7, 1000, 5000])
def test_any_pieces_give_the_same_samples(file, size):
    with WavReader(file(wav(chunk(b"fmt ", FMT), chunk(b"data", DATA)))) as reader:
        pieces = []
        while (piece := reader.read(size)).shape[1]:
            pieces.append(piece)
        assert np.array_equal(np.hstack(pieces), SAMPLES)
        assert reader.read(10).shape == (3, 0)
        reader.rewind()
        assert np.array_equal(reader.read(1000), SAMPLES)


def test_half_a_frame_at_the_end_is_left(file):
    with WavReader(file(wav(chunk(b"fmt ", FMT), chunk(b"data", DATA[:-3])))) as reader:
        assert reader.frames == 999


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "begins with b''"),
        (b"OggS" + bytes(40), "begins with b'OggS'"),
        (wav(chunk(b"fmt ", FMT)), "no data chunk"),
        (wav(chunk(b"data", DATA)), "no fmt chunk"),
        (wav(chunk(b"fmt ", FMT[:10]), chunk(b"data", DATA)), "fmt chunk of 10 bytes"),
        (wav(chunk(b"fmt ", FMT[:14] + b"\x08\0"), chunk(b"data", DATA)), "8 bits"),
        (wav(chunk(b"fmt ", b"\x03\0" + FMT[2:]), chunk(b"data", DATA)), "format 3"),
        (wav(chunk(b"fmt ", b"\x01\0\0\0" + FMT[4:]), chunk(b"data", DATA)), "0 channels"),
    ],
)
def test_what_is_no_16_bit_wav_is_refused_by_name(file, content, says):
    with pytest.raises(NotAWav, match=says) as refused:
        WavReader(file(content))
    assert "lines.wav" in str(refused.value)

import ctypes
import random
import struct
import subprocess

import numpy as np
import pytest

from appliance import ogg
from appliance.ogg import Labels

LABELS = Labels(serial=0x1234, tags={"TITLE": "통화", "KIROK_CALL": "01ARZ3NDEKTSV4RRFFQ69G5FAV"})


def encode(samples):
    """Encode int16 at 8 kHz in packets of 20 ms, with Debian's libopus."""
    opus = ctypes.CDLL("libopus.so.0")
    opus.opus_encoder_create.restype = ctypes.c_void_p
    error = ctypes.c_int()
    encoder = ctypes.c_void_p(opus.opus_encoder_create(8000, 1, 2048, ctypes.byref(error)))
    out = ctypes.create_string_buffer(1500)
    packets = []
    for at in range(0, len(samples) - 159, 160):
        piece = samples[at : at + 160].tobytes()
        length = opus.opus_encode(encoder, piece, 160, out, 1500)
        packets.append(out.raw[:length])
    return packets


@pytest.fixture(scope="module")
def sound():
    time = np.arange(8000 * 3 + 160) / 8000
    return (8000 * np.sin(2 * np.pi * 440 * time) * (1 + np.sin(2 * np.pi * 3 * time))).astype(
        np.int16
    )


@pytest.fixture(scope="module")
def packets(sound):
    return encode(sound)


def split(data):
    """Return (flags, position, number, packets' bytes) of each page, its CRC checked bit by bit."""
    pages = []
    while data:
        magic, version, flags, position, serial, number, crc, count = struct.unpack_from(
            "<4sBBQIIIB", data
        )
        assert (magic, version, serial) == (b"OggS", 0, 0x1234)
        size = 27 + count + sum(data[27 : 27 + count])
        page = data[:22] + bytes(4) + data[26:size]
        assert crc == slow_crc(page)
        pages.append((flags, position, number, page[27 + count :]))
        data = data[size:]
    return pages


def slow_crc(data):
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value >> 31 else value << 1) & 0xFFFFFFFF
    return value


def test_a_page_a_second_and_the_end_trimmed(packets):
    pages = split(ogg.write(packets, LABELS, samples=24100))
    assert [flags for flags, *_ in pages] == [2, 0, 0, 0, 0, 4]
    assert [position for _, position, *_ in pages] == [0, 0, 48000, 96000, 144000, 144912]
    assert [number for *_, number, _ in pages] == list(range(6))
    assert b"".join(body for *_, body in pages[2:]) == b"".join(packets)


def test_the_head_and_the_tags_are_as_the_rfc_draws_them(packets):
    pages = split(ogg.write(packets, LABELS))
    assert pages[0][3].hex() == "4f7075734865616401013801401f0000000000"
    assert pages[1][3].startswith(b"OpusTags\5\0\0\0kirok\2\0\0\0\x0c\0\0\0TITLE=")


def test_stock_tools_take_it(tmp_path, packets, sound):
    path, wav = tmp_path / "call.opus", tmp_path / "call.wav"
    path.write_bytes(ogg.write(packets, LABELS, samples=24100))
    info = subprocess.run(["opusinfo", str(path)], capture_output=True, text=True, check=True)
    said = info.stdout + info.stderr
    assert "WARNING" not in said and "ERROR" not in said, said
    assert "Playback length: 0m:03.012s" in said
    assert "TITLE=통화" in said
    command = ["opusdec", "--quiet", "--rate", "8000", "--no-dither", str(path), str(wav)]
    subprocess.run(command, check=True)
    decoded = np.frombuffer(wav.read_bytes()[44:], np.int16).astype(float)
    assert abs(len(decoded) - 24100) <= 1
    # The pre-skip puts the sound where it was, but for what the resampler shifts.
    correlation = max(
        np.corrcoef(decoded[100:23900], sound[100 + shift : 23900 + shift])[0, 1]
        for shift in range(-3, 4)
    )
    assert correlation > 0.95


def test_the_same_packets_give_the_same_bytes(packets):
    assert ogg.write(packets, LABELS) == ogg.write(packets, LABELS)
    assert b"".join(ogg.pages(packets, LABELS)) == ogg.write(packets, LABELS)


def test_large_packets_are_laced_and_paged():
    rng = random.Random(6)
    # Code 3 of one 20 ms SILK frame; sizes on both sides of a lace.
    packets = [b"\x0b\1" + rng.randbytes(size) for size in (252, 253, 254, 508, 60_000, 1, 65_000)]
    pages = split(ogg.write(packets, LABELS))
    assert b"".join(body for *_, body in pages[2:]) == b"".join(packets)
    assert len(pages) == 2 + 2


def test_many_short_packets_never_overfill_a_page():
    # 2.5 ms and 255 bytes each, so two laces a packet and 400 packets a second.
    pages = split(ogg.write([b"\xe0" + bytes(254)] * 300, LABELS))
    assert [len(body) for *_, body in pages[2:]] == [127 * 255, 127 * 255, 46 * 255]


@pytest.mark.parametrize(
    "packet, length",
    [
        (b"\x08", 960),  # narrowband SILK, 20 ms: what the recorder makes
        (b"\x00", 480),
        (b"\x18", 2880),
        (b"\x60", 480),
        (b"\xe0", 120),
        (b"\xf9", 1920),
        (b"\x0b\x03", 2880),
    ],
)
def test_the_length_of_a_packet(packet, length):
    assert ogg.packet_length(packet) == length


@pytest.mark.parametrize("packet", [b"", b"\x0b", b"\x0b\0", b"\x1b\x03"])
def test_what_is_no_packet_is_refused(packet):
    with pytest.raises(ValueError, match="packet"):
        ogg.write([packet], LABELS)


def test_nothing_and_too_much_are_refused():
    with pytest.raises(ValueError, match="without packets"):
        ogg.write([], LABELS)
    with pytest.raises(ValueError, match="laces"):
        ogg.write([b"\x08"], Labels(serial=1, tags={"A": "x" * 70_000}))

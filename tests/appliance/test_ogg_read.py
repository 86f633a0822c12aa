import random

import pytest

from appliance import ogg, ogg_read
from appliance.ogg_read import BadOgg

#: 20 ms each: SILK, narrowband.
PACKETS = [bytes([8]) + random.Random(n).randbytes(n % 300) for n in range(130)]


def file_of(packets, samples=None):
    return ogg.write(packets, ogg.Labels(serial=7), samples)


def test_what_was_put_in_is_taken_out():
    stream = ogg_read.read(file_of(PACKETS, 20_000))
    assert (stream.packets, stream.serial, stream.samples) == (PACKETS, 7, 20_000)


def test_a_packet_of_a_whole_number_of_laces():
    packets = [bytes([8]) + bytes(254), bytes([8]) + bytes(509), bytes([8])]
    assert ogg_read.read(file_of(packets)).packets == packets


def test_every_flipped_byte_is_found_or_changes_what_is_read():
    whole = file_of(PACKETS[:20], 3000)
    for at in range(len(whole)):
        spoilt = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(BadOgg):
            ogg_read.read(spoilt)


def test_every_cut_is_found_but_between_pages():
    whole = file_of(PACKETS[:60], 9000)
    cuts = []
    for size in range(len(whole)):
        try:
            cuts.append(len(ogg_read.read(whole[:size]).packets))
        except BadOgg:
            continue
    assert cuts == [50]  # the first second; the length then is not the call's


def test_noise_is_no_ogg():
    for data in (b"", b"OggS", b"RIFF" * 20, random.Random(1).randbytes(5000)):
        with pytest.raises(BadOgg):
            ogg_read.read(data)

from binascii import crc_hqx
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.frames import (
    MAGIC,
    MAX_FRAME_BYTES,
    MAX_PAYLOAD,
    SILENCE_S,
    Frame,
    FrameReader,
    encode,
)

LOG = Frame(5, 0x0102, b"hello")
LOG_WIRE = bytes.fromhex("A55A5450 0500 0201 05 00 FD55 68656C6C6F C26BA4FF")


def cut(wire, step):
    return [wire[i : i + step] for i in range(0, len(wire), step)]


def read(wire, step=1 << 30, reader=None):
    reader = reader or FrameReader()
    return [frame for piece in cut(wire, step) for frame in reader.push(piece, 0.0)]


def test_a_frame_on_the_wire():
    assert encode(LOG.type, LOG.seq, LOG.payload) == LOG_WIRE
    assert read(LOG_WIRE) == [LOG]


@pytest.mark.parametrize("n", [0, 1, 2, 3, 1472, MAX_PAYLOAD])
def test_any_payload_survives_the_wire(n):
    for payload in (bytes(n), b"\xff" * n, Random(n).randbytes(n), (MAGIC * n)[:n]):
        assert read(encode(2, 65535, payload)) == [Frame(2, 65535, payload)]


@pytest.mark.parametrize("type, n", [(2, MAX_PAYLOAD + 1), (256, 0), (-1, 0)])
def test_what_does_not_fit_a_frame_is_refused(type, n):
    with pytest.raises(ValueError, match=r"want 0\.\.255"):
        encode(type, 0, bytes(n))


def test_the_sequence_number_wraps():
    assert read(encode(5, 65536 + 7)) == [Frame(5, 7)]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 16, len(LOG_WIRE), 1000, 1 << 20])
def test_frames_survive_noise_between_them_in_any_pieces(step):
    noise = b"\x07noise" + MAGIC[:3] + MAGIC + bytes(12) + MAGIC[:2]
    reader = FrameReader()
    assert read(noise + LOG_WIRE + noise + LOG_WIRE + LOG_WIRE, step, reader) == [LOG] * 3
    assert (reader.bad_headers, reader.bad_crcs, reader.cut) == (2, 0, 0)
    assert reader.skipped_bytes == 2 * len(noise)


def test_every_one_bit_error_in_a_block_is_caught():
    wire = encode(2, 9, Random(1).randbytes(1472))
    for bit in range(8 * len(wire)):
        broken = bytearray(wire)
        broken[bit // 8] ^= 1 << bit % 8
        assert read(bytes(broken)) == []
    assert read(wire) != []


def test_a_one_bit_error_costs_its_own_frame_and_no_other():
    for bit in range(8 * len(LOG_WIRE)):
        broken = bytearray(LOG_WIRE)
        broken[bit // 8] ^= 1 << bit % 8
        reader = FrameReader()
        assert read(LOG_WIRE + bytes(broken) + LOG_WIRE, 7, reader) == [LOG, LOG]
        assert reader.skipped_bytes == len(LOG_WIRE)


def test_nothing_at_all_is_not_a_frame():
    # The CRC-32 of no bytes is 0, so zeros would end an empty frame.
    reader = FrameReader()
    assert read(bytes(100), reader=reader) == []
    assert read(MAGIC + bytes(100), reader=reader) == []


def test_a_length_beyond_the_largest_frame_is_a_bad_header():
    too_long = encode(5, 1)
    head = bytearray(too_long[:10])
    head[4:6] = (MAX_PAYLOAD + 1).to_bytes(2, "little")
    reader = FrameReader()
    wire = bytes(head) + crc_hqx(bytes(head), 0xFFFF).to_bytes(2, "little") + LOG_WIRE
    assert read(wire, reader=reader) == [LOG]
    assert reader.bad_headers == 1


def test_a_frame_cut_by_the_next_costs_one():
    wire = encode(2, 1, Random(2).randbytes(1472))
    reader = FrameReader()
    assert read(wire[:700] + LOG_WIRE + wire[:1488], 100, reader) == [LOG, Frame(2, 1, wire[12:-4])]
    assert reader.bad_crcs == 1


def test_three_megabytes_of_noise_hold_no_frame_and_the_next_is_found_at_once():
    random = Random(3)
    reader = FrameReader()
    began = process_time()
    for _ in range(300):
        assert reader.push(random.randbytes(10_000), 0.0) == []
        assert reader.push(LOG_WIRE, 0.0) == [LOG]
    assert process_time() - began < 5
    assert reader.skipped_bytes == 3_000_000


@pytest.mark.parametrize("noise", [MAGIC, b"\xa5", LOG_WIRE[:12], LOG_WIRE[:-1], b"\x55"])
@pytest.mark.parametrize("step", [1, 13, 5000])
def test_endless_noise_does_not_grow_the_buffer(noise, step):
    reader = FrameReader()
    for piece in cut(noise * (30_000 // len(noise)), step):
        assert reader.push(piece, 0.0) == []
        assert len(reader._pending) < MAX_FRAME_BYTES
    # Half a frame of the noise may be waiting for its end; then the real frame is behind it.
    assert read(LOG_WIRE * 2, reader=reader)[-1] == LOG


def test_half_a_frame_is_dropped_after_silence():
    reader = FrameReader()
    reader.push(LOG_WIRE[:-1], 0.0)
    assert reader.push(b"", SILENCE_S) == []
    assert (reader.cut, reader.bad_crcs, reader.skipped_bytes) == (1, 0, len(LOG_WIRE) - 1)
    assert reader.push(LOG_WIRE[-1:], 0.2) == []
    assert reader.push(LOG_WIRE, 0.2) == [LOG]


def test_half_a_frame_waits_while_silence_is_short():
    reader = FrameReader()
    reader.push(LOG_WIRE[:-1], 0.0)
    assert reader.push(b"", SILENCE_S - 0.001) == []
    assert reader.push(LOG_WIRE[-1:], 0.5) == [LOG]


def test_a_new_frame_after_silence_does_not_wait_for_the_old_ones_end():
    reader = FrameReader()
    long = encode(2, 0, bytes(1472))
    assert reader.push(long[:800], 0.0) == []
    assert reader.push(LOG_WIRE, SILENCE_S) == [LOG]
    assert reader.cut == 1


def test_a_late_reader_does_not_lose_the_frame_that_waited_in_the_kernel():
    reader = FrameReader()
    reader.push(LOG_WIRE[:8], 0.0)
    assert reader.push(LOG_WIRE[8:], 2.0) == [LOG]


def test_frames_swallowed_by_a_false_header_come_out_after_silence():
    false = encode(2, 0, bytes(4000))[:12]
    reader = FrameReader()
    assert reader.push(false + LOG_WIRE + LOG_WIRE[:5], 0.0) == []
    assert reader.push(b"", SILENCE_S) == [LOG]
    assert reader.skipped_bytes == 12 + 5


@given(st.binary(max_size=300), st.integers(1, 400))
def test_any_bytes_may_stand_before_a_frame(noise, step):
    reader = FrameReader()
    frames = read(noise + LOG_WIRE, step, reader) + reader.push(b"", SILENCE_S)
    assert frames == [LOG]


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=50)), max_size=5), st.integers(1))
def test_frames_are_the_same_however_the_stream_is_cut(sent, step):
    wire = b"".join(encode(type, i, payload) for i, (type, payload) in enumerate(sent))
    want = [Frame(type, i, payload) for i, (type, payload) in enumerate(sent)]
    assert read(wire, min(step, 1000)) == want

import random

import pytest

from appliance.vault.segment import (
    HEAD_BYTES,
    NO_BACK,
    CallKey,
    CallSealer,
    Codec,
    Head,
    Kind,
    NotASegment,
    TamperedError,
    chain_of,
    open_segment,
    pack_packets,
    unpack_packets,
)

CALL = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
DATA_KEY = bytes(range(32))


def split(segment):
    head = Head.unpack(segment)
    return head, segment[HEAD_BYTES : HEAD_BYTES + head.length], segment[-32:]


@pytest.fixture
def sealer():
    return CallSealer(CALL, DATA_KEY)


@pytest.fixture
def second(sealer):
    return sealer.seal_audio([b"one", b"three"], 0, 320, NO_BACK)


def test_the_docstrings_vector(sealer, second):
    facts = sealer.seal_facts({"line": 3}, 64)
    assert second.hex() == (
        "ab4b49524f4b730a" "01010001" "01563e3ab5d3d6764c61efb99302bd5b" "00000000"
        "0000000000000000" "00000140" "ffffffffffffffff" "0000001c"
        "feed886bc4b1897c444c92b5e77b5d0d8f2c4cfb8f938b5d32876d2ff049d686"
        "74d2a0cc408d0af76f626764fa351b5bff4c2e428fbc8a142846e0ff"
        "80394161077ad5228d439317a9f3af279698716020d4df35422d656839225552"
    )  # fmt: skip
    assert facts.hex() == (
        "ab4b49524f4b730a" "01020100" "01563e3ab5d3d6764c61efb99302bd5b" "00000001"
        "0000000000000140" "00000000" "0000000000000040" "0000001a"
        "80394161077ad5228d439317a9f3af279698716020d4df35422d656839225552"
        "84cf30f01b545c35b94dff54fbb3eb6bffdb61a67e579872135b"
        "57e14f83f53a49117c7bfcd61cfbd69042058f048689afc540c0eb9474649e45"
    )  # fmt: skip


def test_a_second_opens_to_its_packets(second):
    head, ciphertext, chain = split(second)
    plain = open_segment(head, ciphertext, CallKey(CALL, DATA_KEY))
    assert unpack_packets(plain) == [b"one", b"three"]
    assert head == Head(
        Kind.AUDIO, Codec.OPUS, CALL, 0, 0, 320, NO_BACK, 28, CallKey(CALL, DATA_KEY).commitment
    )
    assert chain == chain_of(head, ciphertext)


def test_a_missed_call_is_one_segment(sealer):
    head, ciphertext, _ = split(sealer.seal_facts({"line": 1}, NO_BACK))
    assert (head.last, head.number, head.samples, head.codec) == (True, 0, 0, Codec.NONE)
    assert open_segment(head, ciphertext, CallKey(CALL, DATA_KEY)) == b'{"line":1}'


def test_the_chain_starts_at_the_commitment_and_goes_on(sealer):
    before = CallKey(CALL, DATA_KEY).commitment
    for number in range(3):
        back = number if number else NO_BACK
        head, _, chain = split(sealer.seal_audio([b"x"], number * 8000, 8000, back))
        assert head.previous == before
        assert chain == sealer.chain
        before = chain


def test_another_key_or_call_has_another_commitment_and_opens_nothing(second):
    head, ciphertext, _ = split(second)
    mine = CallKey(CALL, DATA_KEY)
    for other in (CallKey(CALL, bytes(32)), CallKey(CALL[:-1] + "W", DATA_KEY)):
        assert other.commitment != mine.commitment
        with pytest.raises(TamperedError, match="segment 0 does not open"):
            open_segment(head, ciphertext, other)


def test_every_flipped_bit_is_found(second):
    key = CallKey(CALL, DATA_KEY)
    for bit in range(8 * (len(second) - 32)):
        spoilt = bytearray(second)
        spoilt[bit // 8] ^= 1 << bit % 8
        with pytest.raises((NotASegment, TamperedError)):
            head = Head.unpack(bytes(spoilt))
            open_segment(head, bytes(spoilt[HEAD_BYTES : HEAD_BYTES + head.length]), key)


def test_whatever_unpacks_packs_to_the_same_bytes(second):
    rng = random.Random(3)
    kept = 0
    for _ in range(20_000):
        spoilt = bytearray(second[:HEAD_BYTES])
        spoilt[rng.randrange(8, HEAD_BYTES)] = rng.randrange(256)
        try:
            head = Head.unpack(bytes(spoilt))
        except NotASegment:
            continue
        kept += 1
        assert head.pack() == spoilt
    assert kept > 1000


@pytest.mark.parametrize(
    "at, value",
    [
        (0, 0x00),  # magic
        (8, 2),  # version
        (9, 0),  # kind
        (9, 2),  # facts, but not last
        (10, 1),  # last, but audio
        (10, 2),
        (11, 0),  # audio without a codec
        (11, 4),
        (31, 1),  # number 1 without a segment before
        (44, 0),  # number 0 with one
        (52, 1),  # 16 MiB
        (55, 17),  # not one byte of a packet
    ],
)
def test_a_head_that_contradicts_itself_is_refused(second, at, value):
    spoilt = bytearray(second)
    spoilt[at] = value
    with pytest.raises(NotASegment):
        Head.unpack(bytes(spoilt))


def test_a_head_cut_short_or_without_samples_is_refused(second):
    with pytest.raises(NotASegment, match="got 87 bytes"):
        Head.unpack(second[: HEAD_BYTES - 1])
    with pytest.raises(NotASegment, match="contradicts"):
        Head.unpack(second[:40] + bytes(4) + second[44:])


def test_packets_of_every_length_go_there_and_back():
    rng = random.Random(5)
    for _ in range(200):
        packets = [rng.randbytes(rng.choice([1, 2, 40, 255, 256, 65535])) for _ in range(3)]
        assert unpack_packets(pack_packets(packets)) == packets


@pytest.mark.parametrize(
    "plain", [b"\0", b"\0\0", b"\0\2x", b"\0\1x\0", b"\0\1x\0\0", b"\0\0\0\1x"]
)
def test_lengths_that_do_not_add_up_are_refused(plain):
    with pytest.raises(TamperedError, match="do not add up"):
        unpack_packets(plain)


@pytest.mark.parametrize("packets", [[], [b""], [b"x", b""], [bytes(65536)]])
def test_packets_without_a_place_are_refused(sealer, packets):
    with pytest.raises(ValueError, match="got packets"):
        sealer.seal_audio(packets, 0, 160, NO_BACK)
    assert sealer.segments == 0


def test_the_caller_is_held_to_the_order(sealer):
    with pytest.raises(ValueError, match="got back 64"):
        sealer.seal_audio([b"x"], 0, 160, 64)
    sealer.seal_audio([b"x"], 800, 160, NO_BACK)
    with pytest.raises(ValueError, match="from 960 on"):
        sealer.seal_audio([b"x"], 959, 160, 64)
    with pytest.raises(ValueError, match="got back"):
        sealer.seal_audio([b"x"], 960, 160, NO_BACK)
    with pytest.raises(ValueError, match="0 samples"):
        sealer.seal_audio([b"x"], 960, 0, 64)
    with pytest.raises(ValueError, match="length"):
        sealer.seal_facts({"long": "x" * (1 << 20)}, 64)
    sealer.seal_audio([b"x"], 2000, 160, 64)  # a pause may lie between
    assert sealer.segments == 2


def test_nothing_follows_the_facts(sealer):
    sealer.seal_facts({}, NO_BACK)
    with pytest.raises(ValueError, match="has its last segment"):
        sealer.seal_facts({}, 64)
    with pytest.raises(ValueError, match="has its last segment"):
        sealer.seal_audio([b"x"], 0, 160, 64)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="got 16"):
        CallSealer(CALL, bytes(16))

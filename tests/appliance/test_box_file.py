import pytest

from appliance.box_file import BoxBroken, pack, unpack

FACTS = {"id": "01JE", "trial": False, "sums": {"policy.toml": "ab"}}


def test_what_is_written_reads_back():
    assert {k: v for k, v in unpack(pack(FACTS)).items() if k != "check"} == {**FACTS, "format": 1}


def test_a_file_to_the_byte():
    assert pack({"id": "x"}) == (
        'format = 1\nid = "x"\n'
        'check = "dc3bc25498a88b1c596f4cd4a1d01373af4325dbf85667a85e8fd635b66b736f"\n'
    )


def test_no_flipped_bit_is_taken_for_what_was_written():
    content = pack(FACTS).encode()
    for at in range(len(content)):
        for bit in range(7):
            spoilt = bytearray(content)
            spoilt[at] ^= 1 << bit
            with pytest.raises(BoxBroken):
                unpack(spoilt.decode())


@pytest.mark.parametrize("count", range(0, 120, 7))
def test_no_part_of_it_is_taken_for_the_whole(count):
    with pytest.raises(BoxBroken):
        unpack(pack(FACTS)[:count])


def test_another_format_is_named():
    with pytest.raises(BoxBroken, match="format 2, want 1"):
        unpack(pack({**FACTS, "format": 2}))

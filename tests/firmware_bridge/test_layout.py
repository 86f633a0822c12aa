import pytest

from firmware_bridge.layout import BadPayload, Layout

BEEP = Layout(
    "BEEP",
    """
    B   line    1..8
    x   -
    h   level   -960..31
    I   count
    """,
)


def test_a_table_is_a_little_endian_structure_without_padding():
    assert BEEP.size == 8
    assert BEEP.names == ("line", "level", "count")
    assert BEEP.pack(3, -200, 0x01020304) == bytes.fromhex("03 00 38FF 04030201")
    assert BEEP.unpack(bytes.fromhex("03 AA 38FF 04030201")) == (3, -200, 0x01020304)


def test_an_empty_table_is_an_empty_structure():
    assert Layout("START").pack() == b""
    assert Layout("START").unpack(b"later") == ()


@pytest.mark.parametrize("values", [(0, 0, 0), (9, 0, 0), (1, -961, 0), (1, 32, 0)])
def test_both_ends_of_a_range_are_kept(values):
    with pytest.raises(BadPayload, match=r"BEEP: (line|level) is .*, want "):
        BEEP.pack(*values)
    BEEP.pack(1, -960, 0)
    BEEP.pack(8, 31, 0)


def test_a_single_value_is_a_range_of_one():
    one = Layout("HELLO", "H audio_hz 8000")
    assert one.unpack(one.pack(8000)) == (8000,)
    for wrong in (7999, 8001):
        with pytest.raises(BadPayload, match=f"audio_hz is {wrong}"):
            one.pack(wrong)


def test_what_the_code_cannot_hold_is_the_same_error():
    with pytest.raises(BadPayload, match="BEEP"):
        BEEP.pack(1, 0, 2**32)


def test_too_few_bytes_say_how_many_are_wanted():
    with pytest.raises(BadPayload, match="BEEP: 7 bytes, want at least 8"):
        BEEP.unpack(bytes(7))

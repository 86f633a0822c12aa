import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.caller_id_message import Message, crc16, read_message
from firmware_bridge import caller_id as sent


def mdmf(*fields):
    data = b"".join(bytes([kind, len(value)]) + value for kind, value in fields)
    message = bytes([0x80, len(data)]) + data
    return message + bytes([-sum(message) & 0xFF])


def test_single_data_message_of_a_captured_call():
    # Telcordia's own example, SR-TSV-002476
    octets = bytes.fromhex("04 12 30 39 33 30 31 32 32 34 36 30 39 35 35 35 31 32 31 32 51")
    message = read_message(octets)
    assert message == Message(number="6095551212", time="09301224", valid=True)


def test_multiple_data_message():
    message = read_message(sent.mdmf("11231204", "0313708114", name="KIM"))
    assert message == Message(number="0313708114", name="KIM", time="11231204", valid=True)


def test_japans_frame_octet_by_octet():
    frame = bytes.fromhex("90 81 87 90 82 c0 05 82 03 b1 b2 33 90 03")
    frame += crc16(frame[2:]).to_bytes(2, "little")
    assert frame == sent.number_display("123")
    assert crc16(frame[2:]) == 0
    assert read_message(frame) == Message(japan=True, number="123", valid=True)


def test_japans_frame_with_a_called_number():
    message = read_message(sent.number_display("0312345678", dialled="0173352111"))
    assert message == Message(japan=True, number="0312345678", dialled="0173352111", valid=True)


@pytest.mark.parametrize("length", range(1, 25))
def test_every_length_is_read_that_of_dle_too(length):
    number = "03123456789012345678901234"[:length]
    assert read_message(sent.number_display(number)).number == number
    assert read_message(sent.number_display("", absence="P", dialled=number)).dialled == number


@pytest.mark.parametrize(
    "code, absence",
    [("P", "private"), ("O", "unavailable"), ("C", "public_phone"), ("S", "no_service")],
)
def test_why_there_is_no_number(code, absence):
    for octets in (
        sent.number_display("", absence=code),
        sent.mdmf("11231204", "", absence=code),
        sent.sdmf("11231204", code),
        mdmf((2, code.encode())),
    ):
        message = read_message(octets)
        assert (message.number, message.absence, message.valid) == (None, absence, True)


@pytest.mark.parametrize(
    "code, name",
    [
        ("ascii", "KIM CHEOLSU"),
        ("euc_kr", "오산시청"),
        ("cp949", "똠방각하"),
        ("shift_jis", "五所川原"),
        ("shift_jis", "たなか"),
        ("iso2022_jp", "市役所"),
    ],
)
def test_a_name_is_read_in_its_countrys_code(code, name):
    message = read_message(mdmf((1, b"11231204"), (2, b"0313708114"), (7, name.encode(code))))
    assert (message.name, message.valid) == (name, True)


def test_extension_parameters_are_passed_over():
    octets = mdmf((0x11, b"\x01"), (0x08, b"P"), (0x21, b"\x21\x31\x41"), (2, b"0313708114"))
    message = read_message(octets)
    assert (message.number, message.name, message.valid) == ("0313708114", None, True)


@pytest.mark.parametrize(
    "octets",
    [
        sent.sdmf("11231204", "0313708114"),
        sent.mdmf("11231204", "0313708114"),
        sent.number_display("0313708114"),
    ],
)
def test_one_wrong_bit_makes_it_invalid_and_the_rest_is_kept(octets):
    spoilt = bytearray(octets)
    at = next(
        k for k in range(len(octets)) if bytes(o & 0x7F for o in octets[k:]).startswith(b"70")
    )
    spoilt[at + 1] ^= 0x02
    message = read_message(bytes(spoilt))
    assert not message.valid
    assert message.number == "0313728114"


@pytest.mark.parametrize("octets", [sent.mdmf("11231204", "0313708114"), sent.number_display("09")])
def test_what_is_cut_off_is_never_valid(octets):
    for length in range(len(octets)):
        message = read_message(octets[:length])
        assert message is None or not message.valid


def test_fields_that_do_not_fill_the_message_are_not_valid():
    octets = bytes([0x80, 4, 2, 9]) + b"12"
    octets += bytes([-sum(octets) & 0xFF])
    assert sum(octets) % 256 == 0
    assert not read_message(octets).valid


def test_a_message_that_waits_is_none_of_a_call():
    octets = bytes([0x82, 3, 0x0B, 1, 0xFF])
    octets += bytes([-sum(octets) & 0xFF])
    assert not read_message(octets).about_call


def test_other_octets_are_no_message():
    assert read_message(b"") is None
    assert read_message(b"\x55\x55\x55") is None


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\x04", b"\x80", b"\x90\x81\x87\x90\x82\xc0"])
)
def test_no_octets_whatever_break_it(octets, head):
    message = read_message(head + octets)
    if message is not None:
        for text in (message.number, message.name, message.dialled):
            assert text is None or (text and text.isprintable())

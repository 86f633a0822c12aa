import numpy as np
import pytest

from firmware_bridge import caller_id
from firmware_bridge.caller_id import (
    BELL_202,
    V23,
    bell_burst,
    crc16,
    dtmf_burst,
    mdmf,
    ntt_burst,
    number_display,
    sdmf,
)


def demodulate(audio, modem):
    """Bits of a clean burst: which of the two frequencies is stronger in the middle of each bit."""
    at_s = np.arange(len(audio)) / 8000
    power = []
    for freq_hz in (modem.space_hz, modem.mark_hz):
        mixed = audio * np.exp(-2j * np.pi * freq_hz * at_s)
        power.append(np.abs(np.convolve(mixed, np.ones(6), "same")))
    bits = int(len(audio) / 8000 * 1200)
    centres = np.rint((np.arange(bits) + 0.5) / 1200 * 8000).astype(int)
    return (power[1][centres] > power[0][centres]).astype(int).tolist()


def octets_after_mark(bits):
    """Read start-stop octets from the first start bit behind 20 marks on."""
    text = "".join(map(str, bits))
    at = text.index("1" * 20) + 20
    at += text[at:].index("0")
    octets = []
    while text[at : at + 1] == "0" and len(text) >= at + 10:
        assert text[at + 9] == "1", "stop bit"
        octets.append(int(text[at + 1 : at + 9][::-1], 2))
        at += 10
    return bytes(octets)


def test_a_single_data_message_byte_for_byte():
    # 04 type, 12h octets: MMDDhhmm and the number, checksum
    assert sdmf("11231204", "0312345678").hex() == "041231313233313230343033313233343536373855"


def test_a_multiple_data_message_byte_for_byte():
    message = mdmf("11231204", "0311234567", name="KIM")
    assert message.hex() == "801b01083131323331323034020a3033313132333435363707034b494dd7"
    assert sum(message) & 0xFF == 0


def test_an_absence_stands_in_the_place_of_the_number():
    assert mdmf("11231204", "", absence="P").hex() == "800d0108313132333132303404015087"


def test_a_number_display_frame_byte_for_byte():
    frame = number_display("0312345678")
    # DLE SOH 07 DLE STX 40 0C 02 0A, the number, DLE ETX, even parity in the top bit, CRC
    assert frame.hex() == "9081879082c00c820a3033b1b233b43536b7b89003fb52"
    assert crc16(frame[2:]) == 0


def test_a_length_of_16_octets_is_sent_twice():
    # 02 0E and fourteen digits: 16 octets, so the length looks like DLE
    frame = bytes(octet & 0x7F for octet in number_display("03123456789012"))
    assert frame[5:9] == bytes([0x40, 0x10, 0x10, 0x02])


def test_a_dialled_number_follows_the_callers():
    frame = bytes(octet & 0x7F for octet in number_display("0312345678", dialled="5678"))
    assert bytes([0x09, 4]) + b"5678" in frame


def test_the_block_check_is_the_published_one():
    assert crc16(b"123456789") == 0x2189  # CRC-16/KERMIT's check value


def test_a_bell_burst_carries_its_message():
    message = mdmf("11231204", "0311234567", name="KIM")
    bits = demodulate(bell_burst(message), BELL_202)
    assert bits[:300] == [0, 1] * 150  # channel seizure
    assert bits[300:480] == [1] * 180
    assert octets_after_mark(bits) == message


def test_a_number_display_burst_carries_its_frame_without_seizure():
    frame = number_display("0312345678")
    bits = demodulate(ntt_burst(frame), V23)
    assert bits[:72] == [1] * 72  # at least 60 ms of mark
    assert octets_after_mark(bits) == frame


def test_mark_and_space_are_the_modems():
    for modem, mark_hz, space_hz in ((BELL_202, 1200, 2200), (V23, 1300, 2100)):
        for bit, freq_hz in ((1, mark_hz), (0, space_hz)):
            spectrum = np.abs(np.fft.rfft(caller_id.fsk([bit] * 1200, modem, -15.0)))
            assert spectrum.argmax() == freq_hz


def test_a_burst_has_the_level_asked_for():
    audio = bell_burst(sdmf("11231204", "031"), dbm0=-20.0)
    rms = np.sqrt(np.mean(np.square(audio, dtype=float)))
    assert 20 * np.log10(rms * np.sqrt(2) / 32768) + 3.14 == pytest.approx(-20.0, abs=0.1)


def test_a_dtmf_caller_id_is_the_number_between_two_keys():
    audio = dtmf_burst("0212", start="D", end="#")
    assert len(audio) == 6 * 2 * 560
    spectra = [np.abs(np.fft.rfft(audio[k * 1120 : k * 1120 + 560], 8000)) for k in range(6)]
    lows = [600 + s[600:1000].argmax() for s in spectra]
    assert lows == pytest.approx([941, 941, 697, 697, 697, 941], abs=8)

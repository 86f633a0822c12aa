import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dsp.caller_id_burst import read_burst
from tests.dsp.bursts import JAPAN, MDMF, SDMF, bell, japan, on_a_line, wave
from tests.signals import sine, speech_like


def spoilt(octets, at):
    return octets[:at] + bytes([octets[at] ^ 0x01]) + octets[at + 1 :]


def test_a_message_is_read_with_its_standard():
    ((standard, message),) = read_burst(on_a_line(bell(MDMF)))
    assert (standard, message.number, message.name) == ("bell202", "0313708114", "KIM")
    ((standard, message),) = read_burst(on_a_line(japan(JAPAN)))
    assert (standard, message.number, message.dialled) == ("v23_jp", "0312345678", "0173352111")
    ((standard, message),) = read_burst(on_a_line(japan(SDMF)))
    assert (standard, message.number, message.valid) == ("v23", "0313708114", True)


@pytest.mark.parametrize("mark, seizure", [(20, 300), (55, 300), (180, 0), (180, 100)])
def test_a_lead_of_which_a_part_was_lost_is_enough(mark, seizure):
    ((_, message),) = read_burst(on_a_line(bell(MDMF, mark=mark, seizure=seizure)))
    assert message.valid


def test_an_alerting_tone_before_it_does_no_harm():
    alert = (sine(2130, 0.1) + sine(2750, 0.1)) / 2
    burst = np.concatenate((alert, np.zeros(440), bell(MDMF)))
    ((_, message),) = read_burst(on_a_line(burst))
    assert message.valid


@pytest.mark.parametrize(
    "burst, octets, at", [(bell, MDMF, 16), (bell, SDMF, 14), (japan, JAPAN, 12)]
)
def test_a_wrong_check_gives_the_best_text(burst, octets, at):
    ((_, message),) = read_burst(on_a_line(burst(spoilt(octets, at))))
    assert not message.valid
    assert len(message.number) == 10
    assert message.absence is None


def test_a_message_of_an_unknown_type_could_not_be_read():
    octets = b"\x2a" + MDMF[1:]
    ((_, message),) = read_burst(on_a_line(bell(octets)))
    assert (message.absence, message.valid) == ("decode_failed", False)


def test_a_message_cut_off_in_the_middle_is_told_and_not_believed():
    burst = bell(MDMF)
    ((_, message),) = read_burst(on_a_line(burst[: len(burst) * 3 // 4]))
    assert not message.valid


def test_a_message_waiting_is_no_caller():
    octets = bytes([0x82, 3, 0x0B, 1, 0xFF])
    octets += bytes([-sum(octets) & 0xFF])
    assert read_burst(on_a_line(bell(octets))) == []


def test_a_modem_and_a_voice_are_no_caller():
    rng = np.random.default_rng(3)
    assert read_burst(on_a_line(wave(rng.integers(0, 2, 1200)))) == []
    assert read_burst(on_a_line(speech_like(rng, 2.0))) == []


@settings(max_examples=60, deadline=None)
@given(
    st.binary(min_size=2, max_size=60), st.sampled_from([b"", b"\x80", b"\x04", b"\x90\x81\x87"])
)
def test_no_octets_whatever_break_it(octets, head):
    for _, message in read_burst(on_a_line(japan(head + octets))):
        assert message.valid or message.absence or message.number or message.name


@settings(max_examples=40, deadline=None)
@given(arrays(np.int16, st.integers(0, 600)), st.integers(1, 12))
def test_no_audio_whatever_breaks_it(samples, stretch):
    read_burst(np.repeat(samples, stretch))

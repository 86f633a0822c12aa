import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dsp.fsk import read_octets
from firmware_bridge import caller_id as sent
from tests.dsp.bursts import JAPAN, MDMF, QUIET, bell, japan, on_a_line
from tests.signals import sine


def heard(audio):
    """Return the sender, and the octets after the first long mark."""
    sender, octets = next(read_octets(audio))
    begin = next(k for k, octet in enumerate(octets) if octet.lead > 0.6)
    return sender, octets[begin:]


def values(octets, count):
    return bytes(octet.value for octet in octets[:count])


def test_what_was_sent_is_read_and_who_sent_it_measured():
    sender, octets = heard(on_a_line(bell(MDMF)))
    assert values(octets, len(MDMF)) == MDMF
    assert sender.modem == "bell202"
    assert (sender.mark_hz, sender.space_hz) == pytest.approx((1200, 2200), abs=5)
    assert sender.clock == pytest.approx(1.0, abs=0.003)
    assert octets[0].sample == pytest.approx(QUIET + 480 / 1200 * 8000, abs=4)
    assert all(octet.quality > 0.9 for octet in octets[: len(MDMF)])


def test_the_other_modem_is_read_by_the_same_receiver():
    sender, octets = heard(on_a_line(japan(JAPAN)))
    assert values(octets, len(JAPAN)) == JAPAN
    assert sender.modem == "v23"
    assert (sender.mark_hz, sender.space_hz) == pytest.approx((1300, 2100), abs=5)


@pytest.mark.parametrize("burst", [bell, japan])
@pytest.mark.parametrize(
    "line",
    [
        {"clock": 1.01},
        {"clock": 0.99},
        {"clock": 1.05},
        {"clock": 0.95},
        {"slope_db": 10.0},
        {"slope_db": -6.0},
        {"slope_db": -10.0},
        {"dbm0": -3.0},
        {"dbm0": -40.0, "noise_dbm0": -70.0},
        {"pauses": (0, 10, 3, 1, 7)},
        {"hum": (60.0, -2.0), "dbm0": -20.0},
        {"hum": (120.0, -8.0), "dbm0": -20.0},
        {"hum": (200.0, -14.0), "dbm0": -20.0},
        {"noise_dbm0": -27.0, "dbm0": -15.0},
    ],
    ids=str,
)
def test_what_a_line_does_to_a_burst_is_borne(burst, line):
    line = dict(line)
    outside = {name: line.pop(name) for name in ("noise_dbm0", "hum") if name in line}
    message = MDMF if burst is bell else JAPAN
    _, octets = heard(on_a_line(burst(message, **line), **outside))
    assert values(octets, len(message)) == message


def test_a_message_at_8_db_over_white_noise_is_read_nearly_always():
    read = 0
    for seed in range(20):
        _, octets = heard(on_a_line(bell(MDMF), seed=seed, noise_dbm0=-23.0))
        read += values(octets, len(MDMF)) == MDMF
    assert read >= 19


def test_no_other_start_bit_is_taken_in_octets_that_fit_at_several_places():
    message = sent.sdmf("08111111", "0313333333")
    for seed in range(10):
        _, octets = heard(on_a_line(bell(message, slope_db=5.0), seed=seed, noise_dbm0=-40.0))
        assert values(octets, len(message)) == message


def test_octets_of_many_spaces_are_cut_where_their_bits_begin():
    octets = bytes([0x90, *[0xC0, 0x80, 0x00] * 6, 0x90])
    for seed in range(30):
        _, found = heard(on_a_line(japan(octets), seed=seed, noise_dbm0=-25.0))
        assert values(found, len(octets)) == octets


def test_noise_on_the_mark_is_no_start_bit():
    for seed in range(10):
        _, octets = heard(on_a_line(japan(JAPAN), seed=seed, noise_dbm0=-22.0))
        assert octets[0].value == 0x90


@pytest.mark.parametrize(
    "audio", [np.zeros(4000), sine(1300, 0.5), sine(1200, 0.5) + sine(2200, 0.5)]
)
def test_where_there_is_no_fsk_nothing_is_read(audio):
    assert list(read_octets(audio.astype(np.int16))) == []


@settings(max_examples=60, deadline=None)
@given(arrays(np.int16, st.integers(0, 600)), st.integers(1, 12))
def test_no_audio_whatever_breaks_it(samples, stretch):
    for sender, octets in read_octets(np.repeat(samples, stretch)):
        assert np.isfinite([sender.mark, sender.space, sender.clock]).all()
        for octet in octets:
            assert 0 <= octet.value <= 255
            assert np.isfinite([octet.lead, octet.quality, octet.pause_bits]).all()

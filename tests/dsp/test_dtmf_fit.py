import numpy as np
import pytest

from dsp.dtmf_fit import KEYS, LOOK, STEP, WINDOW, Look, powers_of, read

FIVE = KEYS.index("5")


def tone(hz, start, end, peak=3000.0, phase=0.4):
    at = np.arange(LOOK)
    return peak * np.cos(2 * np.pi * hz * at / 8000 + phase) * ((at >= start) & (at < end))


def five(start, end, off=(0.0, 0.0), high_peak=3000.0):
    return tone(770 * (1 + off[0]), start, end) + tone(
        1336 * (1 + off[1]), start, end, high_peak, 2
    )


def see(signal, digit=FIVE):
    (windows,) = read(np.round(signal).astype(np.int16)[np.newaxis], [digit])
    return Look(windows, 0)


def found_in(signal, since=0.0):
    seen = see(signal)
    edges = seen.edges(seen.strongest(since), since)
    return edges and seen.stretch(edges)


@pytest.mark.parametrize("start", [0, 200, 333, 415])
@pytest.mark.parametrize("end", [700, 768])
def test_edges_are_found_within_half_a_millisecond(start, end):
    found = found_in(five(start, end))
    assert found.start == pytest.approx(start, abs=4)
    assert found.end == pytest.approx(end, abs=4)


def test_a_clean_digit_leaves_nothing_unexplained():
    found = found_in(five(300, 768))
    assert found.residual < 0.003 and found.wobble < 0.001 and found.low < 0.06
    assert found.twist_db == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("off", [(0.01, -0.02), (-0.025, 0.015), (0.03, 0.03)])
def test_frequency_errors_are_read_and_do_not_spoil_the_level(off):
    found = found_in(five(300, 768, off))
    assert found.deviation == pytest.approx(off, abs=0.001)
    assert found.level == pytest.approx(found_in(five(300, 768)).level, abs=0.3)


def test_twist_is_high_over_low():
    assert found_in(five(300, 768, high_peak=1500.0)).twist_db == pytest.approx(-6.02, abs=0.1)


def test_a_third_tone_is_residual_and_a_dial_tone_is_low():
    clean = five(300, 768)
    assert found_in(clean + tone(1050, 300, 768, 1500)).residual == pytest.approx(0.125, abs=0.02)
    dial = found_in(clean + tone(440, 0, 768, 3000))
    assert dial.low == pytest.approx(0.5, abs=0.05) and dial.residual < 0.005


def test_a_swelling_tone_wobbles():
    swelling = five(300, 768) * np.linspace(0, 1, LOOK)
    assert found_in(swelling).wobble > 10 * found_in(five(300, 768)).wobble


def test_the_newest_of_two_stretches_is_taken():
    found = found_in(five(100, 350) + five(500, 740))
    assert (found.start, found.end) == pytest.approx((500, 740), abs=6)


def test_what_lies_before_since_belongs_to_another_digit():
    assert found_in(five(100, 740), since=400).start >= 400


def test_a_part_of_a_stretch_is_measured_alone():
    seen = see(five(100, 768) + tone(1050, 0, 400, 3000))
    edges = seen.edges(seen.strongest(0))
    assert seen.stretch((edges[1] - 240, edges[1])).residual < 0.01 < seen.stretch(edges).residual


def test_less_than_two_windows_have_no_edges():
    seen = see(five(660, 768))
    assert seen.sounds(seen.strongest(0)) and seen.edges(seen.strongest(0)) is None


def test_silence_has_no_stretch():
    assert found_in(np.zeros(LOOK)) is None


def test_a_tone_carried_on_through_a_gap_is_told_from_a_fresh_one():
    carried = five(100, 400) + five(480, 768)
    fresh = five(100, 400) + np.roll(five(100, 388), 381)
    gap, turn = (400.0, 480.0), (0.0, 0.0)
    assert see(carried).carries_on(gap, turn, 0.3)
    assert not see(fresh).carries_on(gap, turn, 0.3)
    assert not see(carried).carries_on((20.0, 480.0), turn, 0.3)  # nothing whole before it


def test_several_lines_are_looked_at_as_each_alone():
    rng = np.random.default_rng(2)
    audio = rng.integers(-9000, 9000, (5, LOOK)).astype(np.int16)
    digits = [0, 3, 7, 12, 15]
    for n, windows in enumerate(read(audio, digits)):
        assert_same(windows, read(audio[n : n + 1], digits[n : n + 1])[0])


def assert_same(one, other):
    assert (one.digit, one.loud, one.caught) == (other.digit, other.loud, other.caught)
    assert (one.low, one.power) == (other.low, other.power)
    assert np.array_equal(one.read, other.read)


def test_a_later_look_is_what_a_look_there_alone_sees():
    signal = np.concatenate([np.zeros(300), five(0, 500), np.zeros(300)])
    audio = np.round(signal[: len(signal) // STEP * STEP]).astype(np.int16)
    (windows,) = read(audio[np.newaxis], [FIVE])
    for first in (0, 4, 13):
        alone, seen = see(audio[first * STEP :][:LOOK]), Look(windows, first)
        amplitude = seen.strongest(0)
        assert amplitude == alone.strongest(0)
        assert seen.edges(amplitude) == alone.edges(amplitude)
        edges = seen.edges(amplitude)
        assert edges is None or seen.stretch(edges) == alone.stretch(edges)


def test_power_is_split_at_500_hz():
    low, above = powers_of(np.round(tone(400, 0, LOOK)).astype(np.int16))
    assert len(low) == LOOK // WINDOW
    assert low == pytest.approx([3000**2 / 2 * WINDOW] * (LOOK // WINDOW), rel=0.05)
    assert max(above) < 0.01 * min(low)

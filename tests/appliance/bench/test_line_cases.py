import numpy as np
import pytest

from appliance.bench.line_cases import line_cases


@pytest.fixture(scope="module")
def cases():
    return list(line_cases(np.random.default_rng(1)))


def named(cases, plant, condition):
    return next(c for c in cases if (c.standard, c.condition) == (plant, condition))


def test_every_plant_has_every_scene(cases):
    assert {case.standard for case in cases} == {"KR 48 V", "JP 48 V", "PBX 24 V"}
    assert len(cases) == 3 * 2 * 13


def test_a_lift_stands_where_the_voltage_falls(cases):
    case = named(cases, "KR 48 V", "flash, quiet")
    kinds = [sent.kind for sent in case.truth]
    assert kinds == ["off_hook", "flash", "on_hook"]
    for sent in case.truth[:1]:
        at_ms = round(sent.at_s * 1000)
        assert case.volts[at_ms - 1] > 4700
        assert case.volts[at_ms + 20] < 900


def test_pulses_are_dated_at_their_first_break(cases):
    case = named(cases, "PBX 24 V", "pulses, 10 a second, quiet")
    pulses = [sent for sent in case.truth if sent.kind == "pulse"]
    assert sorted(sent.what for sent in pulses) == list("0123456789")
    for sent in pulses:
        at_ms = round(sent.at_s * 1000)
        assert abs(case.volts[at_ms - 1]) < 700
        assert abs(case.volts[at_ms + 20]) > 2300


def test_ringing_is_from_the_first_burst_to_the_last(cases):
    case = named(cases, "JP 48 V", "missed, quiet")
    assert [(s.kind, s.at_s) for s in case.truth] == [("ring_start", 1.5), ("ring_end", 8.5)]


def test_a_number_display_reverses_rings_lifts_and_puts_back(cases):
    case = named(cases, "JP 48 V", "number display, quiet")
    order = [sent.kind for sent in sorted(case.truth, key=lambda sent: sent.at_s)]
    assert order[:4] == ["polarity_reversal", "ring_start", "ring_end", "off_hook"]
    assert sorted(order[4:6]) == ["on_hook", "polarity_reversal"]
    assert order[6:] == ["ring_start", "ring_end"]
    lifted = next(sent for sent in case.truth if sent.kind == "off_hook")
    at_ms = round(lifted.at_s * 1000)
    assert abs(case.volts[at_ms - 5]) > 4600 and abs(case.volts[at_ms + 20]) < 800

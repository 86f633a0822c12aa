from pathlib import Path

import pytest
from gpiozero.exc import BadPinFactory, GPIOPinInUse
from gpiozero.pins.mock import MockFactory

from firmware_bridge.panel import (
    LAMPS,
    STABLE_S,
    Debounce,
    GpioPanel,
    Lamp,
    LampClock,
    NullPanel,
    PanelPins,
    Pattern,
    open_panel,
)

PINS = PanelPins()


@pytest.fixture
def factory():
    pins = MockFactory()
    yield pins
    pins.reset()


def presses(levels, every_s=0.01):
    """Return at which readings a press is told; levels is a string of _ (up) and X (down)."""
    button = Debounce()
    return [n for n, level in enumerate(levels) if button.push(level == "X", n * every_s)]


@pytest.mark.parametrize(
    "levels, told",
    [
        ("__XXXXXXXX__", [5]),  # believed after 30 ms
        ("__XXX_______", []),  # 20 ms of down: a spark
        ("__X_X_XXXXXX", [9]),  # bounces, then still
        ("__XXXXXX__XXXXXX____", [5]),  # a bounce in the middle
        ("__XXXXXX_X_X____XXXXXX", [5, 19]),  # bounces of letting go
        ("XXXXXXXX______XXXXXX", [17]),  # held at the start: no press
        ("X_X_X_X_X_X_X_X_", []),  # never still
        ("", []),
    ],
)
def test_a_press_is_what_stays_down_for_30_ms(levels, told):
    assert presses(levels) == told


def test_the_second_reading_is_enough_when_readings_are_rare():
    assert presses("__XX__XX", every_s=0.1) == [3, 7]
    assert presses("__X__X__", every_s=0.1) == []


def test_exactly_thirty_milliseconds_are_enough():
    button = Debounce()
    assert not button.push(False, 0.0)
    assert not button.push(True, 1.0)
    assert not button.push(True, 1.0 + STABLE_S - 0.001)
    assert button.push(True, 1.0 + STABLE_S + 1e-9)


@pytest.mark.parametrize(
    "lamp, lit",
    [
        (Lamp.IDLE, {0.0: 1, 0.09: 1, 0.11: 0, 4.9: 0, 5.01: 1, 5.11: 0}),
        (Lamp.OFF_HOOK, {0.0: 1, 0.99: 1, 1.01: 0, 1.99: 0, 2.01: 1}),
        (Lamp.RECORDING, {0.0: 1, 0.5: 1, 1.0: 1, 100.0: 1}),
        (Lamp.ATTENTION, {0.0: 1, 0.19: 1, 0.21: 0, 0.39: 0, 0.41: 1}),
    ],
)
def test_lamp_patterns(lamp, lit):
    assert {since_s: LAMPS[lamp].is_lit(since_s) for since_s in lit} == lit


def test_every_lamp_has_a_pattern_of_its_own():
    assert set(LAMPS) == set(Lamp)
    assert len(set(LAMPS.values())) == len(Lamp)


def test_a_pattern_is_slow_enough_for_ten_polls_a_second():
    for pattern in LAMPS.values():
        assert pattern.on_s >= 0.1
        assert pattern.off_s == 0 or pattern.off_s >= 0.1


def test_a_new_pattern_begins_lit_and_the_same_one_goes_on():
    clock = LampClock()
    assert clock.is_lit(0.0)
    assert not clock.is_lit(3.0)
    clock.lamp = Lamp.ATTENTION
    assert clock.is_lit(3.05)
    clock.lamp = Lamp.ATTENTION
    assert not clock.is_lit(3.26)


def test_a_dark_pattern_is_dark():
    assert not Pattern(0.0, 1.0).is_lit(0.0)


def test_the_lamp_is_driven_by_polls(factory):
    panel = GpioPanel(PINS, factory)
    lit = []
    panel.show(Lamp.ATTENTION)
    for n in range(8):
        panel.poll(n * 0.1)
        lit.append(factory.pin(PINS.lamp).state)
    assert lit == [1, 1, 0, 0, 1, 1, 0, 0]
    panel.show(Lamp.RECORDING)
    panel.poll(0.9)
    assert (panel.lamp, factory.pin(PINS.lamp).state) == (Lamp.RECORDING, 1)
    panel.close()
    assert factory.pin(PINS.lamp).state == 0


def test_a_finger_is_counted_once(factory):
    panel = GpioPanel(PINS, factory)
    button = factory.pin(PINS.button)
    told = []
    for n, level in enumerate("__X_XXXXXXXX_X______XXXXX____"):
        button.drive_low() if level == "X" else button.drive_high()
        told.append(panel.poll(n * 0.01))
    assert sum(told) == 2
    panel.close()


@pytest.mark.parametrize("has_pins", [True, False])
def test_the_page_presses_as_a_finger_does(factory, has_pins):
    panel = open_panel(PINS if has_pins else None, factory)
    assert panel.has_pins == has_pins
    assert panel.poll(0.0) == 0
    panel.press()
    panel.press()
    assert panel.poll(0.1) == 2
    assert panel.poll(0.2) == 0
    panel.close()


def test_a_box_without_a_panel_shows_its_lamp_on_the_page():
    panel = open_panel(None)
    assert isinstance(panel, NullPanel)
    assert (panel.lamp, panel.trouble) == (Lamp.IDLE, "")
    panel.show(Lamp.RECORDING)
    panel.poll(0.0)
    assert panel.lamp is Lamp.RECORDING
    panel.close()


def test_pins_that_cannot_be_had_are_no_reason_not_to_record(factory):
    first = open_panel(PINS, factory)
    second = open_panel(PINS, factory)
    assert not second.has_pins
    assert "already in use" in second.trouble
    assert "take [panel] out" in second.trouble
    first.close()


@pytest.mark.skipif(Path("/dev/gpiochip0").exists(), reason="there are pins, and not for tests")
def test_a_machine_without_pins_gets_a_null_panel_and_no_warnings():
    assert not open_panel(PINS).has_pins


def test_a_factory_without_pins_gets_a_null_panel():
    class NoPins:
        def __getattr__(self, name):
            raise BadPinFactory("Unable to load any default pin factory!")

    panel = open_panel(PINS, NoPins())
    assert not panel.has_pins
    assert "Unable to load" in panel.trouble


def test_closing_gives_the_pins_back(factory):
    for _ in range(2):
        panel = GpioPanel(PINS, factory)
        panel.close()


def test_a_panel_that_fails_half_way_gives_back_what_it_took(factory):
    taken = GpioPanel(PanelPins(lamp=5, button=6), factory)
    with pytest.raises(GPIOPinInUse) as raised:
        GpioPanel(PanelPins(lamp=17, button=6), factory)
    # raised keeps what was half made from being collected
    GpioPanel(PanelPins(lamp=17, button=22), factory).close()
    assert "pin GPIO6 is already in use" in str(raised.value)
    taken.close()

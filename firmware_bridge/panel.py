"""The front panel: one lamp and one button.

The lamp shows one pattern at a time; the button tells that it was pressed. Whoever holds the panel
polls it, 10 times a second or more often: nothing here has a thread.

gpiozero's own software debounce loses presses (its issues 550, 697, 1039), and the kernel may miss
the last edge of a bouncing contact (lg issue 18): so the level is read at each poll, and believed
once it has been the same for 30 ms.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final
from warnings import catch_warnings, simplefilter

from gpiozero import LED, Button, Factory
from gpiozero.exc import GPIOZeroError, PinFactoryFallback

try:
    import lgpio
except ImportError:
    lgpio = None

#: gpiozero lets lgpio's own error through where another program has the pin.
PINS_FAILED: Final = (GPIOZeroError, lgpio.error) if lgpio else (GPIOZeroError,)
#: Tactile switches bounce for 5 to 20 ms; a finger holds one for 80 ms and longer.
STABLE_S: Final = 0.03


@dataclass(frozen=True, slots=True)
class PanelPins:
    """BCM numbers. The button connects its pin to ground; the pin is pulled up."""

    lamp: int = 17
    button: int = 22


class Lamp(Enum):
    IDLE = "idle"
    OFF_HOOK = "off_hook"
    RECORDING = "recording"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a lamp is lit, over and over, beginning lit."""

    on_s: float
    off_s: float

    def is_lit(self, since_s: float) -> bool:
        """Tell whether it is lit so long after it was begun."""
        return math.fmod(since_s, self.on_s + self.off_s) < self.on_s


#: Bench values, apart enough to be told from each other at a glance.
LAMPS: Final[Mapping[Lamp, Pattern]] = {
    Lamp.IDLE: Pattern(on_s=0.1, off_s=4.9),  # a dark lamp would be a dead box
    Lamp.OFF_HOOK: Pattern(on_s=1.0, off_s=1.0),
    Lamp.RECORDING: Pattern(on_s=1.0, off_s=0.0),
    Lamp.ATTENTION: Pattern(on_s=0.2, off_s=0.2),
}


class Debounce:
    """A button's level, without its bounces. One that is held down at the start is not a press."""

    def __init__(self) -> None:
        self._believed: bool | None = None
        self._seen = False
        self._since_s = 0.0

    def push(self, down: bool, now_s: float) -> bool:
        """Add a reading; tell whether the button has just been pressed."""
        if self._believed is None:
            self._believed = down
        if down != self._seen:
            self._seen, self._since_s = down, now_s
        if down == self._believed or now_s - self._since_s < STABLE_S:
            return False
        self._believed = down
        return down


class LampClock:
    """Which lamp is shown, and whether it is lit now."""

    def __init__(self) -> None:
        self.lamp = Lamp.IDLE
        self._shown: Lamp | None = None
        self._since_s = 0.0

    def is_lit(self, now_s: float) -> bool:
        if self.lamp is not self._shown:  # begin a new pattern lit: it is seen at once
            self._shown, self._since_s = self.lamp, now_s
        return LAMPS[self.lamp].is_lit(now_s - self._since_s)


class Panel:
    """A front panel, as far as it needs no pins: also seen, and pressed, on the page.

    Attributes:
        has_pins: there is a lamp and a button to touch.
        trouble: why there is none though one was asked for, with the remedy, or "".
    """

    has_pins = False

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble
        self._clock = LampClock()
        self._presses: deque[None] = deque()

    @property
    def lamp(self) -> Lamp:
        """Return what the lamp shows."""
        return self._clock.lamp

    def show(self, lamp: Lamp) -> None:
        """Show it, from the next poll on."""
        self._clock.lamp = lamp

    def press(self) -> None:
        """Press the button, as a finger would; the next poll tells it. From any thread."""
        self._presses.append(None)

    def poll(self, now_s: float) -> int:
        """Drive the lamp, read the button; return how often it has been pressed since last time.

        Args:
            now_s: on any clock that does not go back.
        """
        pressed = 0
        while self._presses:
            self._presses.popleft()
            pressed += 1
        return pressed

    def close(self) -> None:
        """Put the lamp out and give the pins back."""


class NullPanel(Panel):
    """The panel of a box without pins, or whose pins cannot be had."""


class GpioPanel(Panel):
    """The panel on the box's pins. Close it, or the lamp stays as it was."""

    has_pins = True

    def __init__(self, pins: PanelPins, pin_factory: Factory | None = None) -> None:
        """Take the pins.

        Args:
            pin_factory: None for the box's own; a MockFactory in tests.

        Raises:
            PINS_FAILED: there are none, or another has them; none is kept.
        """
        super().__init__()
        self._debounce = Debounce()
        self._led = LED(pins.lamp, pin_factory=pin_factory)
        try:
            self._button = Button(pins.button, bounce_time=None, pin_factory=pin_factory)
        except PINS_FAILED:
            self._led.close()
            raise

    def poll(self, now_s: float) -> int:
        self._led.value = self._clock.is_lit(now_s)
        pressed = self._debounce.push(bool(self._button.is_pressed), now_s)
        return super().poll(now_s) + pressed

    def close(self) -> None:
        self._led.off()
        self._led.close()
        self._button.close()


def open_panel(pins: PanelPins | None, pin_factory: Factory | None = None) -> Panel:
    """Return the panel on these pins, or a NullPanel: no lamp is no reason not to record.

    Args:
        pins: None where the configuration says that there is no panel.
        pin_factory: None for the box's own.
    """
    if pins is None:
        return NullPanel()
    try:
        with catch_warnings():
            simplefilter("ignore", PinFactoryFallback)  # one for each library it has not found
            return GpioPanel(pins, pin_factory)
    except PINS_FAILED as error:
        remedy = "take [panel] out of the site's configuration if the box has none"
        return NullPanel(f"no lamp and no button ({error}): {remedy}")

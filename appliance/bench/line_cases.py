"""Line voltage: what is done to lines of three plants, and when.

Sources: Ordinance 30/1985, table 1 (dial pulses: 10 +-1.0 a second with 58 to 70 % break, 20 +-1.6
with 64 to 70 %; pause at least 600 and 450 ms); the plants' values are those of `script.Plant`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from appliance.bench.case import Case, Samples, Sent
from firmware_bridge.line_player import LinePlayer
from firmware_bridge.script import (
    Act,
    Flash,
    Idle,
    LineScript,
    NumberDisplay,
    OffHook,
    OnHook,
    Plant,
    PulseDial,
    Reverse,
    Ring,
    Unplug,
)
from firmware_bridge.stretches import Performance, Stretch

_KR: Final = Plant(idle_v=48.0, talk_v=8.0)
_JP: Final = Plant(idle_v=48.0, talk_v=7.0)
_PBX: Final = Plant(idle_v=24.0, talk_v=6.0, ring_v=45.0, reversed=True)
_PLANTS: Final = {"KR 48 V": (_KR, 20.0), "JP 48 V": (_JP, 16.0), "PBX 24 V": (_PBX, 25.0)}
_ORDINANCE: Final = "Ordinance 30/1985, table 1"
_WITHIN: Final = "within 30 ms"
#: A line's noise, rms: quiet, and beside a power cable (bench value).
_NOISES_V: Final = {"quiet": 0.15, "noisy": 1.0}
#: The pulses' rate, break ratio and pause.
_PULSES: Final = (
    (9.0, 0.58, 650),
    (10.0, 0.67, 700),
    (11.0, 0.70, 650),
    (18.4, 0.64, 500),
    (20.0, 0.67, 500),
    (21.6, 0.70, 500),
)
#: What happens when its act begins.
_AT_ONCE: Final[dict[type, str]] = {
    OffHook: "off_hook",
    OnHook: "on_hook",
    Reverse: "polarity_reversal",
    Flash: "flash",
    Unplug: "line_down",
}


def line_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield a case for each plant, noise and act."""
    for name, (plant, ring_hz) in _PLANTS.items():
        for noise, volts_noise_v in _NOISES_V.items():
            own = replace(plant, volts_noise_v=volts_noise_v)
            for condition, basis, acts in _scenes(ring_hz, rng):
                script = LineScript(own, acts)
                volts, truth = _played(script, int(rng.integers(1 << 30)))
                what = f"{condition}, {noise}"
                yield Case("line", what, "hear", basis, truth, name, volts=volts)


def _scenes(ring_hz: float, rng: np.random.Generator) -> Iterator[tuple[str, str, tuple[Act, ...]]]:
    ring = Ring(freq_hz=ring_hz, bursts=3)
    in_pause = replace(ring, answered_after_s=float(rng.uniform(4.2, 5.8)))
    in_burst = replace(ring, answered_after_s=float(rng.uniform(3.3, 3.8)))
    flash = Flash(int(rng.integers(300, 700)))
    talk = Idle(float(rng.uniform(2.5, 3.5)))
    end: tuple[Act, ...] = (OnHook(), Idle(3))
    yield "missed", _WITHIN, (Idle(1.5), ring, Idle(6))
    yield "answered in a pause", _WITHIN, (Idle(1.5), in_pause, OffHook(), talk, *end)
    yield "answered in a burst", _WITHIN, (Idle(1.5), in_burst, OffHook(), talk, *end)
    yield (
        "outgoing, reversed",
        _WITHIN,
        (Idle(1.5), OffHook(), talk, Reverse(), talk, Reverse(), Idle(0.7), *end),
    )
    yield "flash", _WITHIN, (Idle(1.5), OffHook(), talk, flash, talk, *end)
    yield "number display", _WITHIN, (Idle(1.5), NumberDisplay("0312345678", freq_hz=ring_hz), ring)
    yield "cable cut in a call", _WITHIN, (Idle(1.5), OffHook(), talk, Unplug(4))
    for pps, break_ratio, pause_ms in _PULSES:
        digits = "".join(str(d) for d in rng.permutation(10))
        dial = PulseDial(digits, pps, break_ratio, pause_ms)
        name = f"pulses, {pps:g} a second"
        yield name, _ORDINANCE, (Idle(1), OffHook(), Idle(1), dial, Idle(1), *end)


def _played(script: LineScript, seed: int) -> tuple[Samples, tuple[Sent, ...]]:
    performance = Performance(script.plant, 1)
    truth: list[Sent] = []
    for act in script.acts:
        begin_ms = performance.now_ms
        stretches = list(performance.perform(act))
        truth += _truth(act, begin_ms, stretches)
    _, volts = LinePlayer(script, 1, seed).render(performance.now_ms)
    return volts, tuple(truth)


def _truth(act: Act, begin_ms: int, stretches: Sequence[Stretch]) -> Iterator[Sent]:
    if type(act) in _AT_ONCE:
        yield Sent(_AT_ONCE[type(act)], "", begin_ms / 1000)
    if isinstance(act, NumberDisplay):
        yield from _number_display(begin_ms, stretches)
    if isinstance(act, PulseDial):
        yield from _pulses(act, begin_ms, stretches)
    if isinstance(act, Ring | NumberDisplay):
        yield from _ringing(begin_ms, stretches)


def _number_display(begin_ms: int, stretches: Sequence[Stretch]) -> Iterator[Sent]:
    """Yield the reversal, the set's own lift after the last pause, and all put back at the end."""
    lifted_ms = begin_ms + sum(s.ms for s in stretches[:7])
    back_ms = begin_ms + sum(s.ms for s in stretches[:-1])
    yield Sent("polarity_reversal", "", begin_ms / 1000)
    yield Sent("off_hook", "", lifted_ms / 1000)
    yield Sent("on_hook", "", back_ms / 1000)
    yield Sent("polarity_reversal", "", back_ms / 1000)


def _pulses(act: PulseDial, begin_ms: int, stretches: Sequence[Stretch]) -> Iterator[Sent]:
    at_ms, k = begin_ms, 0
    for digit in act.digits:
        yield Sent("pulse", digit, at_ms / 1000)
        count = 2 * (int(digit) or 10) + 1  # breaks, makes, and the pause
        at_ms += sum(s.ms for s in stretches[k : k + count])
        k += count


def _ringing(begin_ms: int, stretches: Sequence[Stretch]) -> Iterator[Sent]:
    at_ms, bursts = begin_ms, []
    for stretch in stretches:
        if stretch.ring_hz:
            bursts.append((at_ms, at_ms + stretch.ms))
        at_ms += stretch.ms
    yield Sent("ring_start", "", bursts[0][0] / 1000)
    yield Sent("ring_end", "", bursts[-1][1] / 1000)

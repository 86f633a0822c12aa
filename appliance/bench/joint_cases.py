"""Several conditions at once, each drawn inside the limit that it has alone.

A line seldom has one fault by itself. Each case has each fault with the chance CHANCE; how much of
it is drawn evenly up to the limit. The sources are those of dtmf_cases and caller_cases.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appliance.bench import caller_cases, dtmf_cases
from appliance.bench.case import Case, gain, on_a_line
from firmware_bridge.signals import Audio, a_law

Samples = NDArray[np.int16]

CHANCE: Final = 0.5
#: Cases of each: 32 keys of one draw, 8 bursts.
CASES: Final = 12
_BASIS: Final = "each as alone"


def joint_dtmf_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield cases of keys with several faults."""
    for _ in range(CASES):
        pressed = _pressed(rng)
        audio, truth = dtmf_cases.dialled(pressed, rng)
        weaker_dbm0 = pressed.dbm0 - abs(pressed.twist_db)
        # Under both tones at -10 dBm0 each, as dtmf_cases counts: 12 to 30 dB under the weaker.
        under_db = pressed.dbm0 + 3 - weaker_dbm0 + rng.uniform(12, 30)
        faults: list[dtmf_cases.Impairment] = [
            partial(dtmf_cases.noise, under_db),
            partial(dtmf_cases.hum_at, 60.0, weaker_dbm0 + 10 - rng.uniform(10, 25)),
            partial(dtmf_cases.third_tone, weaker_dbm0 + 10 - rng.uniform(16, 30)),
            partial(dtmf_cases.echo, int(rng.integers(1, 21)), rng.uniform(10, 20)),
        ]
        louder_db = rng.uniform(-25 - weaker_dbm0, 5)
        audio = _with_some(faults, audio, rng) * np.float32(gain(louder_db))
        yield Case("dtmf", "several at once", "hear", _BASIS, truth, audio=_sent(audio, rng))


def joint_caller_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield cases of bursts with several faults."""
    for form, standard, burst in caller_cases.IMPAIRED:
        for _ in range(CASES):
            audio, truth = caller_cases.bursts(burst, -15.0, rng)
            faults: list[caller_cases.Impairment] = [
                partial(caller_cases.noise, rng.uniform(20, 40)),
                partial(caller_cases.fast, rng.uniform(-0.01, 0.01)),
                partial(caller_cases.hum, rng.uniform(-10, 18) + 10),
            ]
            audio = _with_some(faults, audio, rng) * np.float32(gain(rng.uniform(-21, 0)))
            condition, heard = f"{form}: several at once", _sent(audio, rng)
            yield Case("caller_id", condition, "hear", _BASIS, truth, standard, heard)


def _pressed(rng: np.random.Generator) -> dtmf_cases.Pressed:
    def drawn(usual: float, least: float, most: float) -> float:
        return float(rng.uniform(least, most)) if rng.random() < CHANCE else usual

    return dtmf_cases.Pressed(
        on_ms=drawn(50, 40, 100),
        off_ms=drawn(50, 40, 100),
        twist_db=drawn(0, -8, 4),
        low_error=drawn(0, -0.015, 0.015),
        high_error=drawn(0, -0.015, 0.015),
    )


def _with_some(
    faults: list[Callable[[Audio, np.random.Generator], Audio]],
    audio: Audio,
    rng: np.random.Generator,
) -> Audio:
    for fault in faults:
        if rng.random() < CHANCE:
            audio = fault(audio, rng)
    return audio


def _sent(audio: Audio, rng: np.random.Generator) -> Samples:
    """Return int16[n] as it arrives, by way of A-law or not."""
    heard = on_a_line(audio, rng)
    return a_law(heard) if rng.random() < CHANCE else heard

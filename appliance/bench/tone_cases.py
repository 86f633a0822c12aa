"""The exchange's tones, a little off in frequency, cadence and level, in noise and under a voice.

Nominal values: ITU-T E.180 Supplement 2 (Korea, Japan). How far off an exchange may be is not in
it: those conditions are bench values.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from appliance.bench.case import Case, Sent, gain, on_a_line, silence
from firmware_bridge.signals import (
    AUDIO_HZ,
    CALL_TONES,
    Audio,
    CallTone,
    call_tone,
    white_noise,
)
from firmware_bridge.voices import mix, talk

_LEAD_S: Final = 1.0
_TONE_S: Final = 10.0
_DBM0: Final = -15.0
_NOMINAL: Final = "ITU-T E.180 Supplement 2"
_BENCH: Final = "bench value"


def tone_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield a case for each tone and condition."""
    for (plan, name), tone in CALL_TONES.items():
        for condition, basis, audio in _sounded(tone, rng):
            lead = np.concatenate([silence(_LEAD_S), audio])
            truth = (Sent("tone", f"{plan} {name}", _LEAD_S),)
            heard = on_a_line(lead, rng)
            yield Case("tone", f"{condition}", "hear", basis, truth, plan, heard)


def _sounded(tone: CallTone, rng: np.random.Generator) -> Iterator[tuple[str, str, Audio]]:
    n = round(_TONE_S * AUDIO_HZ)
    plain = call_tone(tone, 0, n, _DBM0)
    yield "clean", _NOMINAL, plain
    for by in (-0.015, 0.015):
        off = replace(tone, freqs_hz=tuple(hz * (1 + by) for hz in tone.freqs_hz))
        yield f"frequency {by * 100:+.1f} %", _BENCH, call_tone(off, 0, n, _DBM0)
    for by in (-0.1, 0.1):
        off = replace(tone, cadence_s=tuple(s * (1 + by) for s in tone.cadence_s))
        yield f"cadence {by * 100:+.0f} %", _BENCH, call_tone(off, 0, n, _DBM0)
    yield "level -35 dBm0", _BENCH, call_tone(tone, 0, n, -35.0)
    yield "noise 20 dB under", _BENCH, plain + white_noise(rng, n, _DBM0 - 20)
    said = mix(talk("ja", n, int(rng.integers(1000))), 0, n)
    yield "speech 15 dB under", _BENCH, plain + said * np.float32(gain(-15.0))

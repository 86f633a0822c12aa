"""Keys under every condition that a standard gives a limit for.

Sources: ITU-T Q.24 (its table's AT&T and NTT columns); MT8870D data sheet (noise 12 dB under the
weaker tone, third tone 16 dB, dial tone 22 dB over); TIA-464 (echo 20 ms late, 10 dB down).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from appliance.bench.case import Case, Must, Sent, gain, on_a_line, silence
from firmware_bridge.signals import (
    AUDIO_HZ,
    CALL_TONES,
    DTMF_HIGH_HZ,
    DTMF_KEYS,
    DTMF_LOW_HZ,
    Audio,
    a_law,
    call_tone,
    hum,
    peak,
    sine,
    to_int16,
    white_noise,
)
from firmware_bridge.voices import mix, talk

#: Each key twice.
KEYS: Final = 2 * len(DTMF_KEYS)


@dataclass(frozen=True)
class Pressed:
    """How keys are sent.

    Attributes:
        dbm0: of the stronger tone; twist_db: the high tone over the low one.
        low_error, high_error: of the frequencies, relative.
        hole_ms: cut out of the middle of each tone.
        doubled: each key twice in a row.
    """

    on_ms: float = 50.0
    off_ms: float = 50.0
    dbm0: float = -10.0
    twist_db: float = 0.0
    low_error: float = 0.0
    high_error: float = 0.0
    hole_ms: float = 0.0
    doubled: bool = False


Impairment = Callable[[Audio, np.random.Generator], Audio]


def noise(snr_db: float, audio: Audio, rng: np.random.Generator) -> Audio:
    """Noise of 0 to 4 kHz under the power of both tones."""
    return audio + white_noise(rng, len(audio), -10 + 3 - snr_db)


def _dial_tone(plan: str, over_db: float, audio: Audio, rng: np.random.Generator) -> Audio:
    del rng
    return audio + call_tone(CALL_TONES[plan, "dial"], 0, len(audio), -16 + over_db)


def hum_at(hz: float, over_db: float, audio: Audio, rng: np.random.Generator) -> Audio:
    del rng
    return audio + hum(hz, 0, len(audio), -10 + over_db)


def third_tone(over_db: float, audio: Audio, rng: np.random.Generator) -> Audio:
    """A new tone each 100 ms, at least 6 % away from all eight."""
    total, step = audio.copy(), AUDIO_HZ // 10
    for at in range(0, len(audio), step):
        n = min(step, len(audio) - at)
        total[at : at + n] += sine(_stranger_hz(rng), 0, n, -10 + over_db)
    return total


def _stranger_hz(rng: np.random.Generator) -> float:
    while True:
        hz = float(rng.uniform(300, 3300))
        if min(abs(hz / own - 1) for own in (*DTMF_LOW_HZ, *DTMF_HIGH_HZ)) > 0.06:
            return hz


def echo(ms: int, loss_db: float, audio: Audio, rng: np.random.Generator) -> Audio:
    del rng
    late = ms * AUDIO_HZ // 1000
    total = audio.copy()
    total[late:] += gain(-loss_db) * audio[:-late]
    return total


def _clipped(over_db: float, audio: Audio, rng: np.random.Generator) -> Audio:
    """Driven so far over the peak that the pair would have."""
    del rng
    limit = 2 * peak(-10)
    clipped: Audio = np.clip(audio * gain(over_db), -limit, limit).astype(np.float32)
    return clipped


def _a_law(audio: Audio, rng: np.random.Generator) -> Audio:
    del rng
    return a_law(to_int16(audio)).astype(np.float32)


def _clicks(per_s: float, audio: Audio, rng: np.random.Generator) -> Audio:
    """Impulses of a millisecond at 0 dBm0."""
    total = audio.copy()
    click = peak(0.0) * np.exp(-np.arange(8) / 2)
    for at in rng.integers(0, len(audio) - 8, round(per_s * len(audio) / AUDIO_HZ)):
        total[at : at + 8] += rng.choice([-1, 1]) * click
    return total


def _talker(under_db: float, audio: Audio, rng: np.random.Generator) -> Audio:
    said = mix(talk("ko", len(audio), int(rng.integers(1000))), 0, len(audio))
    return audio + said * np.float32(gain(-10 + 3 - under_db + 15))  # near talkers: -15 dBm0


_ATT: Final = "ITU-T Q.24, AT&T"
_NTT: Final = "ITU-T Q.24, NTT"
_CHIP: Final = "MT8870D"
_BENCH: Final = "bench value"

# fmt: off
#: condition, must, basis, how the keys are sent, what the line does to them
CONDITIONS: Final[tuple[tuple[str, Must, str, Pressed, Impairment | None], ...]] = (
    ("clean",                  "hear",   _ATT,   Pressed(), None),
    ("level 0 dBm0",           "hear",   _ATT,   Pressed(dbm0=0), None),
    ("level -25 dBm0",         "hear",   _ATT,   Pressed(dbm0=-25), None),
    ("level -29 dBm0",         "report", _CHIP,  Pressed(dbm0=-29), None),
    ("level -40 dBm0",         "report", _BENCH, Pressed(dbm0=-40), None),
    ("level -55 dBm0",         "refuse", _ATT,   Pressed(dbm0=-55), None),
    ("twist +4 dB",            "hear",   _ATT,   Pressed(twist_db=4), None),
    ("twist -8 dB",            "hear",   _ATT,   Pressed(twist_db=-8), None),
    ("twist +8 dB",            "report", _CHIP,  Pressed(twist_db=8), None),
    ("twist -10 dB",           "report", _BENCH, Pressed(twist_db=-10), None),
    ("low tone +1.5 %",        "hear",   _ATT,   Pressed(low_error=0.015), None),
    ("low tone -1.5 %",        "hear",   _ATT,   Pressed(low_error=-0.015), None),
    ("high tone +1.5 %",       "hear",   _ATT,   Pressed(high_error=0.015), None),
    ("high tone -1.5 %",       "hear",   _ATT,   Pressed(high_error=-0.015), None),
    ("both tones +1.5 %",      "hear",   _ATT,   Pressed(low_error=0.015, high_error=0.015), None),
    ("both tones -1.5 %",      "hear",   _ATT,   Pressed(low_error=-.015, high_error=-.015), None),
    ("both tones +1.8 %",      "report", _NTT,   Pressed(low_error=0.018, high_error=0.018), None),
    ("both tones -1.8 %",      "report", _NTT,   Pressed(low_error=-.018, high_error=-.018), None),
    ("low tone +3.5 %",        "refuse", _ATT,   Pressed(low_error=0.035), None),
    ("low tone -3.5 %",        "refuse", _ATT,   Pressed(low_error=-0.035), None),
    ("high tone +3.5 %",       "refuse", _ATT,   Pressed(high_error=0.035), None),
    ("high tone -3.5 %",       "refuse", _ATT,   Pressed(high_error=-0.035), None),
    ("tone 40 ms",             "hear",   _ATT,   Pressed(on_ms=40), None),
    ("tone 30 ms",             "report", _BENCH, Pressed(on_ms=30), None),
    ("tone 23 ms",             "refuse", _ATT,   Pressed(on_ms=23), None),
    ("pause 40 ms",            "hear",   _ATT,   Pressed(off_ms=40), None),
    ("same key, pause 40 ms",  "hear",   _ATT,   Pressed(off_ms=40, doubled=True), None),
    ("same key, pause 30 ms",  "report", _NTT,   Pressed(off_ms=30, doubled=True), None),
    ("tone and pause 40 ms",   "hear",   _ATT,   Pressed(on_ms=40, off_ms=40), None),
    ("interrupted for 10 ms",  "hear",   _ATT,   Pressed(on_ms=120, hole_ms=10), None),
    ("interrupted for 8 ms",   "hear",   _ATT,   Pressed(on_ms=120, hole_ms=8), None),
    ("noise 15 dB under",      "hear",   _CHIP,  Pressed(), partial(noise, 15)),
    ("noise 9 dB under",       "report", _BENCH, Pressed(), partial(noise, 9)),
    ("third tone -16 dB",      "hear",   _CHIP,  Pressed(), partial(third_tone, -16)),
    ("dial tone kr -6 dB",     "hear",   _CHIP,  Pressed(dbm0=-16), partial(_dial_tone, "kr", -6)),
    ("dial tone kr 0 dB",      "hear",   _CHIP,  Pressed(dbm0=-16), partial(_dial_tone, "kr", 0)),
    ("dial tone jp -6 dB",     "hear",   _CHIP,  Pressed(dbm0=-16), partial(_dial_tone, "jp", -6)),
    ("dial tone jp 0 dB",      "hear",   _CHIP,  Pressed(dbm0=-16), partial(_dial_tone, "jp", 0)),
    ("dial tone jp +6 dB",     "report", _CHIP,  Pressed(dbm0=-16), partial(_dial_tone, "jp", 6)),
    ("hum 60 Hz -10 dB",       "hear",   _BENCH, Pressed(), partial(hum_at, 60.0, -10)),
    ("hum 50 Hz 0 dB",         "report", _BENCH, Pressed(), partial(hum_at, 50.0, 0)),
    ("echo 10 ms -10 dB",      "hear",   "TIA-464", Pressed(), partial(echo, 10, 10)),
    ("echo 20 ms -10 dB",      "hear",   "TIA-464", Pressed(), partial(echo, 20, 10)),
    ("clicks, 4 a second",     "hear",   "TIA-464", Pressed(), partial(_clicks, 4)),
    ("clipped by 6 dB",        "hear",   _BENCH, Pressed(), partial(_clipped, 6)),
    ("clipped by 12 dB",       "report", _BENCH, Pressed(), partial(_clipped, 12)),
    ("A-law at -20 dBm0",      "hear",   "ITU-T G.711", Pressed(dbm0=-20), _a_law),
    ("speech 15 dB under",     "hear",   _BENCH, Pressed(80, 80), partial(_talker, 15)),
    ("speech 6 dB under",      "report", _BENCH, Pressed(80, 80), partial(_talker, 6)),
)
# fmt: on


def dtmf_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield a case for each condition, of KEYS keys."""
    for condition, must, basis, pressed, impair in CONDITIONS:
        audio, truth = dialled(pressed, rng)
        if impair:
            audio = impair(audio, rng)
        yield Case("dtmf", condition, must, basis, truth, audio=on_a_line(audio, rng))


def dialled(pressed: Pressed, rng: np.random.Generator) -> tuple[Audio, tuple[Sent, ...]]:
    """Return each key twice, in a random order, and when each began."""
    order = [str(key) for key in rng.permutation(list(DTMF_KEYS))]
    again = [str(key) for key in rng.permutation(list(DTMF_KEYS))]
    keys = [key for key in order for _ in range(2)] if pressed.doubled else order + again
    parts, sent, at = [silence(0.3)], [], 0.3
    pause = silence(pressed.off_ms / 1000)
    for key in keys:
        tone = _pair(key, pressed, rng)
        parts += [tone, pause]
        sent.append(Sent("dtmf", key, at))
        at += (len(tone) + len(pause)) / AUDIO_HZ
    return np.concatenate([*parts, silence(0.3)]), tuple(sent)


def _pair(key: str, pressed: Pressed, rng: np.random.Generator) -> Audio:
    row, column = divmod(DTMF_KEYS.index(key), 4)
    n = round(pressed.on_ms * AUDIO_HZ / 1000)
    low_hz = DTMF_LOW_HZ[row] * (1 + pressed.low_error)
    high_hz = DTMF_HIGH_HZ[column] * (1 + pressed.high_error)
    starts = rng.integers(0, AUDIO_HZ, 2)  # any phase
    tone = sine(low_hz, int(starts[0]), n, pressed.dbm0 - max(pressed.twist_db, 0.0))
    tone += sine(high_hz, int(starts[1]), n, pressed.dbm0 + min(pressed.twist_db, 0.0))
    hole = round(pressed.hole_ms * AUDIO_HZ / 1000)
    tone[(n - hole) // 2 : (n - hole) // 2 + hole] = 0
    return tone

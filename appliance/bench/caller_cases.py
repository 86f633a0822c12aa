"""Callers as an exchange sends them, up to the limits that receivers are built for.

Sources: MT88E45B data sheet, table 4, after ANSI/TIA/EIA-716 and ETS 300 778: -36.2 dBm, 1 200 baud
and frequencies +-1 %, noise 20 dB under (BT), one tone to 60 Hz 18 dB over the signal.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np
from scipy.signal import resample

from appliance.bench.case import Case, Must, Sent, on_a_line, silence
from firmware_bridge import caller_id as cid
from firmware_bridge.signals import AUDIO_HZ, Audio, a_law, sine, to_int16, white_noise

#: Bursts in a case.
BURSTS: Final = 8
_NAMES: Final = ("KIM", "LEE", "PARK", "SATO", "SUZUKI")
_ABSENCE: Final = {
    "P": "private",
    "O": "unavailable",
    "C": "public_phone",
    "S": "no_service",
}

#: level of the burst -> the burst, and its facts
Burst = Callable[[float, np.random.Generator], tuple[Audio, dict[str, str]]]


def _number(rng: np.random.Generator, digits: int = 10) -> str:
    return "0" + "".join(str(d) for d in rng.integers(0, 10, digits - 1))


def _time(rng: np.random.Generator) -> str:
    month, day = rng.integers(1, 13), rng.integers(1, 29)
    return f"{month:02d}{day:02d}{rng.integers(24):02d}{rng.integers(60):02d}"


def _sdmf(dbm0: float, rng: np.random.Generator) -> tuple[Audio, dict[str, str]]:
    time, number = _time(rng), _number(rng)
    return cid.bell_burst(cid.sdmf(time, number), dbm0), {"time": time, "number": number}


def _mdmf(dbm0: float, rng: np.random.Generator) -> tuple[Audio, dict[str, str]]:
    facts = {"time": _time(rng), "number": _number(rng), "name": str(rng.choice(_NAMES))}
    return cid.bell_burst(cid.mdmf(**facts), dbm0), facts


def _withheld(dbm0: float, rng: np.random.Generator) -> tuple[Audio, dict[str, str]]:
    time, code = _time(rng), str(rng.choice(list("OP")))
    burst = cid.bell_burst(cid.mdmf(time, "", absence=code), dbm0)
    return burst, {"time": time, "absence": _ABSENCE[code]}


def _ntt(dbm0: float, rng: np.random.Generator) -> tuple[Audio, dict[str, str]]:
    number = _number(rng)
    return cid.ntt_burst(cid.number_display(number), dbm0), {"number": number}


def _ntt_absent(dbm0: float, rng: np.random.Generator) -> tuple[Audio, dict[str, str]]:
    """With a dialled number, 16 octets of parameters: their count travels as DLE DLE."""
    code, dialled = str(rng.choice(list("OPCS"))), _number(rng, 11)
    burst = cid.ntt_burst(cid.number_display("", code, dialled), dbm0)
    return burst, {"absence": _ABSENCE[code], "dialled": dialled}


def _keyed(dbm0: float, rng: np.random.Generator) -> tuple[Audio, dict[str, str]]:
    number = _number(rng)
    return cid.dtmf_burst(number, dbm0=dbm0), {"number": number}


Impairment = Callable[[Audio, np.random.Generator], Audio]


def noise(snr_db: float, audio: Audio, rng: np.random.Generator) -> Audio:
    return audio + white_noise(rng, len(audio), -15 - snr_db)


def hum(over_db: float, audio: Audio, rng: np.random.Generator) -> Audio:
    del rng
    return audio + sine(60.0, 0, len(audio), -25 + over_db)


def fast(by: float, audio: Audio, rng: np.random.Generator) -> Audio:
    """The sender's clock runs fast: every frequency and the baud with it."""
    del rng
    faster: Audio = resample(audio, round(len(audio) / (1 + by))).astype(np.float32)
    return faster


def _a_law(audio: Audio, rng: np.random.Generator) -> Audio:
    del rng
    return a_law(to_int16(audio)).astype(np.float32)


_TIA: Final = "ANSI/TIA/EIA-716 (MT88E45B)"
#: condition, must, basis, level, what the line does
_CONDITIONS: Final[tuple[tuple[str, Must, str, float, Impairment | None], ...]] = (
    ("clean", "hear", "Telcordia GR-30; NTT", -15.0, None),
    ("level -36 dBm0", "hear", _TIA, -36.0, None),
    ("level -45 dBm0", "report", "bench value", -45.0, None),
    ("noise 20 dB under", "hear", "BT SIN 242 (MT88E45B)", -15.0, partial(noise, 20)),
    ("noise 10 dB under", "report", "bench value", -15.0, partial(noise, 10)),
    ("clock +1 %", "hear", _TIA, -15.0, partial(fast, 0.01)),
    ("clock -1 %", "hear", _TIA, -15.0, partial(fast, -0.01)),
    ("hum 60 Hz 18 dB over", "hear", _TIA, -25.0, partial(hum, 18)),
    ("A-law at -25 dBm0", "hear", "ITU-T G.711", -25.0, _a_law),
)
IMPAIRED: Final[tuple[tuple[str, str, Burst], ...]] = (
    ("MDMF", "bell202", _mdmf),
    ("number display", "v23_jp", _ntt),
)
_CLEAN: Final[tuple[tuple[str, str, Burst], ...]] = (
    ("SDMF", "bell202", _sdmf),
    ("MDMF withheld", "bell202", _withheld),
    ("number display, absent, dial-in", "v23_jp", _ntt_absent),
    ("DTMF", "dtmf", _keyed),
)


def caller_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield a case of BURSTS bursts for each condition and form."""
    for form, standard, burst in IMPAIRED:
        for condition, must, basis, dbm0, impair in _CONDITIONS:
            audio, truth = bursts(burst, dbm0, rng)
            heard = impair(audio, rng) if impair else audio
            yield Case(
                "caller_id",
                f"{form}: {condition}",
                must,
                basis,
                truth,
                standard,
                on_a_line(heard, rng),
            )
    for form, standard, burst in _CLEAN:
        audio, truth = bursts(burst, -15.0, rng)
        basis = "Telcordia GR-30; NTT; ETS 300 659"
        on_line = on_a_line(audio, rng)
        yield Case("caller_id", f"{form}: clean", "hear", basis, truth, standard, on_line)


def bursts(burst: Burst, dbm0: float, rng: np.random.Generator) -> tuple[Audio, tuple[Sent, ...]]:
    parts, sent = [silence(0.4)], []
    for _ in range(BURSTS):
        audio, facts = burst(dbm0, rng)
        at_s = sum(map(len, parts)) / AUDIO_HZ
        sent.append(Sent("caller_id", caller_text(facts), at_s))
        parts += [audio, silence(float(rng.uniform(0.4, 0.6)))]
    return np.concatenate(parts), tuple(sent)


def caller_text(facts: dict[str, str]) -> str:
    """Return a caller's facts in one order, those that are not known left out."""
    names = ("number", "name", "absence", "dialled", "time")
    return " ".join(f"{name}={facts[name]}" for name in names if facts.get(name))

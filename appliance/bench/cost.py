"""CPU of the detectors, Kirok's beside its peers', on the same audio in the same run.

CPU time of this process, medians of several repeats, Kirok and peers in turn so that a busy
machine hits them alike. Kirok hears 40 ms at a time, as the recorder does. A peer's receiver, one a
line, gets a whole second in a call, so that next to nothing of ctypes is charged to it: C programs
that call it each 20 ms measure the same.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import process_time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from appliance.bench.ear import PeerMissing
from appliance.bench.libspandsp import (
    STANDARDS,
    DtmfSettings,
    Receiver,
    caller_receiver,
    dtmf_receiver,
    tone_plan,
    tone_receiver,
)
from appliance.bench.multimon_ear import Multimon
from appliance.bench.spandsp_ear import TUNED
from appliance.progress import Progress
from appliance.recorder import BATCH_S
from dsp.bank import LineBank
from dsp.tone_plans import PLANS, PlanTone, tones_of
from dsp.units import AUDIO_HZ, VOLT_HZ
from firmware_bridge.signals import Audio, dtmf, to_int16, white_noise
from firmware_bridge.voices import mix, talk

Samples = NDArray[np.int16]

LINES: Final = (1, 8, 32, 128)
_DTMF: Final = "spandsp dtmf_rx"
_TUNED: Final = "spandsp dtmf_rx, tuned"
_TONES: Final = {plan: f"spandsp super_tone_rx, {plan}" for plan in ("kr", "jp")}
_CALLERS: Final = {standard: f"spandsp adsi_rx, {standard}" for standard in STANDARDS}
#: The least that hears keys, tones and callers in one country.
ONE_OF_EACH: Final = (_DTMF, _TONES["kr"], _CALLERS["bell202"])
#: All that spandsp needs to hear what it is scored for.
SCORED: Final = (_TUNED, *_TONES.values(), *_CALLERS.values())
#: Every line off the hook with speech, its voltage, and what a site in that country listens for.
IN_CALLS: Final = "Kirok, lines in calls"
#: And a key every five seconds: 36 in three minutes of a call, where dialling is some 11.
WITH_KEYS: Final = "Kirok, in calls with keys"
#: Audio alone, and the tones of every country.
ALL_ARMED: Final = "Kirok, all armed"
_KEY_EVERY_S: Final = 5
#: What a site in Korea listens for in calls; spandsp here knows the exchange alone.
_PLANS: Final = ("kr", "pbx", "eu")
#: What is compared.
OF_ONE: Final = "in calls / spandsp, one of each kind"
OF_ONE_KEYS: Final = "with keys / spandsp, one of each kind"
OF_SCORED: Final = "all armed / spandsp, all that are scored"
_LEARNT_S: Final = 1.0
_TALK_V: Final = 800  # 8 V


@dataclass(frozen=True)
class Cost:
    """CPU of one program for so many lines.

    Attributes:
        us: microseconds a line-second; the median, the least and the most.
    """

    name: str
    lines: int
    us: float
    least_us: float
    most_us: float


def busy_lines(lines: int, seconds: float, seed: int, key_every_s: int | None = None) -> Samples:
    """Return int16[lines, n] of lines in a call: speech and noise, and keys where asked for."""
    rng = np.random.default_rng([seed, 0xC057])
    n = round(seconds * AUDIO_HZ)
    long = max(n, 30 * AUDIO_HZ)
    said: Audio = mix(talk("ko", long, seed), 0, long)
    for k, at in enumerate(range(0, long, key_every_s * AUDIO_HZ) if key_every_s else ()):
        said[at : at + 800] += dtmf("159D"[k % 4], 0, 800)
    whole = to_int16(said + white_noise(rng, long, -60.0))
    shifts = rng.integers(0, long, lines)
    return np.stack([np.roll(whole, int(shift))[:n] for shift in shifts])


def measure(repeats: int, seed: int, counts: Sequence[int] = LINES) -> list[Cost]:
    """Return what everybody costs for each number of lines."""
    costs: list[Cost] = []
    with Progress("CPU", len(counts)) as progress:
        for done, lines in enumerate(counts):
            costs += _measure(lines, repeats, seed)
            progress.at(done + 1)
    return costs


def _measure(lines: int, repeats: int, seed: int) -> list[Cost]:
    gc.collect()  # what the corpus left behind is not to be gone through while Kirok is timed
    gc.freeze()
    seconds = max(2.0, 10.0 / lines)
    audio = busy_lines(lines, _LEARNT_S + seconds, seed)
    keyed = busy_lines(lines, _LEARNT_S + seconds, seed, _KEY_EVERY_S)
    with ExitStack() as stack:
        runs = dict(_runs(audio, keyed, stack))
        taken: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(repeats):
            for name, run in runs.items():
                taken[name].append(run() / (seconds * lines) * 1e6)
    return [Cost(name, lines, median(us), min(us), max(us)) for name, us in taken.items()]


def _runs(
    audio: Samples, keyed: Samples, stack: ExitStack
) -> Iterator[tuple[str, Callable[[], float]]]:
    """Yield each program, and what measures it once: CPU seconds after the first second."""
    plans = tones_of(_PLANS)
    yield IN_CALLS, lambda: _kirok_s(audio, has_volts=True, plans=plans)
    yield WITH_KEYS, lambda: _kirok_s(keyed, has_volts=True, plans=plans)
    yield ALL_ARMED, lambda: _kirok_s(audio, has_volts=False, plans=PLANS)
    try:
        for name, make in _receivers(stack).items():
            yield name, partial(_receivers_s, audio, make)
    except PeerMissing:
        pass
    try:
        multimon = Multimon()
    except PeerMissing:
        return
    if len(audio) == 1:  # a process a line: more lines cost as much each
        yield "multimon-ng", lambda: multimon.cpu_s(audio[0, _first(AUDIO_HZ) :])


def _receivers(stack: ExitStack) -> dict[str, Callable[[], Receiver]]:
    """Return what makes each of spandsp's receivers."""
    made: dict[str, Callable[[], Receiver]] = {
        _DTMF: lambda: dtmf_receiver(DtmfSettings(), lambda _: None),
        _TUNED: lambda: dtmf_receiver(TUNED, lambda _: None),
    }
    for plan, name in _TONES.items():
        made[name] = partial(tone_receiver, *stack.enter_context(tone_plan(plan)), lambda _: None)
    for standard, name in _CALLERS.items():
        made[name] = partial(caller_receiver, standard, lambda _: None)
    return made


def _first(rate: int) -> int:
    return round(_LEARNT_S * rate)


def _kirok_s(audio: Samples, *, has_volts: bool, plans: tuple[PlanTone, ...]) -> float:
    lines = len(audio)
    idle_v: list[float | None] | None = [48.0] * lines if has_volts else None
    bank = LineBank(lines, has_volts=has_volts, idle_v=idle_v, plans=plans)
    n, m = round(BATCH_S * AUDIO_HZ), round(BATCH_S * VOLT_HZ)
    volts = np.full((lines, m), _TALK_V, np.int16)
    bank.push(audio[:, : _first(AUDIO_HZ)], np.full((lines, _first(VOLT_HZ)), _TALK_V, np.int16))
    before_s = process_time()
    for at in range(_first(AUDIO_HZ), audio.shape[1], n):
        bank.push(audio[:, at : at + n], volts)
    return process_time() - before_s


def _receivers_s(audio: Samples, make: Callable[[], Receiver]) -> float:
    with ExitStack() as stack:
        receivers = [stack.enter_context(closing(make())) for _ in audio]
        for receiver, line in zip(receivers, audio, strict=True):
            receiver.push(line[: _first(AUDIO_HZ)])
        before_s = process_time()
        for at in range(_first(AUDIO_HZ), audio.shape[1], AUDIO_HZ):
            for receiver, line in zip(receivers, audio, strict=True):
                receiver.push(line[at : at + AUDIO_HZ])
        return process_time() - before_s


@dataclass(frozen=True)
class Ratio:
    """Kirok's cost over that of some of its peer's receivers, together."""

    name: str
    lines: int
    kirok_us: float
    peer_us: float

    @property
    def ratio(self) -> float:
        return self.kirok_us / self.peer_us


def ratios(costs: Sequence[Cost]) -> list[Ratio]:
    """Return the ratios for each number of lines; none without the peer."""
    found: list[Ratio] = []
    for lines in sorted({cost.lines for cost in costs}):
        us = {cost.name: cost.us for cost in costs if cost.lines == lines}
        if not us.keys() >= {*ONE_OF_EACH, *SCORED}:
            continue
        for name, own, receivers in (
            (OF_ONE, IN_CALLS, ONE_OF_EACH),
            (OF_ONE_KEYS, WITH_KEYS, ONE_OF_EACH),
            (OF_SCORED, ALL_ARMED, SCORED),
        ):
            found.append(Ratio(name, lines, us[own], sum(us[one] for one in receivers)))
    return found

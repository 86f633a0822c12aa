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
from dsp.caller_id import CallerIdBank
from dsp.events import Event
from dsp.in_band import InBandBank
from dsp.slices import Ear, Slices
from dsp.tone_plans import PLANS, PlanTone, tones_of
from dsp.units import AUDIO_HZ, VOLT_HZ
from firmware_bridge.signals import Audio, dtmf, to_int16, white_noise
from firmware_bridge.voices import mix, talk

Samples = NDArray[np.int16]

LINES: Final = (1, 8, 32, 128)
#: Which of spandsp's receivers hears what one of our detectors does.
RECEIVER_OF: Final = {
    "dtmf": "spandsp dtmf_rx",
    "tone": "spandsp super_tone_rx",
    "caller_id": "spandsp adsi_rx",
}
#: Kirok's detectors of the same three, without hook, level, howler and beep.
SAME_THREE: Final = "Kirok, keys, tones and callers"
IN_CALLS: Final = "Kirok, lines in calls"
ALL_ARMED: Final = "Kirok, all armed"
#: What a site in Korea listens for in calls; spandsp here knows the exchange alone.
_PLANS: Final = ("kr", "pbx", "eu")
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


def busy_lines(lines: int, seconds: float, seed: int) -> Samples:
    """Return int16[lines, n] of lines in a call: speech, a key every five seconds, and noise."""
    rng = np.random.default_rng([seed, 0xC057])
    n = round(seconds * AUDIO_HZ)
    long = max(n, 30 * AUDIO_HZ)
    said: Audio = mix(talk("ko", long, seed), 0, long)
    for k in range(0, long - AUDIO_HZ, 5 * AUDIO_HZ):
        said[k : k + 800] += dtmf("159D"[k // AUDIO_HZ // 5 % 4], 0, 800)
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
    with ExitStack() as stack:
        runs = dict(_runs(audio, stack))
        taken: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(repeats):
            for name, run in runs.items():
                taken[name].append(run() / (seconds * lines) * 1e6)
    return [Cost(name, lines, median(us), min(us), max(us)) for name, us in taken.items()]


def _runs(audio: Samples, stack: ExitStack) -> Iterator[tuple[str, Callable[[], float]]]:
    """Yield each program, and what measures it once: CPU seconds after the first second."""
    yield IN_CALLS, lambda: _kirok_s(audio, has_volts=True, plans=tones_of(_PLANS))
    yield ALL_ARMED, lambda: _kirok_s(audio, has_volts=False)
    yield SAME_THREE, lambda: _same_three_s(audio)
    try:
        descriptor, names = stack.enter_context(tone_plan("kr"))
        makers: dict[str, Callable[[], Receiver]] = {
            "spandsp dtmf_rx": lambda: dtmf_receiver(DtmfSettings(), lambda _: None),
            "spandsp dtmf_rx, tuned": lambda: dtmf_receiver(TUNED, lambda _: None),
            "spandsp super_tone_rx": lambda: tone_receiver(descriptor, names, lambda _: None),
            "spandsp adsi_rx": lambda: caller_receiver("bell202", lambda _: None),
        }
        for name, make in makers.items():
            yield name, partial(_receivers_s, audio, make)
    except PeerMissing:
        pass
    try:
        multimon = Multimon()
    except PeerMissing:
        return
    if len(audio) == 1:  # a process a line: more lines cost as much each
        yield "multimon-ng", lambda: multimon.cpu_s(audio[0, _first(AUDIO_HZ) :])


def _first(rate: int) -> int:
    return round(_LEARNT_S * rate)


def _kirok_s(audio: Samples, *, has_volts: bool, plans: tuple[PlanTone, ...] = PLANS) -> float:
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


class _SameThree(Ear[Event]):
    """Keys, tones and callers, from the slices that they share."""

    def __init__(self, lines: int) -> None:
        super().__init__(lines)
        self._ears = InBandBank(lines, PLANS), CallerIdBank(lines)

    def hear(self, slices: Slices) -> list[Event]:
        return [event for ear in self._ears for event in ear.hear(slices)]


def _same_three_s(audio: Samples) -> float:
    bank, n = _SameThree(len(audio)), round(BATCH_S * AUDIO_HZ)
    bank.push(audio[:, : _first(AUDIO_HZ)])
    before_s = process_time()
    for at in range(_first(AUDIO_HZ), audio.shape[1], n):
        bank.push(audio[:, at : at + n])
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
    """Kirok's cost over that of a peer's receivers.

    Attributes:
        kinds: whose receivers are summed.
        whole: Kirok's is all that it hears together, the dearer of lines in calls and all armed;
            else its detectors of the same alone.
        peer_us: the sum over RECEIVER_OF of `kinds`.
    """

    lines: int
    kinds: tuple[str, ...]
    kirok_us: float
    peer_us: float
    whole: bool = True

    @property
    def ratio(self) -> float:
        return self.kirok_us / self.peer_us


def ratios(costs: Sequence[Cost], kinds: frozenset[str]) -> list[Ratio]:
    """Return ratios for each number of lines; none without a detector or a peer to compare.

    One is over the receivers of what Kirok hears, and one, what is left of the budget, over all.
    """
    own = tuple(kind for kind in RECEIVER_OF if kind in kinds)
    sets = dict.fromkeys((own, tuple(RECEIVER_OF))) if own else {}
    return [ratio for compared in sets for ratio in _ratios(costs, compared)]


def _ratios(costs: Sequence[Cost], kinds: tuple[str, ...]) -> list[Ratio]:
    found: list[Ratio] = []
    for lines in sorted({cost.lines for cost in costs}):
        us = {cost.name: cost.us for cost in costs if cost.lines == lines}
        peers = [us[RECEIVER_OF[kind]] for kind in kinds if RECEIVER_OF[kind] in us]
        if kinds and len(peers) == len(kinds):
            own = max(us[IN_CALLS], us[ALL_ARMED])
            found.append(Ratio(lines, kinds, own, sum(peers)))
            if SAME_THREE in us and len(kinds) == len(RECEIVER_OF):
                found.append(Ratio(lines, kinds, us[SAME_THREE], sum(peers), whole=False))
    return found

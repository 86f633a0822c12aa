"""From acts to stretches: what the wire does between one switching and the next.

A stretch is a time during which the loop is driven towards one voltage, with or without ringing on
top, while one source of audio sounds. The acts of a script change the state of the line (hook,
polarity, cable) between stretches, and keep the truth of what they did.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, singledispatchmethod
from typing import Final

import numpy as np

from firmware_bridge import caller_id as cid
from firmware_bridge import script
from firmware_bridge.signals import (
    AUDIO_PER_VOLT,
    CALL_TONES,
    RECORD_BEEP_HZ,
    RECORD_BEEP_S,
    Audio,
    call_tone,
    dtmf,
    sine,
)
from firmware_bridge.truth import CallTruth
from firmware_bridge.voices import LEVEL_DBM0, Utterance, mix, sentence, talk

#: float32[n] from a sample of the stretch on.
Source = Callable[[int, int], Audio]

#: A caller-ID burst begins this long after the first ringing burst (Telcordia GR-30: 0.5 to 1.5 s).
AFTER_FIRST_RING_MS: Final = 500
RECORD_BEEP_DBM0: Final = -14.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Attributes: loop_v signed; ring_hz 0 for no ringing; audio None for silence."""

    ms: int
    loop_v: float
    ring_hz: float = 0.0
    audio: Source | None = None
    plugged: bool = True


class Performance:
    """One line's state, and the acts that change it."""

    def __init__(self, plant: script.Plant, line: int) -> None:
        self.truth = CallTruth(line)
        self.now_ms = 0  # at the end of the last stretch handed out
        self._plant = plant
        self._off_hook = False
        self._plugged = True
        self._reversed = plant.reversed

    def quiet(self, ms: int) -> Stretch:
        """Return a stretch in which nothing happens."""
        return self._hold(ms)

    @singledispatchmethod
    def perform(self, act: script.Act) -> Iterator[Stretch]:
        """Yield the stretches of one act.

        Raises:
            TypeError: not an act.
        """
        raise TypeError(f"{act!r} is not an act")

    def _hold(
        self, ms: int, audio: Source | None = None, ring_hz: float = 0.0, loop_open: bool = False
    ) -> Stretch:
        plant = self._plant
        loop_v = plant.talk_v if self._off_hook and not loop_open else plant.idle_v
        if not self._plugged:
            loop_v = 0.0
        self.now_ms += ms
        return Stretch(
            ms, -loop_v if self._reversed else loop_v, ring_hz, audio, plugged=self._plugged
        )

    def _play(self, audio: Audio) -> Stretch:
        return self._hold(-(-len(audio) // AUDIO_PER_VOLT), partial(mix, [_at(0, audio)]))

    @perform.register
    def _(self, act: script.Idle) -> Iterator[Stretch]:
        yield self._hold(_ms(act.s))

    @perform.register
    def _(self, act: script.CallerId) -> Iterator[Stretch]:
        self.truth.shown(act.number or None)
        yield self._play(_burst(act))

    @perform.register
    def _(self, act: script.Ring) -> Iterator[Stretch]:
        left_ms = _ringing_ms(act) if act.answered_after_s is None else _ms(act.answered_after_s)
        audio = None
        if act.caller_id:
            self.truth.shown(act.caller_id.number or None)
            audio = partial(mix, [_at(AFTER_FIRST_RING_MS, _burst(act.caller_id))])
        while left_ms > 0:
            on_ms = min(_ms(act.on_s), left_ms)
            self.truth.rang(self.now_ms, self.now_ms + on_ms)
            yield self._hold(on_ms, ring_hz=act.freq_hz)
            off_ms = min(_ms(act.off_s), left_ms - on_ms)
            left_ms -= on_ms + off_ms
            if off_ms:
                yield self._hold(off_ms, audio)
            audio = None
        if act.answered_after_s is None:
            self.truth.missed()

    @perform.register
    def _(self, act: script.NumberDisplay) -> Iterator[Stretch]:
        self.truth.shown(act.number or None)
        self._reversed = not self._reversed
        yield self._hold(300)
        start_ms = self.now_ms
        for _ in range(3):
            yield self._hold(500, ring_hz=act.freq_hz)
            self.truth.rang(start_ms, self.now_ms)
            yield self._hold(500)
        self._off_hook = True  # the set answers by itself: not yet a person
        yield self._hold(400)
        yield self._play(cid.ntt_burst(cid.number_display(act.number, act.absence, act.dialled)))
        yield self._hold(200)
        self._off_hook = False
        self._reversed = not self._reversed
        yield self._hold(1500)

    @perform.register
    def _(self, act: script.OffHook) -> Iterator[Stretch]:
        self._off_hook = True
        self.truth.off_hook(self.now_ms)
        yield from ()

    @perform.register
    def _(self, act: script.OnHook) -> Iterator[Stretch]:
        self._off_hook = False
        self._reversed = self._plant.reversed  # the exchange lets go of an answer's reversal
        self.truth.on_hook(self.now_ms)
        yield from ()

    @perform.register
    def _(self, act: script.Flash) -> Iterator[Stretch]:
        self.truth.flashed()
        yield self._hold(act.ms, loop_open=True)

    @perform.register
    def _(self, act: script.Reverse) -> Iterator[Stretch]:
        self._reversed = not self._reversed
        yield from ()

    @perform.register
    def _(self, act: script.Answer) -> Iterator[Stretch]:
        self.truth.answered(self.now_ms)
        self._reversed ^= act.reverse
        yield from ()

    @perform.register
    def _(self, act: script.PulseDial) -> Iterator[Stretch]:
        cycle_ms = round(1000 / act.pps)
        break_ms = round(cycle_ms * act.break_ratio)
        for digit in act.digits:
            self.truth.key(digit)
            for _ in range(int(digit) or 10):
                yield self._hold(break_ms, loop_open=True)
                yield self._hold(cycle_ms - break_ms)
            yield self._hold(act.pause_ms)

    @perform.register
    def _(self, act: script.Dial) -> Iterator[Stretch]:
        dial_tone = act.dial_tone
        for digit in act.digits:
            self.truth.key(digit)
            yield self._hold(act.on_ms, partial(_pressed, act, digit, dial_tone))
            yield self._hold(act.off_ms)
            dial_tone = ""

    @perform.register
    def _(self, act: script.Tone) -> Iterator[Stretch]:
        tone = CALL_TONES[act.plan, act.name]
        yield self._hold(_ms(act.s), partial(call_tone, tone, dbm0=act.dbm0))

    @perform.register
    def _(self, act: script.Say) -> Iterator[Stretch]:
        yield self._play(sentence(act.sentence, act.party).astype(np.float32))

    @perform.register
    def _(self, act: script.Talk) -> Iterator[Stretch]:
        ms = _ms(act.s)
        said = talk(act.language, ms * AUDIO_PER_VOLT, act.seed)
        yield self._hold(ms, partial(mix, said))

    @perform.register
    def _(self, act: script.Notice) -> Iterator[Stretch]:
        yield self._play(sentence(f"{act.language}_notice", "near").astype(np.float32))

    @perform.register
    def _(self, act: script.RecordBeep) -> Iterator[Stretch]:
        beep = partial(sine, RECORD_BEEP_HZ, dbm0=RECORD_BEEP_DBM0)
        yield self._hold(_ms(RECORD_BEEP_S), beep)

    @perform.register
    def _(self, act: script.Unplug) -> Iterator[Stretch]:
        self.truth.unplugged(self.now_ms)
        self._off_hook, self._plugged = False, False
        yield self._hold(_ms(act.s))

    @perform.register
    def _(self, act: script.PlugIn) -> Iterator[Stretch]:
        self._plugged = True
        yield from ()


def _ms(s: float) -> int:
    return round(s * 1000)


def _at(ms: int, audio: Audio) -> Utterance:
    return Utterance(ms * AUDIO_PER_VOLT, audio)


def _ringing_ms(act: script.Ring) -> int:
    return act.bursts * _ms(act.on_s) + (act.bursts - 1) * _ms(act.off_s)


def _burst(act: script.CallerId) -> Audio:
    if act.standard == "dtmf":
        return cid.dtmf_burst(act.number, dbm0=act.dbm0)
    if act.standard == "sdmf":
        return cid.bell_burst(cid.sdmf(act.time, act.absence or act.number), act.dbm0)
    message = cid.mdmf(act.time, act.number, act.name, act.absence)
    return cid.bell_burst(message, act.dbm0)


def _pressed(act: script.Dial, digit: str, dial_tone: str, start: int, n: int) -> Audio:
    audio = dtmf(digit, start, n, act.dbm0, act.twist_db)
    lasts = script.DIAL_TONE_STOPS_MS * AUDIO_PER_VOLT - start
    if dial_tone and lasts > 0:
        m = min(n, lasts)
        audio[:m] += call_tone(CALL_TONES[dial_tone, "dial"], start, m, LEVEL_DBM0["far"])
    return audio

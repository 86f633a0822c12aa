"""A day at a city hall's telephones, for the demonstration.

The first minute is written out, so that calls of every kind come and end while somebody watches;
after it each line goes on for ever, drawn from a seed: calls of 8 to 45 s, pauses of 15 to 60 s.

    line   plant           first call
    1      KR 48 V 20 Hz   incoming with caller ID, notice, Korean
    2      JP 48 V 16 Hz   incoming with number display, notice, Japanese
    3      KR 48 V 20 Hz   outgoing: dial tone, keys, ring-back, Korean
    4      PBX 24 V 25 Hz  outgoing: busy; then incoming
    5      JP 48 V 16 Hz   number display, missed; then incoming, English, with a flash
    6      KR 48 V 20 Hz   incoming; the employee presses *1 in mid-call (selective recording)
    7      JP 48 V 16 Hz   incoming, long enough to press the button on the box
    8      PBX 24 V 25 Hz  cable out for 10 s; then incoming, withheld number
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from firmware_bridge.script import (
    Act,
    Answer,
    CallerId,
    Dial,
    Flash,
    Idle,
    LineScript,
    Notice,
    NumberDisplay,
    OffHook,
    OnHook,
    Plant,
    PlugIn,
    Ring,
    Say,
    Talk,
    Tone,
    Unplug,
)
from firmware_bridge.voices import Language


@dataclass(frozen=True)
class Place:
    """Attributes: plan, of the exchange's tones; ring_hz; the language mostly spoken; the wire."""

    plan: Literal["kr", "jp"]
    ring_hz: float
    language: Language
    plant: Plant


KOREA: Final = Place("kr", 20.0, "ko", Plant(idle_v=48.0, talk_v=8.0))
JAPAN: Final = Place(
    "jp", 16.0, "ja", Plant(idle_v=48.0, talk_v=7.0, mains_hz=50.0, noise_dbm0=-58.0)
)
PBX: Final = Place(
    "kr", 25.0, "ko", Plant(idle_v=24.0, talk_v=6.0, ring_v=45.0, noise_dbm0=-66.0, reversed=True)
)


def demo_script(lines: int = 8, seed: int = 0) -> list[LineScript]:
    """Return as many lines' scripts, each without end."""
    return [
        LineScript(_OPENINGS[k % 8].place.plant, Life(_OPENINGS[k % 8], seed * 1000 + k))
        for k in range(lines)
    ]


@dataclass(frozen=True)
class Opening:
    """The first minute of one line.

    Attributes:
        keys: pressed in mid-call on this line, or "".
    """

    place: Place
    acts: tuple[Act, ...]
    keys: str = ""


@dataclass(frozen=True)
class Life:
    """What happens on one line: iterated, its acts, afresh each time."""

    opening: Opening
    seed: int

    def __iter__(self) -> Iterator[Act]:
        """Yield the first minute, then calls for ever."""
        yield from self.opening.acts
        rng = np.random.default_rng([self.seed, 0xDA1])
        kinds: Sequence[Callable[[Opening, np.random.Generator], Iterator[Act]]]
        kinds = (_incoming, _incoming, _incoming, _outgoing, _outgoing, _missed, _busy)
        while True:
            yield Idle(float(rng.uniform(15, 60)))
            yield from kinds[rng.integers(len(kinds))](self.opening, rng)


def _incoming(opening: Opening, rng: np.random.Generator) -> Iterator[Act]:
    place = opening.place
    answered_after_s = float(rng.uniform(3.6, 9.0))
    yield from _rung(place, _caller(place, rng), answered_after_s=answered_after_s)
    yield OffHook()
    if place.language != "en" and rng.random() < 0.8:
        yield Notice(place.language)
    yield from _talk(opening, rng)
    yield OnHook()


def _outgoing(opening: Opening, rng: np.random.Generator) -> Iterator[Act]:
    yield from _dialled(opening.place, rng)
    yield Tone(opening.place.plan, "ringback", float(rng.uniform(3.5, 7.0)))
    yield Answer(reverse=bool(rng.random() < 0.3))
    yield from _talk(opening, rng)
    yield OnHook()


def _missed(opening: Opening, rng: np.random.Generator) -> Iterator[Act]:
    place = opening.place
    bursts = int(rng.integers(3, 7))
    yield from _rung(place, _caller(place, rng), bursts=bursts)


def _busy(opening: Opening, rng: np.random.Generator) -> Iterator[Act]:
    yield from _dialled(opening.place, rng)
    yield Idle(1.0)
    yield Tone(opening.place.plan, "busy", float(rng.uniform(3.0, 6.0)))
    yield OnHook()


def _dialled(place: Place, rng: np.random.Generator) -> Iterator[Act]:
    yield OffHook()
    yield Tone(place.plan, "dial", float(rng.uniform(0.8, 2.0)))
    on_ms, off_ms = int(rng.integers(60, 160)), int(rng.integers(70, 250))
    yield Dial(_number(place, rng), on_ms, off_ms, dial_tone=place.plan)
    yield Idle(float(rng.uniform(0.8, 2.0)))


def _talk(opening: Opening, rng: np.random.Generator) -> Iterator[Act]:
    language = opening.place.language if rng.random() < 0.85 else "en"
    seed = int(rng.integers(1 << 30))
    yield Talk(language, float(rng.uniform(5, 25)), seed)
    if opening.keys:
        yield Dial(opening.keys, on_ms=150, off_ms=150)
    if rng.random() < 0.1:
        yield Flash(int(rng.integers(300, 700)))
    yield Talk(language, float(rng.uniform(5, 20)), seed + 1)


def _number(place: Place, rng: np.random.Generator) -> str:
    prefix, more = _PREFIXES[place.plan][rng.integers(3)]
    return prefix + "".join(str(digit) for digit in rng.integers(0, 10, more))


def _caller(place: Place, rng: np.random.Generator) -> CallerId:
    if rng.random() < 0.15:
        return CallerId(absence="P")
    return CallerId(_number(place, rng))


def _rung(
    place: Place, caller: CallerId, bursts: int = 4, answered_after_s: float | None = None
) -> tuple[Act, ...]:
    """Return the ringing, with the caller told as the country's exchanges do."""
    ring = Ring(
        freq_hz=place.ring_hz, bursts=bursts, answered_after_s=answered_after_s, caller_id=caller
    )
    if place.plan == "kr":
        return (ring,)
    display = NumberDisplay(caller.number, caller.absence, freq_hz=place.ring_hz)
    return (display, replace(ring, caller_id=None))


def _answered(place: Place, after_s: float, caller: CallerId, *acts: Act) -> tuple[Act, ...]:
    rung = _rung(place, caller, answered_after_s=after_s)
    return (*rung, OffHook(), *acts, OnHook())


def _called(place: Place, number: str, *acts: Act) -> tuple[Act, ...]:
    dial = Dial(number, on_ms=90, off_ms=90, dial_tone=place.plan)
    return (OffHook(), Tone(place.plan, "dial", 1.2), dial, Idle(0.8), *acts, OnHook())


#: Mobile, own city, capital; with the digits that follow.
_PREFIXES: Final = {
    "kr": (("010", 8), ("031", 7), ("02", 8)),
    "jp": (("090", 8), ("0173", 6), ("03", 8)),
}

_KR_ENGLISH: Final = replace(KOREA, language="en")

# fmt: off
_OPENINGS: Final = (
    Opening(KOREA, (
        Idle(2.0),
        *_answered(KOREA, 4.3, CallerId("0313708114", "KIM"), Notice("ko"), Talk("ko", 11, 1)),
    )),
    Opening(JAPAN, (
        Idle(3.0),
        *_answered(JAPAN, 4.6, CallerId("0173352111"), Notice("ja"), Talk("ja", 14, 2)),
    )),
    Opening(KOREA, (
        Idle(3.5),
        *_called(KOREA, "01023456789", Tone("kr", "ringback", 4.2), Answer(), Talk("ko", 11, 3)),
    )),
    Opening(PBX, (
        Idle(8.0),
        *_called(PBX, "0313701234", Tone("kr", "busy", 4.0)),
        Idle(7.0),
        *_answered(PBX, 3.9, CallerId("01087654321", standard="sdmf"), Talk("ko", 16, 4)),
    )),
    Opening(JAPAN, (
        Idle(2.5),
        *_rung(JAPAN, CallerId("09011112222"), bursts=2),
        Idle(6.0),
        *_answered(JAPAN, 3.6, CallerId("0351112222"),
                   Say("en_greet"), Talk("en", 7, 5), Flash(500), Talk("en", 8, 6)),
    )),
    Opening(KOREA, (
        Idle(5.0),
        *_answered(KOREA, 3.7, CallerId("0316667777"),
                   Talk("ko", 8, 7), Dial("*1", on_ms=150, off_ms=150), Talk("ko", 11, 8)),
    ), keys="*1"),
    Opening(JAPAN, (
        Idle(4.0),
        *_answered(JAPAN, 4.0, CallerId("0173420001"), Notice("ja"), Talk("ja", 24, 9)),
    )),
    Opening(PBX, (
        Idle(10.0), Unplug(10.0), PlugIn(),
        Idle(9.0),
        *_answered(_KR_ENGLISH, 4.2, CallerId(absence="P"), Talk("en", 14, 10)),
    )),
)
# fmt: on

"""What the exchange, or the PBX, of this site does: its tones, and the limits of flash and dial.

The `[exchange]` table of site.toml, all of it optional:

```
[exchange]
plans = ["kr", "pbx"]          # tables of tones that are armed
flash_max_ms = 700             # a longer break of the loop is a hang-up

[[exchange.tone]]              # one that sounds otherwise here, or is in no table
plan = "kr"
name = "busy"
hz = [480, 620]
cadence_ms = [400, 400]        # on, off ...; left out: without pause
```

A tone takes the place of those of its plan and name, and comes before all others: of two that
sound the same it gives the name. Where no plans are named, those of the policy's country are armed,
with PBXs' and Europe's, as which many a PBX sounds. Two tones within some 3 % of each other cannot
be told apart: where a site's is so near to one that is of no use here, name the plans.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from appliance import strict
from dsp.hook import HookPlan
from dsp.loop import LoopPlan
from dsp.pulse import PulsePlan
from dsp.tone_plans import PLANS, PlanTone, check, tones_of

#: By the policy's country; any other: all plans.
_PLANS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "KR": ("kr", "pbx", "eu"),
    "JP": ("jp", "pbx", "eu"),
}
#: The plan of a tone that is in no table.
OWN: Final = "site"
_PLANS: Final = (*dict.fromkeys(tone.plan for tone in PLANS), OWN)
#: Those that the page has words for.
_NAMES: Final = (*dict.fromkeys(tone.name for tone in PLANS), "howler")
_USUAL: Final = LoopPlan()
_ORDER: Final = ("flash_min_ms", "flash_max_ms"), ("make_max_ms", "digit_gap_ms")
#: What may be asked for. A break that is shorter than 20 ms is noise, and a dial's is up to 80; the
#: voltage is kept for 1.5 s after a break has begun.
_LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "flash_min_ms": (60, 400),
    "flash_max_ms": (150, 1500),
    "break_min_ms": (15, 40),
    "make_max_ms": (40, 150),
    "digit_gap_ms": (120, 400),
}


class ExchangeError(ValueError):
    """[exchange] asks for what cannot be; the message says what it has and what is wanted."""


@dataclass(frozen=True)
class SiteTone:
    """Attributes: modulated_hz, the slowest and the fastest amplitude modulation."""

    name: str
    hz: tuple[int, ...]
    plan: str = OWN
    cadence_ms: tuple[int, ...] = ()
    modulated_hz: tuple[int, ...] = ()


@dataclass(frozen=True)
class Exchange:
    """What [exchange] says; plans None: by the policy's country.

    Attributes:
        flash_min_ms, flash_max_ms: breaks of the loop between them are a flash.
        break_min_ms, make_max_ms, digit_gap_ms: as in PulsePlan.
    """

    plans: tuple[str, ...] | None = None
    tone: tuple[SiteTone, ...] = ()
    flash_min_ms: int = round(_USUAL.hook.flash_min_s * 1000)
    flash_max_ms: int = round(_USUAL.hook.flash_max_s * 1000)
    break_min_ms: int = round(_USUAL.pulse.break_min_s * 1000)
    make_max_ms: int = round(_USUAL.pulse.make_max_s * 1000)
    digit_gap_ms: int = round(_USUAL.pulse.digit_gap_s * 1000)

    def tones(self, country: str) -> tuple[PlanTone, ...]:
        """Return the tones that are armed."""
        own = [_tone(tone) for tone in self.tone]
        replaced = {(tone.plan, tone.name) for tone in own}
        rows = tones_of(self.armed(country))
        return (*own, *(row for row in rows if (row.plan, row.name) not in replaced))

    def armed(self, country: str) -> tuple[str, ...]:
        """Return the plans that are armed, the site's own tones aside."""
        if self.plans is not None:
            return self.plans
        return _PLANS_OF.get(country, _PLANS[:-1])

    def loop_plan(self) -> LoopPlan:
        """Return what the lines do."""
        return LoopPlan(
            hook=HookPlan(
                flash_min_s=self.flash_min_ms / 1000, flash_max_s=self.flash_max_ms / 1000
            ),
            pulse=PulsePlan(
                break_min_s=self.break_min_ms / 1000,
                make_max_s=self.make_max_ms / 1000,
                digit_gap_s=self.digit_gap_ms / 1000,
            ),
        )


def read(raw: object) -> Exchange:
    """Read the [exchange] table.

    Raises:
        ExchangeError: a key is not known, or what it asks for cannot be.
    """
    try:
        found = strict.build(Exchange, raw, "exchange")
        for tone in found.tone:
            _check(tone)
        rows = tones_of(found.plans or ())
        if found.plans is not None and not (rows or found.tone):
            raise ValueError("exchange.plans is empty, want one at least")
    except ValueError as error:
        raise ExchangeError(str(error)) from None
    for name, (least, most) in _LIMITS.items():
        if not least <= getattr(found, name) <= most:
            raise ExchangeError(
                f"exchange.{name} is {getattr(found, name)}, want {least} to {most}"
            )
    for less, more in _ORDER:
        if getattr(found, less) >= getattr(found, more):
            raise ExchangeError(f"exchange.{less} is not below {more}: {getattr(found, less)}")
    return found


def _check(tone: SiteTone) -> None:
    for what, known in (("plan", _PLANS), ("name", _NAMES)):
        if getattr(tone, what) not in known:
            raise ValueError(
                f"a tone's {what} is {getattr(tone, what)!r}, want one of {', '.join(known)}"
            )
    if len(tone.modulated_hz) not in (0, 2):
        raise ValueError(f"{tone.name}: modulated_hz is {tone.modulated_hz}, want two")
    check(_tone(tone))


def _tone(tone: SiteTone) -> PlanTone:
    low_hz, high_hz = tone.modulated_hz or (0, 0)
    return PlanTone(
        plan=tone.plan,
        name=tone.name,
        freqs_hz=tone.hz,
        cadence_s=tuple(ms / 1000 for ms in tone.cadence_ms),
        am_hz=(float(low_hz), float(high_hz)),
        source="site.toml",
    )

"""National call-progress tones: a table, no code. A site may give ToneBank a longer one.

A tone is its frequencies, sounded together, and its cadence: seconds on, off, on ...; none is a
tone without pause. Where two rows sound the same (one set of frequencies, one cadence), the upper
one that is armed gives its name: in Japan busy and congestion are one tone, and it is called busy;
425 Hz without pause is a PBX's dial tone before it is a European one.

Sources:
    [E180]  ITU-T E.180 Supplement 2, Various tones used in national networks: Korea, Japan.
    [ORD]   Ordinance of Telecommunications Facilities for Business (Japan, No. 30 of 1985), t. 5:
            400 Hz tones; ring-back modulated by the ringing current's 15 to 20 Hz.
    [3GPP]  3GPP TS 22.001 annex F: the tones common in Europe.
    [PBX]   As PBXs sold in Korea and Japan sound; no public document.

Not in the table: the howler, which lies elsewhere and is very loud (dsp.howler); Japan's call
waiting, whose bursts of 50 ms are shorter than what is fitted; special information (950, 1400,
1800 Hz).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dsp.frames import PROGRESS_HZ


@dataclass(frozen=True, slots=True)
class PlanTone:
    """One row of the table.

    Attributes:
        freqs_hz: between 344 and 488, or 610 and 630.
        cadence_s: even in number; every pause at least 80 ms.
        am_hz: the slowest and the fastest amplitude modulation, or (0, 0).
        source: of the figures.
    """

    plan: str
    name: str
    freqs_hz: tuple[float, ...]
    cadence_s: tuple[float, ...] = ()
    am_hz: tuple[float, float] = (0.0, 0.0)
    source: str = ""


_T = PlanTone
_RING_HZ: Final = (15.0, 20.0)

# fmt: off
PLANS: Final[tuple[PlanTone, ...]] = (
    #   plan    name             Hz           on, off ... s           modulated
    _T("kr",  "dial",         (350, 440),  (),                       source="E180"),
    _T("kr",  "ringback",     (440, 480),  (1.0, 2.0),               source="E180"),
    _T("kr",  "busy",         (480, 620),  (0.5, 0.5),               source="E180"),
    _T("kr",  "reorder",      (480, 620),  (0.3, 0.2),               source="E180"),
    _T("kr",  "waiting",      (350, 440),  (0.25, 0.25, 0.25, 3.25), source="E180"),
    _T("kr",  "intercept",    (350, 440),  (0.125, 0.25, 0.125, 1.5), source="E180"),
    _T("kr",  "unobtainable", (450,),      (0.2, 0.1, 0.2, 1.5),     source="E180"),
    _T("kr",  "recall",       (450,),      (1.0, 4.0),               source="E180"),
    _T("kr",  "recall",       (400,),      (1.0, 4.0),               source="E180"),
    _T("jp",  "dial",         (400,),      (),                       source="ORD"),
    _T("jp",  "second_dial",  (400,),      (0.25, 0.25),             source="PBX"),
    _T("jp",  "second_dial",  (400,),      (0.125, 0.125),           source="E180"),
    _T("jp",  "ringback",     (400,),      (1.0, 2.0),    _RING_HZ,  source="ORD"),
    _T("jp",  "busy",         (400,),      (0.5, 0.5),               source="ORD"),
    _T("jp",  "recall_dial",  (350, 440),  (),                       source="E180"),
    _T("pbx", "dial_425",     (425,),      (),                       source="PBX"),
    _T("eu",  "dial",         (425,),      (),                       source="3GPP"),
    _T("eu",  "ringback",     (425,),      (1.0, 4.0),               source="3GPP"),
    _T("eu",  "busy",         (425,),      (0.5, 0.5),               source="3GPP"),
    _T("eu",  "reorder",      (425,),      (0.2, 0.2),               source="3GPP"),
    _T("eu",  "waiting",      (425,),      (0.2, 0.6, 0.2, 3.0),     source="3GPP"),
)
# fmt: on


#: Of how many frequencies a tone may be, what is too short to be fitted or is bridged (dsp.tones),
#: and the fastest modulation that is fitted.
MOST_FREQS: Final = 3
LEAST_BURST_S: Final = 0.1
LEAST_PAUSE_S: Final = 0.08
MOST_AM_HZ: Final = 25.0


def check(tone: PlanTone) -> None:
    """Refuse a tone that cannot be heard.

    Raises:
        ValueError: the message says what it has, and what is wanted.
    """
    what = f"{tone.plan} {tone.name}"
    bands = " or ".join(f"{low:g} to {high:g}" for low, high in PROGRESS_HZ)
    if not 1 <= len(tone.freqs_hz) <= MOST_FREQS:
        raise ValueError(f"{what} has {len(tone.freqs_hz)} frequencies, want 1 to {MOST_FREQS}")
    for hz in tone.freqs_hz:
        if not any(low <= hz <= high for low, high in PROGRESS_HZ):
            raise ValueError(f"{what}: {hz:g} Hz cannot be heard, want {bands} Hz")
    if len(tone.cadence_s) % 2:
        raise ValueError(f"{what}: {len(tone.cadence_s)} times in its cadence, want on, off ...")
    for times_s, least_s, name in (
        (tone.cadence_s[::2], LEAST_BURST_S, "burst"),
        (tone.cadence_s[1::2], LEAST_PAUSE_S, "pause"),
    ):
        if min(times_s, default=least_s) < least_s:
            raise ValueError(f"{what}: a {name} of {min(times_s):g} s, want {least_s:g} or more")
    if not 0 <= tone.am_hz[0] <= tone.am_hz[1] <= MOST_AM_HZ:
        raise ValueError(f"{what}: modulated by {tone.am_hz} Hz, want 0 to {MOST_AM_HZ:g}, rising")


def tones_of(plans: Iterable[str]) -> tuple[PlanTone, ...]:
    """Return the rows of some plans, in the table's order.

    Raises:
        ValueError: there is no such plan.
    """
    wanted = set(plans)
    known = {tone.plan for tone in PLANS}
    if not wanted <= known:
        raise ValueError(f"no plan {sorted(wanted - known)}; there are {sorted(known)}")
    return tuple(tone for tone in PLANS if tone.plan in wanted)

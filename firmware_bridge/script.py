"""A script of line signals: what happens on a telephone line, act after act.

    LineScript(Plant(idle_v=48), (
        Idle(2),
        Ring(freq_hz=16, answered_after_s=4.2, caller_id=CallerId("0311234567")),
        OffHook(), Notice("ko"), Talk("ko", 12, seed=3), OnHook(),
    ))

Acts say what a person or the exchange does; what that is in volts and samples is in stretches.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from firmware_bridge.voices import Language, Party


@dataclass(frozen=True)
class Plant:
    """A line as the exchange and the weather leave it.

    Attributes:
        idle_v, talk_v: loop voltage on and off the hook: 48 V and 7 to 9 V on a public line,
            24 V and 6 V behind many PBXs.
        ring_v: ringing, volts rms; 75 on a public line (Ordinance 30/1985), less behind a PBX.
        noise_dbm0, hum_dbm0: on the audio.
        volts_noise_v: rms, on the line voltage.
        settle_ms: time constant of the loop after a switch (bench value).
        reversed: ring wire positive while idle.
    """

    idle_v: float = 48.0
    talk_v: float = 8.0
    ring_v: float = 75.0
    noise_dbm0: float = -62.0
    hum_dbm0: float = -68.0
    mains_hz: float = 60.0
    volts_noise_v: float = 0.15
    settle_ms: float = 3.0
    reversed: bool = False


@dataclass(frozen=True)
class Idle:
    """Nothing happens: on the hook a quiet line, off the hook a silent one."""

    s: float


@dataclass(frozen=True)
class CallerId:
    """A burst on the idle line, as an act or in the first pause of a ringing.

    Attributes:
        standard: "mdmf" and "sdmf" are Bell 202.
        time: MMDDhhmm.
        absence: "P" or "O" in the place of the number.
    """

    number: str = ""
    name: str = ""
    time: str = "11231204"
    absence: str = ""
    standard: Literal["mdmf", "sdmf", "dtmf"] = "mdmf"
    dbm0: float = -15.0


@dataclass(frozen=True)
class Ring:
    """Bursts of ringing.

    Attributes:
        bursts: how many, when nobody answers; the act ends with the last burst.
        answered_after_s: from the first burst, in a burst or a pause; OffHook must follow.
    """

    freq_hz: float = 20.0
    on_s: float = 1.0
    off_s: float = 2.0
    bursts: int = 4
    answered_after_s: float | None = None
    caller_id: CallerId | None = None


@dataclass(frozen=True)
class NumberDisplay:
    """Japan's number display, up to where the normal ringing begins.

    Reversal, 0.5/0.5 s ringing, the set goes off the hook by itself, takes the frame, and goes on
    the hook again. Ring must follow.
    """

    number: str = ""
    absence: str = ""
    dialled: str = ""
    freq_hz: float = 16.0


@dataclass(frozen=True)
class OffHook:
    pass


@dataclass(frozen=True)
class OnHook:
    pass


@dataclass(frozen=True)
class Flash:
    ms: int = 500


@dataclass(frozen=True)
class Reverse:
    """The exchange swaps the wires."""


@dataclass(frozen=True)
class Answer:
    """The far party of an outgoing call lifts the handset; some exchanges then reverse the loop."""

    reverse: bool = False


@dataclass(frozen=True)
class PulseDial:
    """Dial pulses: as many breaks as the digit says, 10 for 0.

    Attributes:
        break_ratio: 0.58 to 0.70 at 10 pulses a second (Ordinance 30/1985, table 1).
        pause_ms: after each digit, at least 600 at 10 a second and 450 at 20.
    """

    digits: str
    pps: float = 10.0
    break_ratio: float = 0.67
    pause_ms: int = 700


@dataclass(frozen=True)
class Dial:
    """Keys pressed.

    Attributes:
        dbm0: level of the stronger tone of each pair.
        twist_db: high over low.
        dial_tone: plan whose dial tone still sounds while the first key begins; "" for none.
    """

    digits: str
    on_ms: int = 100
    off_ms: int = 100
    dbm0: float = -10.0
    twist_db: float = 2.0
    dial_tone: str = ""


@dataclass(frozen=True)
class Tone:
    """A tone of the exchange, a key of signals.CALL_TONES."""

    plan: str
    name: str
    s: float
    dbm0: float = -16.0


@dataclass(frozen=True)
class Say:
    """One sentence, a file of speech/ without its suffix."""

    sentence: str
    party: Party = "near"


@dataclass(frozen=True)
class Talk:
    """Both parties in turn."""

    language: Language
    s: float
    seed: int = 0


@dataclass(frozen=True)
class Notice:
    """The announcement that the call is recorded, from beginning to end."""

    language: Literal["ko", "ja"]


@dataclass(frozen=True)
class RecordBeep:
    pass


@dataclass(frozen=True)
class Unplug:
    """The cable is pulled, and stays so until PlugIn; what was off the hook is on it afterwards."""

    s: float


@dataclass(frozen=True)
class PlugIn:
    pass


Act = (
    Idle
    | CallerId
    | Ring
    | NumberDisplay
    | OffHook
    | OnHook
    | Flash
    | Reverse
    | Answer
    | PulseDial
    | Dial
    | Tone
    | Say
    | Talk
    | Notice
    | RecordBeep
    | Unplug
    | PlugIn
)

#: How long the exchange takes to stop its dial tone once it hears a key (bench value).
DIAL_TONE_STOPS_MS: Final = 45


@dataclass(frozen=True)
class LineScript:
    """Attributes: repeat, begin again after the last act; acts must then give a fresh iterator."""

    plant: Plant
    acts: Iterable[Act]
    repeat: bool = False

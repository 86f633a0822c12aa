"""What the detectors say happened on a line.

Time is the index of an audio sample since the start of the stream (8 000 a second): `sample` is
when the thing happened, `believed` when the decision fell, never earlier. Two detectors may
believe out of the order in which things happened.
"""

from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from dsp.units import AUDIO_HZ, SILENCE_DBM0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Attributes: line from 1; sample and believed in audio samples."""

    kind: ClassVar[str] = ""

    line: int
    sample: int
    believed: int

    @property
    def at_s(self) -> float:
        return self.sample / AUDIO_HZ

    def as_json(self) -> dict[str, object]:
        """Return the event as `kirok analyse --json` prints it."""
        own = {
            f.name: value
            for f in fields(self)
            if f.name not in ("line", "sample", "believed")
            for value in (getattr(self, f.name),)
        }
        for name, value in own.items():
            if isinstance(value, float):
                own[name] = round(value, 4)
        believed = {"believed_s": self.believed / AUDIO_HZ} if self.believed > self.sample else {}
        return {"line": self.line, "at_s": self.at_s, "event": self.kind, **own, **believed}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineUp(Event):
    kind: ClassVar[str] = "line_up"
    volts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDown(Event):
    """Unplugged or cut: no battery, which is not off-hook."""

    kind: ClassVar[str] = "line_down"
    volts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RingStart(Event):
    kind: ClassVar[str] = "ring_start"
    freq_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RingEnd(Event):
    """The end of the last burst of a ringing, believed once no further burst can follow.

    Attributes:
        burst_s: the longest burst: half a second of the ringing that wakes a number display, a
            second of a normal one.
    """

    kind: ClassVar[str] = "ring_end"
    freq_hz: float
    bursts: int
    burst_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OffHook(Event):
    kind: ClassVar[str] = "off_hook"
    volts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OnHook(Event):
    kind: ClassVar[str] = "on_hook"
    volts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash(Event):
    kind: ClassVar[str] = "flash"
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolarityReversal(Event):
    kind: ClassVar[str] = "polarity_reversal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse(Event):
    """A digit dialled by opening the loop, dated at its first break."""

    kind: ClassVar[str] = "pulse"
    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dtmf(Event):
    kind: ClassVar[str] = "dtmf"
    digit: str
    duration_s: float
    level_dbm0: float
    twist_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone(Event):
    """A call-progress tone, from its first burst to its last one's end.

    Attributes:
        cut: the last burst ended before its time: the exchange has gone on to something else.
    """

    kind: ClassVar[str] = "tone"
    name: str
    plan: str
    duration_s: float
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId(Event):
    """What the exchange told of a caller, dated at the beginning of the burst.

    Attributes:
        dialled: the number that was called.
        time: MMDDhhmm.
        valid: the check was right; if not, the fields are the best that could be read.
    """

    kind: ClassVar[str] = "caller_id"
    standard: Literal["bell202", "v23", "v23_jp", "dtmf"]
    number: str | None = None
    name: str | None = None
    dialled: str | None = None
    time: str | None = None
    absence: (
        Literal["private", "public_phone", "unavailable", "no_service", "decode_failed"] | None
    ) = None
    valid: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech(Event):
    """Somebody speaks.

    Attributes:
        least_dbm0, most_dbm0: the quietest and the loudest half second that is no pause.
        side: of the two talkers, known once the call is over (dsp.talkers); None: not told.
    """

    kind: ClassVar[str] = "speech"
    duration_s: float
    level_dbm0: float
    least_dbm0: float = SILENCE_DBM0
    most_dbm0: float = SILENCE_DBM0
    side: Literal["near", "far"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBeep(Event):
    """The tone by which a recorder tells both parties that it records."""

    kind: ClassVar[str] = "record_beep"
    freq_hz: float
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """The announcement was played, from `sample` on; score as in dsp.notice."""

    kind: ClassVar[str] = "notice"
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(Event):
    """Samples that the board or the link lost; silence of that length stands in their place."""

    kind: ClassVar[str] = "gap"
    lost_s: float

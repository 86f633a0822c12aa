"""One call as it goes on: what was heard of it so far, in samples of the line's stream."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from appliance.call_machine import Trigger
from appliance.dialled import Dialled
from appliance.far_party import FarParty
from appliance.site import Line
from dsp.events import CallerId, Speech

#: A call's time line keeps this many entries: bounds the row of a call that lasts for days.
MAX_EVENTS = 1000
#: And so many stretches of speech are kept till its end, the latest: three hours of talk.
MAX_SPEECH = 2000


@dataclass
class Stretch:
    """A part of the call that is kept.

    Attributes:
        start: sample of the line's stream.
        audio_start: where it begins in the call's audio, in samples.
        stop: sample of the line's stream, or None while it lasts.
        by: what began it.
    """

    start: int
    audio_start: int
    stop: int | None = None
    by: Trigger = Trigger.ANSWER


@dataclass
class Mark:
    """Something heard in the call, for its time line."""

    kind: str
    sample: int
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostCount:
    """A moment by the seconds that the host has counted since it was started.

    Attributes:
        boot: the kernel's name for that start of the host.
    """

    boot: str
    uptime_s: float


@dataclass
class Call:
    """What is known so far.

    Attributes:
        started, lifted, answered, ended: samples of the line's stream. An outgoing call is lifted
        here
            and answered there, which is known where the exchange reverses the loop, or from what
            is heard (far_party).
        notice: "announcement" or "beep", if one was heard, and notice_at its sample.
        unsure: the moment of its start by the host's count, where the UTC of it cannot be believed.

    The UTC of the start is fixed soon after it, and the rest of the call is counted from there in
    samples: a clock that is set in mid-call moves neither end.
    """

    id: str
    line: Line
    direction: str
    started: int
    dialled: Dialled
    why: str
    started_utc: datetime | None = None
    unsure: HostCount | None = None
    lifted: int | None = None
    answered: int | None = None
    answered_utc: datetime | None = None
    ended: int | None = None
    ended_utc: datetime | None = None
    ended_by: str = ""
    far_party: FarParty = field(default_factory=FarParty)
    rings: int = 0
    notice: str | None = None
    notice_at: int | None = None
    caller: CallerId | None = None
    stretches: list[Stretch] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    speech: deque[Speech] = field(default_factory=lambda: deque(maxlen=MAX_SPEECH))

    @property
    def keeping(self) -> bool:
        """Whether audio is being kept just now."""
        return bool(self.stretches) and self.stretches[-1].stop is None

    @property
    def number(self) -> str | None:
        """The other party's number, if known."""
        if self.direction == "out":
            return self.dialled.digits or None
        return self.caller.number if self.caller is not None and self.caller.valid else None

    @property
    def number_source(self) -> str | None:
        """How the number is known ("dialled" "caller_id"); or why not ("private" ...); or None.

        A number whose check was wrong is not one: `decode_failed`. The call's time line has it.
        """
        if self.direction == "out" or self.caller is None:
            return "dialled" if self.number else None
        if self.number:
            return "caller_id"
        return self.caller.absence or (None if self.caller.valid else "decode_failed")

    def hear_notice(self, notice: str, sample: int) -> None:
        """Note that both parties were told; the announcement says more than the record tone."""
        if self.notice is None or (self.notice, notice) == ("beep", "announcement"):
            self.notice, self.notice_at = notice, sample

    def mark(self, kind: str, sample: int, **facts: object) -> None:
        """Put something on the call's time line."""
        if len(self.marks) < MAX_EVENTS:
            self.marks.append(Mark(kind, sample, facts))

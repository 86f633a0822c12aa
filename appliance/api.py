"""All that the page may ask of the recorder, and what it answers.

The page reads the call index and the reels itself, read-only. What the recorder alone owns (the
lines as they are now, the lamp, the day secrets, the ledger) it asks for here. Every listen is in
the ledger before the key leaves the recorder.
"""

from dataclasses import dataclass, field
from typing import Protocol


class NoSuchCall(LookupError):
    """There is no call with this id, or nothing of it was recorded, or it has been erased."""


class Refused(ValueError):
    """The recorder does not do this; the message says why, and which article says so."""


class RecorderAway(ConnectionError):
    """The recorder does not answer."""


@dataclass(frozen=True, slots=True)
class LineTest:
    """How the last self-test of a line went.

    Attributes:
        at: ISO 8601 UTC.
        wrong: what did not pass, or "".
    """

    at: str
    wrong: str


@dataclass(frozen=True, slots=True)
class LineStatus:
    """One line as it is now.

    Attributes:
        state: "idle" "ringing" "in_call" "dialling" "open_line" "line_down" "board_lost" "unknown".
        recording: audio of this call is being kept.
        since: when the state began, ISO 8601 UTC, or None.
        level_dbm0: level of the last second.
        volts: line voltage, signed.
        call_id: the call in progress, or None.
        last_proved: when a call, or a self-test, of it was last proved.
        test: its last self-test.
    """

    line: int
    name: str
    department: str
    mode: str
    state: str
    recording: bool
    since: str | None
    level_dbm0: float
    volts: float
    call_id: str | None
    number: str | None
    last_proved: str | None = None
    test: LineTest | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something is wrong.

    Attributes:
        what: a name of `appliance.alarms`.
        where: "line 3", a call id, or "".
        since: ISO 8601 UTC.
        seen_by: the person who has acknowledged it, or "".
        facts: what its row's `detail` says of it.
    """

    what: str
    where: str
    since: str
    seen_by: str = ""
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DiskStatus:
    """How long the disk lasts.

    Attributes:
        holds_days: at the traffic of the last four weeks; None while it is not known.
        asks_days: so many days the rule asks for.
    """

    free_bytes: int
    daily_bytes: int | None
    holds_days: int | None
    asks_days: int


@dataclass(frozen=True, slots=True)
class NightCount:
    """Calls heard against recordings that open, of two days.

    Attributes:
        at: when they were compared, ISO 8601 UTC.
        wrong: calls that do not agree.
        reread: recordings of earlier days that were read again then.
    """

    at: str
    heard: int
    recorded: int
    proved: int
    wrong: int
    reread: int = 0


@dataclass(frozen=True, slots=True)
class BoxStatus:
    """The box as it is now.

    Attributes:
        lamp: the lamp's pattern: "idle" "off_hook" "recording" "attention".
        button_line: the line that the button serves, or None when there is no button.
        clock: quality of the time stamps: "ntp" "rtc" "unsynced" "stepped".
        clock_trusted: a date may be taken from the clock.
        clock_why: why it may, or may not; English.
        night: the last reconciliation.
        counters: since the recorder started: "gaps" "lost_samples" "lost_pieces" and
            "slowest_flush_ms"; and now: "queue", what waits for the disk.
        testing: the line whose self-test is going on, or None.
        counts: calls since midnight of the site: "seen" "recorded" "proved" "failed" "pending".
    """

    now: str
    started: str
    board: str
    lamp: str
    button_line: int | None
    clock: str
    clock_trusted: bool = True
    clock_why: str = ""
    lines: list[LineStatus] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    testing: int | None = None
    disk: DiskStatus | None = None
    night: NightCount | None = None
    counters: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hearing:
    """Somebody listened to, or took out, a call.

    Attributes:
        act: "listen" or "export".
        note: what the person typed.
    """

    at: str
    person: str
    act: str
    purpose: str
    note: str = ""


class Recorder(Protocol):
    """What the recorder does for the page. Each may raise RecorderAway."""

    def status(self) -> BoxStatus:
        """Return the box as it is now."""

    def set_mode(self, line: int, mode: str, person: str, document: str) -> None:
        """Record a line in full, on request, or not at all, from its next call on.

        Args:
            mode: "full" "selective" "none".
            document: the id of what allows it.
        """

    def press_button(self) -> None:
        """Press the front button, as a finger would."""

    def self_test(self, person: str) -> None:
        """Begin a round of self-tests: every line that may be recorded, once it is idle."""

    def open_key(self, call_id: str, person: str, act: str, purpose: str, note: str = "") -> bytes:
        """Enter the act in the ledger, then return the call's data key, sealed as an age file.

        Args:
            purpose: stands in the ledger in clear: an id and words of the profile alone.
            note: what the person typed; of it the ledger has a commitment alone.

        Raises:
            NoSuchCall: there is no key for it.
        """

    def enter_package(self, call_id: str, person: str, purpose: str, sums: dict[str, str]) -> int:
        """Enter the SHA-256 sums of what is about to be handed out, under a head signed now.

        Args:
            sums: of the "opus", the "wav" and the "record", in hex.

        Returns:
            The entry's number.
        """

    def sign_manifest(self, manifest: str) -> bytes:
        """Return the box's signature of a package's MANIFEST."""

    def opened(self, call_id: str, whole: bool) -> None:
        """Say how a call opened that had no proof yet, or that it does not open whole.

        After a power cut the recorder can not prove what it had recorded: its key was in memory.
        """

    def hearings(self, call_id: str) -> list[Hearing]:
        """Return who has heard or taken out a call, oldest first."""

    def acknowledge(self, what: str, where: str, person: str) -> None:
        """Note that a person has seen an alarm; one that ends by hand is over."""

    def exempt_notice(self, call_id: str, clause: str, person: str) -> None:
        """Say by which clause of the rule nobody need have been told that a call is recorded.

        Raises:
            NoSuchCall: or it is erased, or somebody was told.
            Refused: the rule has no such exemption.
        """

    def hold(self, call_id: str, person: str, reason: str, until: str) -> None:
        """Keep a call beyond its day; until is the last day, ISO, of the site.

        Raises:
            NoSuchCall: see there.
            Refused: the rule does not allow it.
        """

    def release(self, call_id: str, person: str, reason: str) -> None:
        """End a hold; if the call is due it is erased within a minute.

        Raises:
            NoSuchCall: see there, or it is not held.
        """

    def sweep(self, now: str | None = None) -> None:
        """Begin to erase what is due.

        Args:
            now: ISO; in a trial folder alone.

        Raises:
            Refused: a time was given, and the folder is a real one.
        """

    def confirm_clock(self, person: str) -> str:
        """Believe the clock as it is, for that person says that it is right; return "".

        Where it cannot be believed all the same, return why, in English; nothing has changed.
        """

    def note(self, act: str, person: str, **facts: str) -> None:
        """Enter in the ledger what happened at the page: a login, a refusal, a search."""

"""Every alarm there is: what is wrong, what to do, how grave it is, and how it ends.

One table for the page, the mail, the log and the doctor. Whoever finds something wrong raises it
by its name here, with the place: a line, a call, a day, or "".

    grave    LOSING  calls are going unrecorded, or recordings may be lost: now
             SOON    they will be, unless somebody acts
             NOTE    somebody should look

    ends     WATCHED  by itself, with its condition, which is looked at all the time: after a start
                      it is raised anew within a minute or is over
             CHECKED  by itself, when the check that raised it next finds all well: it may be a day
                      until then, over any number of starts
             BY_HAND  when a person has seen to it and says so
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from appliance.api import Alarm
from appliance.words import N_


class Grave(Enum):
    LOSING = "losing"
    SOON = "soon"
    NOTE = "note"


class Ends(Enum):
    WATCHED = "watched"
    CHECKED = "checked"
    BY_HAND = "by_hand"


@dataclass(frozen=True)
class Kind:
    """Attributes: title, remedy, detail: English, to be translated (`appliance.words`).

    The detail is filled with the alarm's facts.
    """

    title: str
    remedy: str
    grave: Grave
    ends: Ends
    detail: str = ""


# ---------------------------------------------------------------- the lines and the board

_LINES: Final[Mapping[str, Kind]] = {
    "board_lost": Kind(
        N_("The tap board does not answer"),
        N_("Nothing is being recorded. Check the board's cable and power, then its port."),
        Grave.LOSING,
        Ends.WATCHED,
    ),
    "board_fault": Kind(
        N_("The board reports a fault of a line's input"),
        N_("Move the line to a free input; if the fault stays behind, replace the board."),
        Grave.LOSING,
        Ends.WATCHED,
    ),
    "line_down": Kind(
        N_("A telephone line is dead"),
        N_("Check that the line is plugged in at the board and works with a telephone."),
        Grave.LOSING,
        Ends.WATCHED,
    ),
    "open_line": Kind(
        N_("A telephone has been off the hook for hours"),
        N_("Ask the department to put the receiver back on."),
        Grave.NOTE,
        Ends.WATCHED,
    ),
    "line_silent": Kind(
        N_("A line that is usually busy has had no call"),
        N_("Call the line from outside. If the call is not in the list, check its wiring."),
        Grave.SOON,
        Ends.CHECKED,
        N_("{expected} calls were to be expected since its last one, and none came."),
    ),
    "recorder_away": Kind(
        N_("The recorder does not answer"),
        N_("Calls may be going unrecorded. Restart it; if it stays away, tell the installer."),
        Grave.LOSING,
        Ends.WATCHED,
    ),
    "page_away": Kind(
        N_("The page does not answer"),
        N_("Recording goes on. Restart it: systemctl restart kirok-web."),
        Grave.NOTE,
        Ends.WATCHED,
    ),
}

# ---------------------------------------------------------------- proof

_PROOF: Final[Mapping[str, Kind]] = {
    "proof_failed": Kind(
        N_("A recording could not be proved"),
        N_("Open the call and listen. If others fail too, replace the memory card."),
        Grave.SOON,
        Ends.BY_HAND,
    ),
    "selftest_failed": Kind(
        N_("A line did not pass its self-test"),
        N_("Start the test again. If it fails again, move the line to a free input."),
        Grave.SOON,
        Ends.CHECKED,
        N_("The recorder notes: {wrong}"),
    ),
    "line_unproved": Kind(
        N_("A line has not been proved for more than a day"),
        N_("Start the self-test while the line is free. If it fails, see what it says."),
        Grave.SOON,
        Ends.CHECKED,
    ),
    "reconcile_failed": Kind(
        N_("A call was heard, and its recording does not agree"),
        N_("Keep the disk as it is, and put back a copy of that day."),
        Grave.SOON,
        Ends.BY_HAND,
        N_("The recorder notes: {wrong}"),
    ),
    "count_failed": Kind(
        N_("Calls and recordings could not be compared last night"),
        N_("Run `kirok doctor` on the box: it says what to do."),
        Grave.SOON,
        Ends.CHECKED,
        N_("The recorder notes: {wrong}"),
    ),
}

# ---------------------------------------------------------------- the disk and what is on it

_DISK: Final[Mapping[str, Kind]] = {
    "disk_full": Kind(
        N_("The disk is full"),
        N_("Calls are being lost. Nothing that must be kept is erased: fit a larger disk."),
        Grave.LOSING,
        Ends.WATCHED,
    ),
    "disk_short": Kind(
        N_("The disk will be full before recordings may be erased"),
        N_("Fit a larger disk before it is full; recordings are kept as long as the rule says."),
        Grave.SOON,
        Ends.CHECKED,
    ),
    "disk_slow": Kind(
        N_("The disk has hung, and sound was lost"),
        N_("Replace the memory card or disk now, then say on the page of health that it is done."),
        Grave.LOSING,
        Ends.BY_HAND,
    ),
    "disk_failed": Kind(
        N_("The disk has failed, and the recorder has started again"),
        N_(
            "Do what is noted, then say on the page of health that it is done."
            " Finished recordings are safe."
        ),
        Grave.LOSING,
        Ends.BY_HAND,
        N_("The recorder notes: {wrong}"),
    ),
    "index_rebuilt": Kind(
        N_("The list of calls was damaged and has been made anew"),
        N_("Nothing recorded was lost. If it happens again, replace the memory card."),
        Grave.NOTE,
        Ends.BY_HAND,
    ),
    "rolled_back": Kind(
        N_("The list of calls was an earlier one than the ledger knows"),
        N_("Find out who did it, and put back the newest keys.db of those days: it opens them."),
        Grave.LOSING,
        Ends.BY_HAND,
        N_(
            "Calls of {days} that were missing and were entered again from the ledger: {calls}."
            " Recordings without a key: {keyless}."
        ),
    ),
    "vault_damaged": Kind(
        N_("A recording on the disk is damaged"),
        N_("Keep the disk as it is, put back a copy of that day, and tell the supervisor."),
        Grave.LOSING,
        Ends.BY_HAND,
    ),
    "key_damaged": Kind(
        N_("The keys of recordings are damaged"),
        N_("Recordings of that day cannot be opened: put back a copy of its keys."),
        Grave.LOSING,
        Ends.BY_HAND,
    ),
    "ledger_damaged": Kind(
        N_("The ledger was changed or is damaged"),
        N_("Run `kirok ledger verify` on the box: it names the entry. Tell the supervisor."),
        Grave.SOON,
        Ends.BY_HAND,
    ),
    "witness_missing": Kind(
        N_("The ledger's head has not been taken away by a witness for too long"),
        N_("Put the witness's USB stick in, or see whether the mail arrives."),
        Grave.NOTE,
        Ends.CHECKED,
    ),
    "witness_disagrees": Kind(
        N_("The ledger is not the one that the witness has seen"),
        N_("Entries were removed or changed. Keep the box as it is and tell the supervisor."),
        Grave.SOON,
        Ends.BY_HAND,
    ),
    "registry_behind": Kind(
        N_("The list of people and documents was put back to an earlier state"),
        N_(
            "See under People who has an account; have those named here choose their passphrase"
            " anew, and enter again what is missing."
        ),
        Grave.SOON,
        Ends.BY_HAND,
        N_("Undone or at odds with the ledger: {acts}"),
    ),
    "config_changed": Kind(
        N_("The settings of the box were changed by other hands"),
        N_("Compare site.toml and policy.toml with your copy, and find out who changed them."),
        Grave.NOTE,
        Ends.BY_HAND,
    ),
}

# ---------------------------------------------------------------- retention

_RETENTION: Final[Mapping[str, Kind]] = {
    "erasure_paused": Kind(
        N_("Erasing is paused, since the clock cannot be trusted"),
        N_("Set the clock. What is due is erased as soon as it is right."),
        Grave.NOTE,
        Ends.WATCHED,
    ),
    "erasure_failed": Kind(
        N_("A recording that is due could not be erased"),
        N_("Run `kirok doctor` on the box. Until it is erased it is kept against the rule."),
        Grave.SOON,
        Ends.CHECKED,
    ),
    "hold_ends": Kind(
        N_("A hold ends soon, and its recording will be erased"),
        N_("Extend the hold, or have the recording provided before that day."),
        Grave.NOTE,
        Ends.CHECKED,
    ),
    "hold_review": Kind(
        N_("It is time to review a hold"),
        N_("Release it if it is not needed any more; else set it again with its reason."),
        Grave.NOTE,
        Ends.CHECKED,
    ),
}

# ---------------------------------------------------------------- the clock

_CLOCK: Final[Mapping[str, Kind]] = {
    "clock_untrusted": Kind(
        N_("The clock is not set"),
        N_("Connect the time server, or set the clock; until then times cannot be trusted."),
        Grave.SOON,
        Ends.WATCHED,
    ),
    "clock_stepped": Kind(
        N_("The clock was put right"),
        N_("Times before it are off; nothing to do unless it happens again."),
        Grave.NOTE,
        Ends.BY_HAND,
    ),
    "ntp_lost": Kind(
        N_("The time server has not answered for a long time"),
        N_("Check the network and the time server's address. The clock runs on by itself."),
        Grave.NOTE,
        Ends.WATCHED,
    ),
    "rtc_disagrees": Kind(
        N_("The battery-backed clock does not agree with the time server"),
        N_("Replace the clock's battery; if it happens again, replace the clock."),
        Grave.NOTE,
        Ends.WATCHED,
    ),
}

# ---------------------------------------------------------------- the alarms themselves

_ALARMS: Final[Mapping[str, Kind]] = {
    "alarms_lost": Kind(
        N_("The list of alarms was damaged; earlier alarms may be missing"),
        N_("Run `kirok doctor --deep` on the box. If it happens again, replace the memory card."),
        Grave.SOON,
        Ends.BY_HAND,
    ),
    "calls_away": Kind(
        N_("The list of calls cannot be read"),
        N_("Recordings are safe. Do what is noted, then load the page again."),
        Grave.SOON,
        Ends.WATCHED,
        N_("The page notes: {wrong}"),
    ),
    "access_behind": Kind(
        N_("The access log on the page is not complete"),
        N_("The ledger has all of it. Do what is noted."),
        Grave.NOTE,
        Ends.WATCHED,
        N_("The page notes: {wrong}"),
    ),
    "watch_away": Kind(
        N_("Nobody tells of alarms by mail or to the log"),
        N_("Start it: systemctl restart kirok-watch."),
        Grave.NOTE,
        Ends.WATCHED,
    ),
    "mail_failed": Kind(
        N_("Alarms cannot be sent by mail"),
        N_("Run `kirok alarm-test` on the box: it says what the mail server answers."),
        Grave.NOTE,
        Ends.WATCHED,
        N_("The recorder notes: {wrong}"),
    ),
}

ALARMS: Final[Mapping[str, Kind]] = {
    **_LINES,
    **_PROOF,
    **_DISK,
    **_RETENTION,
    **_CLOCK,
    **_ALARMS,
}

#: For a name that is not in the table: a newer recorder must never be silent.
UNKNOWN: Final = Kind(
    "",
    N_("Run `kirok doctor` on the box: it says what to do."),
    Grave.SOON,
    Ends.BY_HAND,
)


def detail_of(alarm: Alarm, gettext: Callable[[str], str]) -> str:
    """Return what an alarm's row says of this one, in a language, or ""."""
    template = kind_of(alarm.what).detail
    facts = {name: gettext(fact) if fact else "" for name, fact in alarm.facts.items()}
    try:
        return gettext(template).format(**facts) if template else ""
    except (KeyError, IndexError):  # raised by a recorder of another version
        return ""


def kind_of(what: str) -> Kind:
    """Return an alarm's row; one that is not in the table has its name for a title."""
    return ALARMS.get(what) or Kind(what, UNKNOWN.remedy, UNKNOWN.grave, UNKNOWN.ends)

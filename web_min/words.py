"""What the recorder's short names are called on the page: word, shape of the icon, tone.

Colour is never alone (WCAG 1.4.1): each state has a word and an icon of its own shape. A name that
is not here is shown as it is, so that a newer recorder is never silent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from appliance.alarms import Kind, detail_of, kind_of
from appliance.api import Alarm
from appliance.words import N_
from web_min.languages import gettext
from web_min.rule_words import VALUES


@dataclass(frozen=True, slots=True)
class Word:
    """Attributes: text: to be translated; icon: a symbol of icons.svg; tone: a style's class."""

    text: str
    icon: str
    tone: str

    def __str__(self) -> str:
        return gettext(self.text) if self.text else ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An alarm in words: what it is, what there is to say of this one, and what to do about it.

    Attributes:
        kind: its row of the table.
    """

    title: str
    detail: str
    remedy: str
    kind: Kind


def word(table: Mapping[str, Word], name: str | None) -> Word:
    return table.get(name or "", Word(name or "", "unknown", "quiet"))


LINE_STATES: Final = {
    "idle": Word(N_("Idle"), "idle", "quiet"),
    "ringing": Word(N_("Ringing"), "ringing", "busy"),
    "in_call": Word(N_("In a call"), "call", "busy"),
    "dialling": Word(N_("Dialling"), "dialling", "busy"),
    "open_line": Word(N_("Off the hook too long"), "open_line", "warn"),
    "line_down": Word(N_("Line dead: unplugged or cut"), "line_down", "bad"),
    "board_lost": Word(N_("Board not answering"), "board_lost", "bad"),
    "unknown": Word(N_("Not known"), "unknown", "quiet"),
}

MODES: Final = {
    "full": Word(N_("Every call recorded"), "full", "quiet"),
    "selective": Word(N_("Recorded on request"), "selective", "quiet"),
    "none": Word(N_("Not recorded"), "none", "quiet"),
}

DIRECTIONS: Final = {
    "in": Word(N_("Incoming"), "in", "quiet"),
    "out": Word(N_("Outgoing"), "out", "quiet"),
    "unknown": Word(N_("Unknown direction"), "unknown", "quiet"),
}

PROOFS: Final = {
    "verified": Word(N_("Proved"), "check", "good"),
    "pending": Word(N_("Proof pending"), "pending", "warn"),
    "failed": Word(N_("Proof failed"), "cross", "bad"),
    "none": Word(N_("Nothing to prove"), "none", "quiet"),
}

MAILS: Final = {
    "ok": Word(N_("Mail works"), "check", "good"),
    "failing": Word(N_("No mail goes"), "cross", "bad"),
}

TESTING: Final = Word(N_("being tested"), "pending", "busy")
TEST_PASSED: Final = Word(N_("passed"), "check", "good")
TEST_FAILED: Final = Word(N_("not passed"), "cross", "bad")

GOING_ON: Final = Word(N_("going on"), "call", "busy")
ERASED: Final = Word(N_("Erased"), "none", "quiet")

#: Why a call was or was not recorded, or how it ended if not as usual.
REASONS: Final = {
    "full": Word(N_("Every call of the line is recorded"), "full", "quiet"),
    "key": Word(N_("Recording asked for by phone key"), "selective", "quiet"),
    "button": Word(N_("Recording asked for by the front button"), "selective", "quiet"),
    "missed": Word(N_("Missed call"), "missed", "quiet"),
    "not_asked": Word(N_("Nobody asked for recording"), "none", "quiet"),
    "mode_none": Word(N_("The line is not recorded"), "none", "quiet"),
    "disk_full": Word(N_("There was no room on the disk"), "cross", "bad"),
    "line_down": Word(N_("The line went dead"), "line_down", "bad"),
    "board_lost": Word(N_("The board stopped answering"), "board_lost", "bad"),
    "board_restarted": Word(N_("The board started again"), "board_lost", "warn"),
    "stopped": Word(N_("The recorder was stopped"), "cross", "warn"),
    "interrupted": Word(N_("The recorder lost power or was killed"), "cross", "warn"),
}

NOTICES: Final = {
    "announcement": Word(N_("The announcement was heard"), "check", "good"),
    "beep": Word(N_("The record tone was heard"), "check", "good"),
    "missing": Word(N_("No notice was heard"), "alarm", "warn"),
}

NUMBER_SOURCES: Final = {
    "caller_id": Word(N_("from caller ID"), "in", "quiet"),
    "dialled": Word(N_("as dialled"), "out", "quiet"),
    "private": Word(N_("Withheld by the caller"), "lock", "quiet"),
    "public_phone": Word(N_("From a public telephone"), "in", "quiet"),
    "unavailable": Word(N_("Out of area"), "in", "quiet"),
    "no_service": Word(N_("The line has no caller ID"), "in", "quiet"),
    "decode_failed": Word(N_("The caller ID could not be read"), "alarm", "quiet"),
}

CLOCKS: Final = {
    "ntp": Word(N_("Set by a time server"), "check", "good"),
    "rtc": Word(N_("From the box's own battery"), "check", "good"),
    "unsynced": Word(N_("Not set: times cannot be trusted"), "alarm", "bad"),
    "stepped": Word(N_("Was set: the date is in doubt"), "alarm", "warn"),
}

#: A clock that nothing vouches for at the moment, and that is believed still (clock_watch.py).
RUNS_FREE: Final = Word(N_("Runs by itself, without a time server"), "check", "quiet")

BOARDS: Final = {
    "connecting": Word(N_("Connecting"), "pending", "warn"),
    "streaming": Word(N_("Connected"), "check", "good"),
    "lost": Word(N_("Board not answering"), "board_lost", "bad"),
}

LAMPS: Final = {
    "idle": Word(N_("Ready"), "idle", "quiet"),
    "off_hook": Word(N_("Phone in use, not recorded"), "call", "busy"),
    "recording": Word(N_("Recording now"), "record", "busy"),
    "attention": Word(N_("Needs attention"), "alarm", "bad"),
}

REQUEST_KINDS: Final = {
    "view": Word(N_("To hear"), "call", "quiet"),
    "provide": Word(N_("To be given a copy"), "out", "quiet"),
}

REQUEST_STATES: Final = {
    "requested": Word(N_("Waits for a decision"), "pending", "busy"),
    "approved": Word(N_("Approved"), "check", "good"),
    "pledged": Word(N_("Pledge signed"), "check", "good"),
    "viewed": Word(N_("Heard"), "call", "quiet"),
    "provided": Word(N_("Copy provided"), "out", "busy"),
    "extension_asked": Word(N_("More time asked for"), "pending", "busy"),
    "reported": Word(N_("Use reported"), "check", "good"),
    "returned": Word(N_("All media back"), "in", "good"),
    "closed": Word(N_("Closed"), "check", "quiet"),
    "refused": Word(N_("Refused"), "cross", "bad"),
    "withdrawn": Word(N_("Withdrawn"), "none", "quiet"),
    "lapsed": Word(N_("Lapsed: the recording was erased first"), "alarm", "warn"),
}

#: The steps of a request, in the words of the profile's `provision.steps`.
REQUEST_STEPS: Final = {
    "request": Word(N_("Request"), "check", "quiet"),
    "approve": Word(N_("Approval"), "check", "quiet"),
    "pledge": Word(N_("Pledge"), "check", "quiet"),
    "view": Word(N_("Hearing"), "check", "quiet"),
    "provide": Word(N_("Copy provided"), "check", "quiet"),
    "report": Word(N_("Report of use"), "check", "quiet"),
    "return": Word(N_("Media back"), "check", "quiet"),
    "destroy": Word(N_("Media destroyed"), "check", "quiet"),
    "close": Word(N_("Closed"), "check", "quiet"),
}

LINE_FILES: Final = {
    "off": Word(N_("Not recorded in full"), "none", "quiet"),
    "applied": Word(N_("Applied for: waits for a decision"), "pending", "busy"),
    "approved": Word(N_("Approved: to be switched on"), "pending", "good"),
    "on": Word(N_("Recorded in full"), "full", "good"),
    "release_applied": Word(N_("End applied for: waits for a decision"), "pending", "busy"),
    "released": Word(N_("End approved: to be switched off"), "pending", "busy"),
}

MEDIA: Final = {
    "in_stock": Word(N_("In stock"), "idle", "quiet"),
    "written": Word(N_("Written"), "check", "good"),
    "issued": Word(N_("Handed over"), "out", "busy"),
    "handed_back": Word(N_("Handed back"), "in", "busy"),
    "recopy_asked": Word(N_("Further copy asked for"), "pending", "busy"),
    "returned": Word(N_("Taken back"), "in", "good"),
    "missing": Word(N_("Missing"), "alarm", "bad"),
    "erased": Word(N_("Erased"), "none", "quiet"),
    "destroyed": Word(N_("Destroyed"), "check", "quiet"),
}

METHODS: Final = {
    "erase+crush": Word(N_("Erased and crushed"), "check", "quiet"),
    "erase+shred": Word(N_("Erased and shredded"), "check", "quiet"),
    "erase+other": Word(N_("Erased and destroyed in another way"), "check", "quiet"),
}

RESTRICTIONS: Final = {
    "proposed": Word(N_("Proposed by the box"), "pending", "warn"),
    "active": Word(N_("In force"), "lock", "bad"),
    "lifted": Word(N_("Lifted"), "check", "quiet"),
    "dropped": Word(N_("Not imposed"), "none", "quiet"),
}

REGISTER_COLUMNS: Final = {
    "serial": Word(N_("No."), "check", "quiet"),
    "asked": Word(N_("Asked on"), "check", "quiet"),
    "name": Word(N_("Name, or name of the body"), "check", "quiet"),
    "born": Word(N_("Date of birth, or number of the corporation"), "check", "quiet"),
    "unit": Word(N_("Department, or address"), "check", "quiet"),
    "call_time": Word(N_("Day and time of the call"), "check", "quiet"),
    "line": Word(N_("Recorded telephone number"), "check", "quiet"),
    "purpose": Word(N_("Purpose"), "check", "quiet"),
    "planned": Word(N_("Planned destruction"), "check", "quiet"),
    "destroyed": Word(N_("Destroyed on"), "check", "quiet"),
    "officer": Word(N_("Carried out by"), "check", "quiet"),
    "confirmer": Word(N_("Approved by"), "check", "quiet"),
    "copies": Word(N_("Copies made"), "check", "quiet"),
}

#: What a city's form asks of an applicant, by its fields (`appliance.office.questions`).
FIELDS: Final = {
    "applicant.name": Word(N_("Name, or name of the body"), "check", "quiet"),
    "applicant.birth_or_regno": Word(
        N_("Date of birth, or number of the corporation"), "check", "quiet"
    ),
    "applicant.unit": Word(N_("Department"), "check", "quiet"),
    "applicant.unit_or_address": Word(N_("Department, or address"), "check", "quiet"),
    "applicant.rank": Word(N_("Rank"), "check", "quiet"),
    "applicant.duty": Word(N_("Duty"), "check", "quiet"),
    "relation": Word(N_("Relation to the party"), "check", "quiet"),
    "reason": Word(N_("Reason"), "check", "quiet"),
    "reason.other": Word(N_("If the reason is another: which"), "check", "quiet"),
    "call.content": Word(N_("What the call was about"), "check", "quiet"),
    "other_party.number": Word(N_("Other party: telephone number"), "check", "quiet"),
    "other_party.name": Word(N_("Other party: name"), "check", "quiet"),
    "staff.unit_and_name": Word(N_("Who took the call: department and name"), "check", "quiet"),
    "note": Word(N_("Note"), "check", "quiet"),
    "notes": Word(N_("What else is to be noted"), "check", "quiet"),
    "remarks": Word(N_("Remarks"), "check", "quiet"),
}
#: What is said beside a field that may be left empty.
FIELD_HINTS: Final = {
    "other_party.number": Word(
        N_("If you leave it empty, the number that the recorder heard stands there."),
        "check",
        "quiet",
    ),
    "staff.unit_and_name": Word(
        N_("If you leave it empty, the name of the line stands there."), "check", "quiet"
    ),
}

#: What a person is to do, by the names of `appliance.office.tasks`.
TASKS: Final = {
    "find_calls": Word(N_("Find the recording"), "pending", "busy"),
    "decide_request": Word(N_("Decide a request"), "pending", "busy"),
    "sign_pledge": Word(N_("Sign the pledge"), "pending", "busy"),
    "provide": Word(N_("Provide the copy"), "pending", "busy"),
    "let_view": Word(N_("Let the applicant hear it"), "pending", "busy"),
    "close_view": Word(N_("Close: it has been heard"), "pending", "busy"),
    "report_use": Word(N_("Report use and destruction"), "pending", "busy"),
    "decide_extension": Word(N_("Decide on an extension"), "pending", "busy"),
    "accept_report": Word(N_("Accept a report"), "pending", "busy"),
    "decide_line": Word(N_("Decide on full recording of a line"), "pending", "busy"),
    "enable_line": Word(N_("Switch full recording on"), "pending", "busy"),
    "disable_line": Word(N_("Switch full recording off"), "pending", "busy"),
    "issue_medium": Word(N_("Hand over a medium"), "pending", "busy"),
    "return_medium": Word(N_("Hand a medium back"), "pending", "busy"),
    "take_back_medium": Word(N_("Take a medium back"), "pending", "busy"),
    "decide_recopy": Word(N_("Decide on a further copy"), "pending", "busy"),
    "erase_medium": Word(N_("Erase a medium"), "pending", "busy"),
    "destroy_medium": Word(N_("Destroy a medium"), "pending", "busy"),
    "find_medium": Word(N_("Look for a missing medium"), "alarm", "bad"),
    "chase_report": Word(N_("Ask for a report that is overdue"), "alarm", "bad"),
    "hold_ends": Word(N_("A hold ends: hold it on, or let it go"), "pending", "busy"),
    "review_hold": Word(N_("Review whether a hold is still needed"), "pending", "busy"),
    "review_log": Word(N_("Review the access log of a month"), "pending", "busy"),
    "decide_restriction": Word(N_("Decide on a restriction"), "pending", "busy"),
}

OUTCOMES: Final = {
    "destroyed": Word(N_("Destroyed"), "check", "good"),
    "evidence_and_archive": Word(N_("Used as evidence and kept as a record"), "lock", "quiet"),
    "passed_to_other_body": Word(N_("Passed on to the police or another body"), "out", "quiet"),
    "in_use": Word(N_("Still in use"), "pending", "quiet"),
    "other": Word(N_("Other"), "unknown", "quiet"),
}

#: What was done with a document, by the acts of `appliance.office.cycles`.
DONE: Final = {
    "file": Word(N_("Filed"), "check", "quiet"),
    "attach": Word(N_("Recordings found"), "check", "quiet"),
    "approve": Word(N_("Approved"), "check", "quiet"),
    "refuse": Word(N_("Refused"), "check", "quiet"),
    "withdraw": Word(N_("Withdrawn"), "check", "quiet"),
    "lapse": Word(N_("Lapsed: the recording was erased first"), "check", "quiet"),
    "pledge": Word(N_("Pledge signed"), "check", "quiet"),
    "view": Word(N_("Heard"), "check", "quiet"),
    "provide": Word(N_("Copy provided"), "check", "quiet"),
    "provide_again": Word(N_("Copy made anew"), "check", "quiet"),
    "report": Word(N_("Use reported"), "check", "quiet"),
    "ask_extension": Word(N_("More time asked for"), "check", "quiet"),
    "grant": Word(N_("Extension granted"), "check", "quiet"),
    "deny": Word(N_("Extension not granted"), "check", "quiet"),
    "accept": Word(N_("Report accepted"), "check", "quiet"),
    "all_back": Word(N_("All media back"), "check", "quiet"),
    "all_destroyed": Word(N_("All media destroyed"), "check", "quiet"),
    "close": Word(N_("Closed"), "check", "quiet"),
    "apply": Word(N_("Full recording applied for"), "check", "quiet"),
    "apply_release": Word(N_("End of full recording applied for"), "check", "quiet"),
    "enable": Word(N_("Full recording switched on"), "check", "quiet"),
    "disable": Word(N_("Full recording switched off"), "check", "quiet"),
    "propose": Word(N_("Restriction proposed"), "check", "quiet"),
    "impose": Word(N_("Restriction imposed"), "check", "quiet"),
    "drop": Word(N_("Restriction not imposed"), "check", "quiet"),
    "lift": Word(N_("Restriction lifted"), "check", "quiet"),
    "register": Word(N_("Medium registered"), "check", "quiet"),
    "write": Word(N_("Copy written"), "check", "quiet"),
    "issue": Word(N_("Medium issued"), "check", "quiet"),
    "ask_recopy": Word(N_("Further copy asked for"), "check", "quiet"),
    "grant_recopy": Word(N_("Further copy allowed"), "check", "quiet"),
    "deny_recopy": Word(N_("Further copy not allowed"), "check", "quiet"),
    "hand_back": Word(N_("Medium handed back"), "check", "quiet"),
    "take_back": Word(N_("Medium taken back"), "check", "quiet"),
    "lose": Word(N_("Medium reported missing"), "check", "quiet"),
    "write_off": Word(N_("Medium written off"), "check", "quiet"),
    "erase": Word(N_("Medium erased"), "check", "quiet"),
    "destroy": Word(N_("Medium destroyed"), "check", "quiet"),
}

MARKS: Final = {
    "ring": Word(N_("Ring"), "ringing", "quiet"),
    "ring_end": Word(N_("End of ringing"), "ringing", "quiet"),
    "lift": Word(N_("Phone lifted"), "call", "quiet"),
    "answer": Word(N_("Answered"), "call", "quiet"),
    "far_answer": Word(N_("The other party answered"), "call", "quiet"),
    "hang_up": Word(N_("Hung up"), "hang_up", "quiet"),
    "flash": Word(N_("Hook flash"), "call", "quiet"),
    "keys": Word(N_("Keys"), "keys", "quiet"),
    "caller_id": Word(N_("Caller ID"), "in", "quiet"),
    "keep_start": Word(N_("Recording began"), "record", "quiet"),
    "keep_stop": Word(N_("Recording ended"), "none", "quiet"),
    "polarity_reversal": Word(N_("Polarity reversal"), "selective", "quiet"),
    "notice": Word(N_("The announcement was heard"), "check", "good"),
    "record_beep": Word(N_("The record tone was heard"), "check", "good"),
    "data_tone": Word(N_("A fax machine or a modem was heard"), "keys", "quiet"),
    "tone_dial": Word(N_("Dial tone"), "dialling", "quiet"),
    "tone_dial_425": Word(N_("Dial tone"), "dialling", "quiet"),
    "tone_second_dial": Word(N_("Second dial tone"), "dialling", "quiet"),
    "tone_recall_dial": Word(N_("Second dial tone"), "dialling", "quiet"),
    "tone_ringback": Word(N_("Ring-back tone"), "ringing", "quiet"),
    "tone_recall": Word(N_("Recall tone"), "ringing", "quiet"),
    "tone_waiting": Word(N_("Call-waiting tone"), "ringing", "quiet"),
    "tone_busy": Word(N_("Busy tone"), "missed", "quiet"),
    "tone_reorder": Word(N_("Congestion tone"), "missed", "quiet"),
    "tone_unobtainable": Word(N_("Number-unobtainable tone"), "missed", "quiet"),
    "tone_intercept": Word(N_("Intercept tone"), "missed", "quiet"),
    "tone_howler": Word(N_("Howler: the handset was left off"), "alarm", "warn"),
    "near_speech": Word(N_("This end speaks"), "call", "quiet"),
    "far_speech": Word(N_("The other end speaks"), "call", "quiet"),
    "gap": Word(N_("Sound lost"), "alarm", "warn"),
    "line_down": Word(N_("The line went dead"), "line_down", "bad"),
}

ACTS: Final = {
    "listen": Word(N_("Listened"), "play", "quiet"),
    "export": Word(N_("Taken out"), "out", "quiet"),
}

#: What was done with somebody's rights, by the acts of the ledger.
RIGHTS_ACTS: Final = {
    "person_added": Word(N_("Let in"), "check", "quiet"),
    "rights_changed": Word(N_("Roles changed"), "check", "quiet"),
    "code_renewed": Word(N_("New one-time code"), "check", "quiet"),
    "factor_reset": Word(N_("Second factor taken off"), "check", "quiet"),
    "person_removed": Word(N_("Removed"), "check", "quiet"),
    "recovered": Word(N_("Came in with the recovery sheet"), "check", "quiet"),
}


#: What people did, by the acts of the ledger; those with documents are made up: see `act_text`.
ACCESS_ACTS: Final = {
    "login": Word(N_("Signed in"), "check", "quiet"),
    "logout": Word(N_("Signed out"), "check", "quiet"),
    "login_refused": Word(N_("Sign-in failed: passphrase"), "cross", "bad"),
    "code_refused": Word(N_("Sign-in failed: second factor"), "cross", "bad"),
    "join_refused": Word(N_("One-time code refused"), "cross", "bad"),
    "setup": Word(N_("Set the box up"), "check", "quiet"),
    "setup_refused": Word(N_("Setting up refused"), "cross", "bad"),
    "search": Word(N_("Searched calls"), "check", "quiet"),
    "listen": Word(N_("Listened"), "play", "quiet"),
    "export": Word(N_("Taken out"), "out", "quiet"),
    "package": Word(N_("Copy made"), "out", "quiet"),
    "download": Word(N_("Copy downloaded"), "out", "quiet"),
    "register_export": Word(N_("Register taken out"), "out", "quiet"),
    "log_export": Word(N_("Access log taken out"), "out", "quiet"),
    "log_reviewed": Word(N_("Access log reviewed"), "check", "good"),
    "refused": Word(N_("Was not allowed"), "cross", "bad"),
    "hold": Word(N_("Hold set"), "lock", "quiet"),
    "release": Word(N_("Hold ended"), "lock", "quiet"),
    "passphrase_set": Word(N_("Passphrase chosen"), "check", "quiet"),
    "factor_set": Word(N_("Second factor set up"), "check", "quiet"),
    "recovery_code_used": Word(N_("Recovery code used"), "alarm", "warn"),
    "button": Word(N_("Front button pressed on the page"), "record", "quiet"),
    "self_test_asked": Word(N_("Self-test begun"), "check", "quiet"),
    "notice_exempt": Word(N_("Exemption from notice stated"), "check", "quiet"),
    "registry_behind": Word(N_("People and documents were of an earlier state"), "alarm", "bad"),
}
#: By the letter that their ids begin with.
_DOCUMENTS: Final = {
    "r": N_("Request %(number)s"),
    "l": N_("Line %(number)s"),
    "m": N_("Medium no. %(number)s"),
    "x": N_("Restriction %(number)s"),
}
_OF_DOCUMENTS: Final = {
    "request": Word(N_("Request"), "check", "quiet"),
    "line": Word(N_("Full recording"), "full", "quiet"),
    "medium": Word(N_("Medium"), "out", "quiet"),
    "restriction": Word(N_("Restriction"), "lock", "quiet"),
}


def act_text(act: str) -> str:
    """Return what was done, in the request's language; one we have no words for keeps its name."""
    kind, _, done = act.partition("_")
    if kind in _OF_DOCUMENTS and done in DONE:
        return f"{_OF_DOCUMENTS[kind]}: {DONE[done]}"
    return str(word({**RIGHTS_ACTS, **ACCESS_ACTS}, act))


def clock(quality: str, believed: bool) -> Word:
    """Return how good a clock is, in words; of one that is believed nothing bad is said."""
    return RUNS_FREE if quality == "unsynced" and believed else word(CLOCKS, quality)


def kind_name(kind: str) -> str:
    """Return what a kind of medium is called; one we have no words for keeps its name."""
    return gettext(VALUES.get(kind, kind))


def document_name(document_id: str) -> str:
    """Return a document of the office as one would say it: Request 3; another name as it is."""
    kind, number = document_id[:1], document_id[1:]
    if kind in _DOCUMENTS and number.isdecimal():
        return gettext(_DOCUMENTS[kind]) % {"number": number}
    return document_id


def purpose_said(purpose: str) -> str:
    """Return for what a recording was opened, "r3 PURPOSE" in the ledger."""
    request, space, rest = purpose.partition(" ")
    named = document_name(request)
    return purpose if named == request else f"{named}{':' * bool(rest)}{space}{rest}"


def trouble(alarm: Alarm) -> Trouble:
    """Return an alarm in the request's language; one we have no words for keeps its name."""
    kind = kind_of(alarm.what)
    return Trouble(gettext(kind.title), detail_of(alarm, gettext), gettext(kind.remedy), kind)

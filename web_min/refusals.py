"""Why the office refuses, in words: what was wrong, and what would make it right."""

from collections.abc import Mapping
from typing import Final

from appliance.office.clerk import Refusal
from appliance.words import N_
from web_min.languages import gettext as _

_WHY: Final[Mapping[str, str]] = {
    "wrong_state": N_("This cannot be done any more: somebody was quicker. Look at it again."),
    "no_right": N_("Your role has no right to this."),
    "not_yours": N_("This belongs to another department."),
    "same_person": N_("Whoever asked cannot decide: another person must."),
    "restricted": N_("Nothing may be provided: a restriction is in force."),
    "no_ground": N_("The rule does not allow this on that ground."),
    "no_call": N_("This recording is not there: it was not kept, goes on, or has been erased."),
    "no_request": N_("No approved request opens this recording."),
    "out_of_scope": N_("The request does not go so far."),
    "too_late": N_("The time for this is over."),
    "too_early": N_("That day is too early, or has not come yet."),
    "not_a_recipient": N_("The rule has it handed to others: see its article."),
    "not_in_rule": N_("The city's rule does not know this."),
    "not_opened": N_("Nothing has been opened for this session, or it was too long ago."),
    "no_session": N_("Nobody was signed in."),
    "wrong_code": N_("The code was not that of this moment."),
    "no_factor": N_("A second factor has to be set up first."),
    "stale_form": N_("The form was not one of this session's."),
    "no_secret": N_("Who cannot open the recordings cannot open them to somebody else."),
    "last_one": N_("Nobody else could do it then."),
    "other_copy": N_("The copy that was provided has another SHA-256: this is not what it was."),
    "taken": N_("There is one with this number already."),
    "in_force": N_("There is a restriction for this person on this ground already."),
}
_MISSING: Final[Mapping[str, str]] = {
    "signed": N_("Tick that you have read the pledge and sign it."),
    "notice": N_("Tick that the announcement is played and was heard."),
    "reason": N_("Give the reason."),
    "proof": N_("Name the document by which it is asked for: issuer, number and day."),
    "applicant": N_("Enter the applicant's name."),
    "purpose": N_("Choose what the recording is for."),
    "calls": N_("Say which call: choose it, or give day, time and line."),
    "outcome": N_("Say what became of the copy."),
    "destroyer": N_("Say who destroyed it."),
    "outcome_other": N_("Say what became of it."),
    "not_destroyed": N_("If it was not destroyed, say why; if it was, leave this open."),
    "destroyed": N_("Enter the day on which it was destroyed."),
    "planned_day": N_("Enter the planned day of destruction."),
    "until": N_("Enter a day."),
    "recipient": N_("Say who receives it."),
    "request": N_("Choose the request that it is for: its copy has to be made first."),
    "medium": N_("Name a registered medium with nothing on it."),
    "serial": N_("Enter the serial number."),
    "kind": N_("Choose the kind."),
    "method": N_("Say how it was destroyed."),
    "two_names": N_("Name the two persons who saw it destroyed."),
    "person": N_("Say whom it is about."),
}
#: What is wrong with one field, which the refusal's detail names.
_OF_A_FIELD: Final = ("missing", "too_early", "too_late", "taken", "other_copy")
_NOT_FILLED: Final = N_("This must be filled in.")


def text(refusal: Refusal) -> str:
    """Return a refusal in the request's language."""
    if refusal.why == "missing":
        return _(_MISSING.get(refusal.detail, _NOT_FILLED))
    return _(_WHY.get(refusal.why, refusal.why))


def field(refusal: Refusal) -> str:
    """Return the field of the form that a refusal is about."""
    if refusal.why in _OF_A_FIELD and refusal.detail:
        return refusal.detail
    return {"no_ground": "ground", "no_call": "calls"}.get(refusal.why, "main")

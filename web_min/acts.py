"""What may be done with a document of the office, as the page offers it: a button and its form.

The tables of `appliance.office.cycles` say which acts there are and who may do them; here each gets
its words, and the fields of its form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from appliance.words import N_

Kind = Literal["text", "long", "day", "choice", "tick"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One field of an act's form.

    Attributes:
        choices: the list that it offers, by the name that the page has it under.
    """

    name: str
    label: str
    kind: Kind = "text"
    hint: str = ""
    optional: bool = False
    choices: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Attributes: primary: what the document waits for; grave: it cannot be taken back."""

    label: str
    asks: Sequence[Ask] = ()
    primary: bool = False
    grave: bool = False


_REASON: Final = Ask("reason", N_("Reason"), "long")

REQUEST_ACTS: Final[Mapping[str, Act]] = {
    "approve": Act(
        N_("Approve"),
        (
            Ask(
                "until",
                N_("Open until"),
                "day",
                N_("Heard or copied until the end of this day; two weeks if none is given."),
                optional=True,
            ),
        ),
        primary=True,
    ),
    "refuse": Act(N_("Refuse"), (_REASON,), grave=True),
    "withdraw": Act(N_("Withdraw the request"), grave=True),
    "pledge": Act(
        N_("Sign the pledge"),
        (Ask("signed", N_("I have read the pledge and sign it."), "tick"),),
        primary=True,
    ),
    "report": Act(
        N_("Report use and destruction"),
        (
            Ask("outcome", N_("What became of the copy"), "choice", choices="outcomes"),
            Ask("outcome_other", N_("If other: what"), optional=True),
            Ask("destroyed", N_("Destroyed on"), "day", optional=True),
            Ask("destroyer_unit", N_("Destroyed by: department"), optional=True),
            Ask("destroyer", N_("Destroyed by: name"), optional=True),
            Ask(
                "not_destroyed",
                N_("If not destroyed: why"),
                "choice",
                optional=True,
                choices="not_destroyed",
            ),
            Ask("note", N_("Remarks"), optional=True),
        ),
        primary=True,
    ),
    "ask_extension": Act(
        N_("Ask for more time"),
        (
            Ask("planned_day", N_("Planned day of destruction"), "day"),
            Ask("note", N_("Why it is needed longer"), optional=True),
        ),
    ),
    "grant": Act(
        N_("Grant the extension"),
        (Ask("planned_day", N_("Another day than was asked for"), "day", optional=True),),
        primary=True,
    ),
    "deny": Act(N_("Do not grant it"), (_REASON,)),
    "accept": Act(N_("Accept the report and close"), primary=True),
    "close": Act(N_("Close"), (Ask("reason", N_("Remarks"), optional=True),)),
}


_APPLICANT: Final = (
    Ask("applicant", N_("Name")),
    Ask("unit", N_("Department")),
    Ask("duty", N_("Duty"), optional=True),
    Ask("rank", N_("Rank"), optional=True),
)

LINE_ACTS: Final[Mapping[str, Act]] = {
    "apply": Act(
        N_("Apply for full recording"),
        (Ask("ground", N_("Ground"), "choice", choices="grounds"), _REASON, *_APPLICANT),
        primary=True,
    ),
    "apply_release": Act(N_("Apply for its end"), (_REASON,)),
    "withdraw": Act(N_("Withdraw the application"), grave=True),
    "approve": Act(N_("Approve"), primary=True),
    "refuse": Act(N_("Refuse"), (_REASON,), grave=True),
    "enable": Act(
        N_("Switch full recording on"),
        (
            Ask(
                "notice",
                N_("The announcement is played on this line, and I have heard it."),
                "tick",
                optional=True,
            ),
            Ask("reason", N_("By which decision"), "long", optional=True),
        ),
        primary=True,
    ),
    "disable": Act(N_("Switch full recording off"), (Ask("reason", N_("Remarks"), optional=True),)),
}

MEDIUM_ACTS: Final[Mapping[str, Act]] = {
    "write": Act(
        N_("Write the copy to it"),
        (
            Ask("request", N_("For which request"), "choice", choices="requests"),
            Ask(
                "file",
                N_("SHA-256 of the file on the medium, as the page showed it"),
                hint=N_("It says that what is on the medium is what was provided."),
            ),
        ),
        primary=True,
    ),
    "issue": Act(
        N_("Hand it over"),
        (Ask("recipient", N_("To whom"), "choice", choices="recipients"),),
        primary=True,
    ),
    "hand_back": Act(N_("Hand it back"), primary=True),
    "take_back": Act(N_("Take it back"), primary=True),
    "ask_recopy": Act(N_("Ask to copy it further"), (_REASON,)),
    "grant_recopy": Act(
        N_("Allow one further copy"),
        (Ask("medium", N_("Serial number of the medium that it is copied to")),),
    ),
    "deny_recopy": Act(N_("Do not allow it"), (_REASON,)),
    "lose": Act(N_("It is missing"), (_REASON,), grave=True),
    "erase": Act(N_("It has been erased"), primary=True),
    "destroy": Act(
        N_("It has been destroyed"),
        (
            Ask("method", N_("How"), "choice", choices="methods"),
            Ask("two_names", N_("Who saw it: two names")),
        ),
        primary=True,
        grave=True,
    ),
    "write_off": Act(N_("Write it off"), (_REASON,), grave=True),
}

RESTRICTION_ACTS: Final[Mapping[str, Act]] = {
    "impose": Act(N_("Impose the restriction"), (_REASON,), primary=True, grave=True),
    "drop": Act(N_("Do not impose it"), (_REASON,)),
    "lift": Act(N_("Lift the restriction"), (_REASON,)),
}


def one_of(*acts: str) -> str:
    """Return the part of a route that takes one of these acts as `act`, and no other word."""
    return f"<any({', '.join(acts)}):act>"


#: What an address may name as an act; "attach" has a form of its own.
ACTS: Final = {*REQUEST_ACTS, *LINE_ACTS, *MEDIUM_ACTS, *RESTRICTION_ACTS, "attach"}

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
        choices: what it offers, by the profile's words: see `acts.choices`.
    """

    name: str
    label: str
    kind: Kind = "text"
    hint: str = ""
    optional: bool = False
    choices: Literal["", "outcomes", "not_destroyed", "methods"] = ""


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
                N_("The recordings may be heard or copied until the end of this day."),
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

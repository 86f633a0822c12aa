"""A package's cover sheet, in the policy's language; `papers/fact_sheet.typ` is its form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from appliance.checkpoint import Checkpoint
from appliance.fact_sheet import Say, line_of, local, part, sheet
from appliance.index_row import CallRow
from appliance.policy import Policy
from appliance.words import N_, words

_DIRECTIONS: Final = {
    "in": N_("incoming"),
    "out": N_("outgoing"),
    "unknown": N_("not known"),
}
_PROOFS: Final = {
    "verified": N_("read back and compared when the call ended"),
    "failed": N_("what was read back did not agree with what was heard"),
    "pending": N_("not read back: the box was cut off during the call"),
    "none": N_("not read back: the box was cut off during the call"),
}
_NOTICES: Final = {
    "announcement": N_("by an announcement"),
    "beep": N_("by a tone"),
    "missing": N_("no notice was heard"),
}


@dataclass(frozen=True)
class Provision:
    """What is handed out.

    Attributes:
        taker: who takes it out, by name.
        sums: SHA-256 of the "opus", the "alaw" if there is one, the "wav" and the "record", in hex.
        entries: numbers in the ledger, the call's and the package's.
        public_key: the box's, base 64.
    """

    row: CallRow
    box_id: str
    public_key: str
    taker: str
    purpose: str
    at: datetime
    sums: Mapping[str, str]
    entries: tuple[int, int]
    head: Checkpoint


def values(of: Provision, policy: Policy) -> dict[str, object]:
    """Return what the form prints."""
    say = words(policy.language).gettext
    check = N_(
        "Whether the package is genuine is said by “kirok verify”, or by the commands in"
        " its file README; both need the box's key above."
    )
    parts = [_call(of, policy, say), _handing(of, policy, say), _marks(of, say)]
    hands = [say(N_("Handed over by")), say(N_("Received by"))]
    return sheet(policy, say(N_("Call recording: cover sheet")), parts, say(check), hands)


def _call(of: Provision, policy: Policy, say: Say) -> dict[str, object]:
    row = of.row
    minutes, seconds = divmod(round(row.audio_s), 60)
    rows = {
        N_("Call id"): row.id,
        N_("Line"): line_of(row),
        N_("Direction"): say(_DIRECTIONS[row.direction]),
        N_("Other party's number"): row.number or say(_DIRECTIONS["unknown"]),
        N_("Began"): local(row.start, policy),
        N_("Ended"): local(row.end, policy),
        N_("Length of the recording"): f"{minutes}:{seconds:02}",
        N_("Told of the recording"): say(_NOTICES.get(row.notice or "missing", row.notice or "")),
        N_("Proof"): say(_PROOFS[row.proof]),
    }
    return part(say(N_("The call")), rows, say)


def _handing(of: Provision, policy: Policy, say: Say) -> dict[str, object]:
    trial = say(N_("trial: not a city's real call"))
    rows = {
        N_("Taken out by"): of.taker,
        N_("Reason"): trial if of.purpose == "trial" else of.purpose,
        N_("Taken out on"): local(of.at, policy),
    }
    return part(say(N_("The provision")), rows, say)


def _marks(of: Provision, say: Say) -> dict[str, object]:
    entries = say(N_("{call} (the call) and {package} (this package), of {size}"))
    numbers = {"call": of.entries[0], "package": of.entries[1], "size": of.head.size}
    exact = {
        N_("Box"): of.box_id,
        N_("The box's key"): of.public_key,
        N_("Entries in the ledger"): entries.format(**numbers),
        N_("Head of the ledger"): of.head.root.hex(),
        "WAV": of.sums["wav"],
        "Opus": of.sums["opus"],
        **({"G.711": of.sums["alaw"]} if "alaw" in of.sums else {}),
        "record.json": of.sums["record"],
    }
    return part(say(N_("How to know it again (SHA-256)")), exact, say, exact=True)

"""The certificate of an erasure on paper: what was erased, due when, done when, how late.

It says what the ledger's entry "erased" says, in the policy's language, and carries what proves it
to somebody who has nothing of ours: the entry itself, the proof that it is in the ledger, and the
head that the box has signed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance import articles, checkpoint, keys, ledger_proofs, paper
from appliance.box import Box
from appliance.entry_check import ERASED
from appliance.fact_sheet import Say, line_of, local, part, sheet
from appliance.index_row import CallRow
from appliance.ledger_proofs import Proved
from appliance.ledger_walk import ENTRIES, HEAD, read_lines
from appliance.policy import Policy
from appliance.words import N_, words

_WHY: Final[Mapping[str, str]] = {
    "expired": N_("the rule's time was over"),
    "overwritten": N_("the disk was full, and the rule has the oldest make room"),
}


class NotYet(LookupError):
    """No head has been signed since the erasure: one is, every minute."""


@dataclass(frozen=True)
class Certificate:
    """Attributes: row: what is left of the call; public_key: the box's, base 64."""

    row: CallRow
    entry: Proved
    box_id: str
    public_key: str


def printed(box: Box, row: CallRow, at: datetime) -> bytes:
    """Return the certificate of an erased call as PDF.

    Raises:
        NotYet, CannotPrint: see there.
        ValueError: the ledger is not what its head was signed for; it proves nothing.
    """
    public = keys.public_key_from_text(box.public_key)
    certificate = Certificate(row, proved(box.ledger, row.id, public), box.id, box.public_key)
    return paper.pdf("fact_sheet", values(certificate, box.policy), at)


def values(of: Certificate, policy: Policy) -> dict[str, object]:
    """Return what the sheet prints."""
    say = words(policy.language).gettext
    facts = json.loads(of.entry.entry)["facts"]
    check = N_(
        "The proof is a C2SP tlog-proof: it leads from the SHA-256 of the entry to the head"
        " of the ledger, which is signed with the box's key."
    )
    parts = [_recording(of, facts, say), _erasure(facts, policy, say), _ledger(of, say)]
    return sheet(policy, say(N_("Certificate of an erasure")), parts, say(check))


def _recording(of: Certificate, facts: Mapping[str, Any], say: Say) -> dict[str, object]:
    row = of.row
    rows = {
        N_("Call id"): row.id,
        N_("Day"): str(facts["day"])[:10],  # one in doubt is filed apart, under the same day
        N_("Line"): line_of(row),
        N_("Hash of the sealed recording"): str(facts["chain"] or "–"),
    }
    return part(say(N_("What was erased")), rows, say)


def _erasure(facts: Mapping[str, Any], policy: Policy, say: Say) -> dict[str, object]:
    late, named = facts["late_s"], articles.clauses_of(str(facts["article"]))
    rows = {
        N_("Article"): ", ".join(articles.called(each, policy.language) for each in named),
        N_("Why"): say(_WHY.get(facts["why"], facts["why"])),
        N_("Due on"): _moment(facts["due"], policy) or "–",
        N_("Erased on"): _moment(facts["done"], policy),
        N_("Seconds late"): "–" if late is None else f"{late:,.1f}",
        N_("How"): say(N_("its key was destroyed and its sound removed: nobody can hear it")),
    }
    return part(say(N_("The erasure")), rows, say)


def _ledger(of: Certificate, say: Say) -> dict[str, object]:
    rows = {
        N_("Box"): of.box_id,
        N_("The box's key"): of.public_key,
        N_("Entry in the ledger"): of.entry.entry.decode(),
        N_("Number of the entry"): str(of.entry.proof.index),
        N_("Proof, and signed head"): of.entry.proof.text().strip(),
    }
    return part(say(N_("How to check it")), rows, say, exact=True)


def _moment(text: str | None, policy: Policy) -> str:
    return local(datetime.fromisoformat(text) if text else None, policy)


def proved(ledger: Path, call_id: str, key: Ed25519PublicKey) -> Proved:
    """Return a call's certificate in the ledger, with its proof.

    Raises:
        NotYet, ValueError: see `printed`.
    """
    head = checkpoint.read((ledger / HEAD).read_text(), key)
    index = _index_of(ledger / ENTRIES, call_id)
    if index is None or index >= head.size:
        raise NotYet(call_id)
    return ledger_proofs.prove(ledger, [index], key)[0]


def _index_of(entries: Path, call_id: str) -> int | None:
    """Return the number of a call's certificate: of the newest, where a power cut left two."""
    act, call = f'"act":"{ERASED}"'.encode(), f'"call":"{call_id}"'.encode()
    found = None
    for number, (_, line) in enumerate(read_lines(entries)):
        if act in line and call in line:
            found = number
    return found

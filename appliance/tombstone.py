"""What is left of a call that was erased: its row as a tombstone, and its certificate.

The tombstone has the call's id, its day and the hash of its chain, which say that there was a call
and which. Where the rule counts number and time as part of the recording, they are gone with it
(Goshogawara, art. 2(2)); elsewhere they stay, as on a telephone bill. What was heard in the call
and the keys pressed in it are its content, and go in any case.
"""

from dataclasses import replace
from datetime import datetime

from appliance.index_row import CallRow, iso
from appliance.policy import Policy


def tombstone(row: CallRow, policy: Policy, at: datetime) -> CallRow:
    """Return the row of a call that was erased."""
    left = replace(
        row,
        keys="",
        stretches=[],
        events=[],
        gaps=[],
        notice_s=None,
        proof_note="",
        hold=None,
        erased=at,
        reel="",
        last_offset=None,
    )
    if "number" in policy.profile.retention.record:
        left = replace(left, number=None, number_source=None, digits="")
    if "time" in policy.profile.retention.record:
        midnight = policy.midnight(row.start)
        left = replace(
            left, start=midnight, answer=None, end=midnight, audio_samples=0, rings=0, proved=None
        )
        left = replace(left, told_start=None, told_end=None, boot="", uptime_ms=None)
    return left


def certificate(row: CallRow, policy: Policy, why: str, at: datetime) -> dict[str, object]:
    """Return the facts of the ledger's entry "erased".

    Args:
        why: "expired", "overwritten" for room, "self_test".
    """
    late_s = round((at - row.due).total_seconds(), 1) if why == "expired" and row.due else None
    return {
        "article": policy.retention_clause,
        "call": row.id,
        "chain": row.chain,
        "day": row.day,
        "done": iso(at),
        "due": iso(row.due),
        "late_s": late_s,
        "why": why,
    }

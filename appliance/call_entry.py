"""What the ledger says of a call: its facts, and commitments in the place of what must not be read.

The entry (act "call") outlives the audio; a number or the sound itself must not. So it holds

    salt    = HMAC-SHA256(data key, "kirok ledger salt v1")
    number, digits, keys
            = base 64 of HMAC-SHA256(salt, the text), "" where there is none
    audio   = base 64 of HMAC-SHA256(salt, SHA-256 of the packets, each after its
              length in 2 bytes, big-endian: the plaintext of the call's segments)

Whoever has the salt can show what was meant; without it the few numbers there are can not be tried
out. The salt can be worked out from the data key alone and goes with it; a provision package opens
it. A call whose key was lost with a power cut (act "recovered"), or whose entry was (act
"entered_again"), has no commitments: `chain`, over the ciphertext, binds its audio all the same.

What somebody began by hand stands under `agreed`: when, from the call's start, by key or button,
and the clause by which both parties agreed to it. Under `parts` is what of the call was kept: from
when, where that is in the recording, and until when (null: it was cut off), each in ms.
"""

import base64
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from appliance.index_row import CallRow, iso
from appliance.vault.segment import pack_packets

#: The acts that are a call's entry.
CALL, RECOVERED, ENTERED_AGAIN = "call", "recovered", "entered_again"
#: The act that names the sums of what was handed out.
PACKAGE: Final = "package"
SUMMED: Final = ("opus", "wav", "record")
ACTS: Final = frozenset({CALL, RECOVERED, ENTERED_AGAIN})
#: What is committed to beside the audio, and where it stands in a call's JSON.
COMMITTED: Final = ("number", "digits", "keys")

SALT_BYTES: Final = 32
_LABEL: Final = b"kirok ledger salt v1"


def is_of_call(act: str, facts: Mapping[str, object]) -> bool:
    """Say whether an act of the ledger is a call's entry; people are "recovered" as well."""
    return act in ACTS and "call" in facts


def facts(row: CallRow) -> dict[str, object]:
    """Return what may be read by everybody, with the times that the clock told then."""
    return {
        "call": row.id,
        "line": row.line,
        "direction": row.direction,
        "start": iso(row.told_start or row.start),
        "end": iso(row.told_end or row.end),
        "mode": row.mode,
        "why": row.why,
        "ended_by": row.ended_by,
        "audio_ms": round(row.audio_s * 1000),
        "samples": row.audio_samples,
        "reel": row.reel,
        "offset": row.last_offset,
        "chain": row.chain,
        **({"parts": parts} if (parts := [_part(each) for each in row.stretches]) else {}),
        **({"agreed": agreed} if (agreed := agreements(row)) else {}),
    }


def _part(part: Mapping[str, Any]) -> list[int | None]:
    until_s = part.get("until_s")
    until_ms = None if until_s is None else round(1000 * until_s)
    return [round(1000 * part["at_s"]), round(1000 * part["audio_s"]), until_ms]


def stretches(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what parts of a call were kept, in a row's form, to the millisecond.

    An entry of before 2026-11-28 does not say it: then what there is was kept until the call's end.
    """
    lasted_ms = round((_time(facts["end"]) - _time(facts["start"])).total_seconds() * 1000)
    kept_ms = int(facts["audio_ms"])
    one = [[max(0, lasted_ms - kept_ms), 0, lasted_ms]] if kept_ms else []
    agreed = {each["at_ms"]: each for each in facts.get("agreed", ())}
    return [
        {
            "at_s": at_ms / 1000,
            "audio_s": audio_ms / 1000,
            "until_s": None if until_ms is None else until_ms / 1000,
            **_agreed(agreed.get(at_ms)),
        }
        for at_ms, audio_ms, until_ms in facts.get("parts", one)
    ]


def _agreed(told: Mapping[str, Any] | None) -> dict[str, str]:
    return {} if told is None else {"by": told["by"], "agreed": told["clause"]}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def agreements(row: CallRow) -> list[dict[str, object]]:
    """Return what was begun by hand with both parties' agreement: when in the call, and by what."""
    return [
        {"at_ms": round(1000 * part["at_s"]), "by": part["by"], "clause": part["agreed"]}
        for part in row.stretches
        if part.get("agreed")
    ]


def commitments(row: CallRow, salt: bytes, audio_sum: bytes) -> dict[str, object]:
    """Return the commitments of a call; audio_sum is the SHA-256 of its framed packets."""
    texts = {name: commit(str(getattr(row, name) or ""), salt) for name in COMMITTED}
    return {**texts, "audio": commit(audio_sum, salt)}


def salt_of(data_key: bytes) -> bytes:
    """Return the salt under a call's data key."""
    return hmac.digest(data_key, _LABEL, "sha256")


def commit(value: str | bytes, salt: bytes) -> str:
    """Return what stands in the ledger for a value: HMAC-SHA256 under the salt, in base 64."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt of {len(salt)} bytes, want {SALT_BYTES}")
    data = value.encode() if isinstance(value, str) else value
    return base64.b64encode(hmac.digest(salt, data, "sha256")).decode()


def framed(packets: Iterable[bytes]) -> bytes:
    """Return what is summed of these packets; pieces of a call follow each other."""
    return pack_packets(list(packets))
